// vfio-user: every message, well formed and not (QEMU, docs/interop/vfio-user).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cstring>

#include "bridge/vfio_user/session.hpp"

namespace niclab::vfio_user {
namespace {

using ::testing::HasSubstr;

/// A function whose BAR 0 is 64 bytes of memory.
struct FakeFunction final : ServedFunction {
  Region region(std::uint32_t index) const override {
    if (index == 0) return {64, true, true};
    if (index == kConfigRegion) return {4096, true, true};
    if (index == kRomRegion) return {64, true, false};
    return {};
  }
  std::uint32_t vectors(std::uint32_t index) const override {
    return index == kMsixIrq ? 10 : index <= kMsiIrq ? 1 : 0;
  }
  int read(std::uint32_t, std::uint64_t offset, std::span<std::byte> into) override {
    std::memcpy(into.data(), &bytes[offset], into.size());
    return 0;
  }
  int write(std::uint32_t, std::uint64_t offset, std::span<const std::byte> from) override {
    std::memcpy(&bytes[offset], from.data(), from.size());
    return 0;
  }
  void reset() override { ++resets; }
  void bound(std::uint32_t vector, bool has_eventfd) override { vectors_bound[vector] = has_eventfd; }
  void dma_read_done(std::uint64_t token, std::span<const std::byte> data) override {
    answered = token;
    answer.assign(data.begin(), data.end());
  }
  std::array<std::byte, 4096> bytes{};
  int resets = 0;
  std::array<bool, 10> vectors_bound{};
  std::uint64_t answered = 0;
  Bytes answer;
};

/// The bytes of integers one after another, each of its own width.
template <class... T>
Bytes pack(T... values) {
  Bytes out;
  (out.insert(out.end(), reinterpret_cast<const std::byte*>(&values),
              reinterpret_cast<const std::byte*>(&values) + sizeof values),
   ...);
  return out;
}
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

template <class T>
T at(const Bytes& b, std::size_t offset) {
  T v{};
  if (offset + sizeof v <= b.size()) std::memcpy(&v, &b[offset], sizeof v);
  return v;
}

class VfioUser : public ::testing::Test {
 protected:
  VfioUser() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client = UniqueFd(ends[0]);
    fcntl(client.get(), F_SETFL, O_NONBLOCK);
    session.emplace(UniqueFd(ends[1]), function);
  }
  void send_raw(const Bytes& bytes, const std::vector<int>& fds = {}) {
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 32)> control{};
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    if (!fds.empty()) {
      m.msg_control = control.data();
      m.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
      cmsghdr* const c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
      std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * fds.size());
    }
    EXPECT_EQ(sendmsg(client.get(), &m, 0), static_cast<ssize_t>(bytes.size()));
  }
  void send(Command command, const Bytes& body, const std::vector<int>& fds = {}, U32 flags = 0) {
    Bytes m = pack(next_id++, static_cast<U16>(command), static_cast<U32>(kHeaderBytes + body.size()), flags,
                   U32{0});
    m.insert(m.end(), body.begin(), body.end());
    send_raw(m, fds);
  }
  /// Everything the server has said since.
  Bytes received() {
    Bytes all(1 << 21);
    const ssize_t n = recv(client.get(), all.data(), all.size(), 0);
    all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return all;
  }
  /// Sends, lets the server work, and returns its reply: error, and body in `reply`.
  int ask(Command command, const Bytes& body, const std::vector<int>& fds = {}) {
    send(command, body, fds);
    EXPECT_TRUE(session->serve()) << session->reason();
    reply = received();
    EXPECT_GE(reply.size(), kHeaderBytes);
    EXPECT_EQ(at<U16>(reply, 0), static_cast<U16>(next_id - 1));
    EXPECT_EQ(at<U32>(reply, 4), reply.size());
    const int error = static_cast<int>(at<U32>(reply, 12));
    EXPECT_EQ(at<U32>(reply, 8), error != 0 ? 0x21u : 1u);
    reply.erase(reply.begin(), reply.begin() + kHeaderBytes);
    return error;
  }
  /// The server must end the session, and say why.
  std::string cut_off() {
    EXPECT_FALSE(session->serve());
    return session->reason();
  }
  void greet() {
    const std::string json =
        R"({"capabilities":{"pgsizes":4096,"max_msg_fds":16,"max_data_xfer_size":1048576}})";
    Bytes body = pack(U16{0}, U16{0});
    const auto text = std::as_bytes(std::span(json.c_str(), json.size() + 1));
    body.insert(body.end(), text.begin(), text.end());
    ASSERT_EQ(ask(Command::version, body), 0);
  }
  /// Guest memory: a memfd of `size` bytes, sealed against shrinking or not.
  UniqueFd memory_file(std::size_t size, bool sealed) {
    UniqueFd fd(memfd_create("guest", MFD_ALLOW_SEALING | MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(size)), 0);
    EXPECT_EQ(fcntl(fd.get(), F_ADD_SEALS, sealed ? F_SEAL_SHRINK : 0), 0);
    return fd;
  }
  static Bytes map_body(U64 iova, U64 size, U64 offset = 0, U32 flags = 3) {
    return pack(U32{32}, flags, offset, iova, size);
  }
  static Bytes irqs_body(U32 flags, U32 index, U32 start, U32 count) {
    return pack(U32{20}, flags, index, start, count);
  }
  static U64 count_of(const UniqueFd& event) {
    U64 n = 0;
    return ::read(event.get(), &n, sizeof n) == sizeof n ? n : 0;
  }
  static UniqueFd event() { return UniqueFd(eventfd(0, EFD_NONBLOCK)); }

  FakeFunction function;
  UniqueFd client;
  std::optional<Session> session;
  U16 next_id = 1;
  Bytes reply;
};

TEST_F(VfioUser, GreetsAndDescribesItself) {
  greet();
  EXPECT_THAT(std::string(reinterpret_cast<const char*>(&reply[4])), HasSubstr("max_data_xfer_size"));
  ASSERT_EQ(ask(Command::device_get_info, pack(U32{16}, U32{0}, U32{0}, U32{0})), 0);
  EXPECT_EQ(reply, pack(U32{16}, U32{3}, U32{9}, U32{5}));
  ASSERT_EQ(ask(Command::device_get_region_info, pack(U32{32}, U32{0}, U32{0}, U32{0}, U64{0}, U64{0})), 0);
  EXPECT_EQ(reply, pack(U32{32}, U32{3}, U32{0}, U32{0}, U64{64}, U64{0}));
  EXPECT_EQ(ask(Command::device_get_region_info, pack(U32{32}, U32{0}, U32{9}, U32{0}, U64{0}, U64{0})),
            EINVAL);
  ASSERT_EQ(ask(Command::device_get_irq_info, pack(U32{16}, U32{0}, U32{2}, U32{0})), 0);
  EXPECT_EQ(reply, pack(U32{16}, U32{1}, U32{2}, U32{10}));
  ASSERT_EQ(ask(Command::device_get_irq_info, pack(U32{16}, U32{0}, U32{0}, U32{0})), 0);
  EXPECT_EQ(reply, pack(U32{16}, U32{7}, U32{0}, U32{1}));
  EXPECT_EQ(ask(Command::device_get_irq_info, pack(U32{16}, U32{0}, U32{5}, U32{0})), EINVAL);
  EXPECT_EQ(ask(Command::device_get_region_io_fds, {}), ENOSYS);
  EXPECT_EQ(ask(static_cast<Command>(77), {}), ENOSYS);
}

TEST_F(VfioUser, AnAnswerIsNotLongerThanTheQuestion) {
  ASSERT_EQ(ask(Command::version, pack(U16{0}, U16{0})), 0);
  EXPECT_EQ(reply.size(), 4u);
}

TEST_F(VfioUser, RegionsAreReadAndWrittenInside) {
  greet();
  ASSERT_EQ(ask(Command::region_write, pack(U64{8}, U32{0}, U32{4}, U32{0xCAFE})), 0);
  EXPECT_EQ(reply, pack(U64{8}, U32{0}, U32{4}));
  ASSERT_EQ(ask(Command::region_read, pack(U64{8}, U32{0}, U32{4})), 0);
  EXPECT_EQ(reply, pack(U64{8}, U32{0}, U32{4}, U32{0xCAFE}));
  EXPECT_EQ(ask(Command::region_read, pack(U64{62}, U32{0}, U32{4})), EINVAL) << "past the end";
  EXPECT_EQ(ask(Command::region_read, pack(~U64{0}, U32{0}, U32{4})), EINVAL) << "wraps";
  EXPECT_EQ(ask(Command::region_read, pack(U64{0}, U32{0}, U32{0})), EINVAL) << "nothing";
  EXPECT_EQ(ask(Command::region_read, pack(U64{0}, U32{1}, U32{4})), EINVAL) << "not there";
  EXPECT_EQ(ask(Command::region_read, pack(U64{0}, U32{9}, U32{4})), EINVAL);
  EXPECT_EQ(ask(Command::region_write, pack(U64{0}, U32{6}, U32{4}, U32{1})), EINVAL) << "read only";
  send(Command::region_write, pack(U64{0}, U32{0}, U32{4}, U32{7}), {}, 0x10);
  EXPECT_TRUE(session->serve());
  EXPECT_TRUE(received().empty()) << "a posted write has no reply";
  EXPECT_EQ(function.bytes[0], std::byte{7});
  ASSERT_EQ(ask(Command::device_reset, {}), 0);
  EXPECT_EQ(function.resets, 1);
}

TEST_F(VfioUser, RequestsMayComeInPiecesAndTogether) {
  greet();
  Bytes two;
  for (U16 id = 50; id < 52; ++id) {
    const Bytes m = pack(id, U16{9}, U32{32}, U32{0}, U32{0}, U64{0}, U32{0}, U32{4});
    two.insert(two.end(), m.begin(), m.end());
  }
  for (std::size_t i = 0; i < two.size(); ++i) {
    send_raw({two[i]});
    ASSERT_TRUE(session->serve());
  }
  EXPECT_EQ(received().size(), 2 * 36u);
  send_raw(two);
  ASSERT_TRUE(session->serve());
  EXPECT_EQ(received().size(), 2 * 36u);
}

TEST_F(VfioUser, MemoryIsSharedOrReadThroughItsFile) {
  greet();
  for (const bool sealed : {true, false}) {
    const UniqueFd file = memory_file(3 * 4096, sealed);
    ASSERT_EQ(ask(Command::dma_map, map_body(0x10000, 2 * 4096, 4096), {file.get()}), 0);
    const Bytes data = pack(U64{0x0123456789ABCDEF});
    EXPECT_EQ(session->memory().write(0x10FFC, data), ClientMemory::Access::done);
    Bytes seen(8);
    EXPECT_EQ(pread(file.get(), seen.data(), 8, 4096 + 0xFFC), 8);
    EXPECT_EQ(seen, data);
    Bytes back(8);
    EXPECT_EQ(session->memory().read(0x10FFC, back), ClientMemory::Access::done);
    EXPECT_EQ(back, data);
    EXPECT_EQ(session->memory().read(0x11FFC, back), ClientMemory::Access::refused) << "past the end";
    EXPECT_EQ(session->memory().read(~U64{3}, back), ClientMemory::Access::refused);
    if (!sealed) {
      ASSERT_EQ(ftruncate(file.get(), 0), 0);
      EXPECT_EQ(session->memory().read(0x10FFC, back), ClientMemory::Access::refused) << "the file gave way";
    }
    ASSERT_EQ(ask(Command::dma_unmap, pack(U32{24}, U32{0}, U64{0x10000}, U64{2 * 4096})), 0);
    EXPECT_EQ(session->memory().read(0x10FFC, back), ClientMemory::Access::refused);
  }
}

TEST_F(VfioUser, MappingsThatCannotBeAreRefused) {
  greet();
  const UniqueFd file = memory_file(4 * 4096, true);
  ASSERT_EQ(ask(Command::dma_map, map_body(0x2000, 0x2000), {file.get()}), 0);
  EXPECT_EQ(ask(Command::dma_map, map_body(0x3000, 0x1000), {file.get()}), EEXIST);
  EXPECT_EQ(ask(Command::dma_map, map_body(0x1000, 0x1001), {file.get()}), EEXIST);
  EXPECT_EQ(ask(Command::dma_map, map_body(0, 0), {file.get()}), EINVAL);
  EXPECT_EQ(ask(Command::dma_map, map_body(~U64{0} - 10, 12)), EINVAL) << "wraps";
  EXPECT_EQ(ask(Command::dma_map, map_body(0x8000, 0x5000), {file.get()}), EINVAL) << "more than the file";
  EXPECT_EQ(ask(Command::dma_map, map_body(0x8000, 0x1000, ~U64{0}), {file.get()}), EINVAL);
  const UniqueFd event_fd = event();
  EXPECT_EQ(ask(Command::dma_map, map_body(0x8000, 0x1000), {event_fd.get()}), EINVAL) << "not a file";
  EXPECT_EQ(ask(Command::dma_unmap, pack(U32{24}, U32{0}, U64{0x2000}, U64{0x1000})), EINVAL) << "cuts one";
  EXPECT_EQ(ask(Command::dma_unmap, pack(U32{24}, U32{0}, U64{0x3000}, U64{0x1000})), EINVAL);
  EXPECT_EQ(ask(Command::dma_unmap, pack(U32{24}, U32{0}, U64{0x9000}, U64{0x1000})), EINVAL)
      << "nothing there";
  ASSERT_EQ(ask(Command::dma_map, map_body(0x4000, 0x1000, 0, 1), {file.get()}), 0);
  EXPECT_EQ(session->memory().write(0x4000, Bytes(4)), ClientMemory::Access::refused) << "read only";
  EXPECT_EQ(session->memory().write(0x3FFE, Bytes(4)), ClientMemory::Access::refused) << "the second half";
  Bytes across(4);
  EXPECT_EQ(session->memory().read(0x3FFE, across), ClientMemory::Access::done) << "two ranges in one access";
  EXPECT_EQ(ask(Command::dma_unmap, pack(U32{24}, U32{2}, U64{0}, U64{0})), 0);
  EXPECT_EQ(session->memory().ranges(), 0u);
}

TEST_F(VfioUser, MemoryWithoutAFileIsAskedForByMessage) {
  greet();
  ASSERT_EQ(ask(Command::dma_map, map_body(0x1000, 0x1000)), 0);
  Bytes word(4);
  ASSERT_EQ(session->memory().read(0x1000, word), ClientMemory::Access::by_message);
  session->ask_read(0x1000, 4, 99);
  EXPECT_EQ(received(), pack(U16{0}, U16{11}, U32{32}, U32{0}, U32{0}, U64{0x1000}, U64{4}));
  send_raw(pack(U16{0}, U16{11}, U32{36}, U32{1}, U32{0}, U64{0x1000}, U64{4}, U32{0xBEEF}));
  ASSERT_TRUE(session->serve());
  EXPECT_EQ(function.answered, 99u);
  EXPECT_EQ(function.answer, pack(U32{0xBEEF}));
  // An interrupt behind a write waits until the client has taken the write.
  const UniqueFd vector = event();
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 2, 3, 1), {vector.get()}), 0);
  session->send_write(0x1000, pack(U32{5}));
  session->trigger(kMsixIrq, 3);
  EXPECT_EQ(received(), pack(U16{1}, U16{12}, U32{36}, U32{0}, U32{0}, U64{0x1000}, U64{4}, U32{5}));
  EXPECT_EQ(count_of(vector), 0u);
  send_raw(pack(U16{1}, U16{12}, U32{16}, U32{1}, U32{0}));
  ASSERT_TRUE(session->serve());
  EXPECT_EQ(count_of(vector), 1u);
  session->ask_read(0x1000, 4, 100);
  received();
  send_raw(pack(U16{2}, U16{11}, U32{16}, U32{0x21}, U32{EFAULT}));
  ASSERT_TRUE(session->serve());
  EXPECT_EQ(function.answered, 100u);
  EXPECT_TRUE(function.answer.empty()) << "refused";
}

TEST_F(VfioUser, VectorsWaitForTheirDescriptor) {
  greet();
  const UniqueFd a = event(), b = event();
  session->trigger(kMsixIrq, 4);
  session->trigger(kMsixIrq, 4);
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 2, 3, 2), {a.get(), b.get()}), 0);
  EXPECT_EQ(count_of(a), 0u);
  EXPECT_EQ(count_of(b), 1u) << "pending once";
  session->trigger(kMsixIrq, 3);
  EXPECT_EQ(count_of(a), 1u);
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x21, 2, 0, 0)), 0);
  session->trigger(kMsixIrq, 3);
  EXPECT_EQ(count_of(a), 0u) << "unbound";
  EXPECT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 2, 9, 2), {a.get(), b.get()}), EINVAL);
  EXPECT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 2, ~U32{0}, 2), {a.get(), b.get()}), EINVAL);
  EXPECT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 5, 0, 1), {a.get()}), EINVAL);
  EXPECT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 3, 0, 1), {a.get()}), EINVAL) << "no vectors";
}

TEST_F(VfioUser, ThePinIsToldOnceUntilUnmasked) {
  greet();
  const UniqueFd pin = event();
  session->set_intx(true);
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x24, 0, 0, 1), {pin.get()}), 0);
  EXPECT_EQ(count_of(pin), 1u) << "was asserted when bound";
  session->set_intx(true);
  EXPECT_EQ(count_of(pin), 0u) << "masked by itself";
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x11, 0, 0, 1)), 0);
  EXPECT_EQ(count_of(pin), 1u) << "still asserted";
  session->set_intx(false);
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x11, 0, 0, 1)), 0);
  EXPECT_EQ(count_of(pin), 0u);
  session->set_intx(true);
  EXPECT_EQ(count_of(pin), 1u);
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x11, 0, 0, 1)), 0);
  EXPECT_EQ(count_of(pin), 1u);
  ASSERT_EQ(ask(Command::device_set_irqs, irqs_body(0x09, 0, 0, 1)), 0) << "mask";
  EXPECT_EQ(ask(Command::device_set_irqs, irqs_body(0x09, 2, 0, 1)), EINVAL) << "only the pin can be masked";
}

TEST_F(VfioUser, BrokenClientsAreCutOffWithAReason) {
  struct Case {
    Bytes bytes;
    const char* reason;
  };
  const auto message = [](U16 command, const Bytes& body, U32 flags = 0) {
    Bytes m = pack(U16{1}, command, static_cast<U32>(kHeaderBytes + body.size()), flags, U32{0});
    m.insert(m.end(), body.begin(), body.end());
    return m;
  };
  const std::vector<Case> cases = {
      {pack(U16{1}, U16{1}, U32{15}, U32{0}, U32{0}), "size 15"},
      {pack(U16{1}, U16{1}, ~U32{0}, U32{0}, U32{0}), "size 4294967295"},
      {pack(U16{1}, U16{1}, U32{16}, U32{2}, U32{0}), "type 2"},
      {message(1, pack(U16{0})), "VERSION: 2 bytes"},
      {message(1, pack(U16{1}, U16{0})), "protocol version 1"},
      {message(1, pack(U16{0}, U16{0}, U32{0x41414141})), "without an end"},
      {message(1, pack(U16{0}, U16{0}, U16{0x007B})), "not a JSON object"},
      {message(4, Bytes(16)), "expected VERSION"},
      {message(9, Bytes(16), 1), "a reply to nothing"},
  };
  for (const Case& c : cases) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client = UniqueFd(ends[0]);
    session.emplace(UniqueFd(ends[1]), function);
    send_raw(c.bytes);
    EXPECT_THAT(cut_off(), HasSubstr(c.reason));
  }
}

TEST_F(VfioUser, BodiesOfTheWrongLengthAreCutOff) {
  const UniqueFd event_fd = event();
  struct Case {
    U16 command;
    Bytes body;
    std::vector<int> fds;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {1, pack(U16{0}, U16{0}), {}, "a second time"},
      {2, Bytes(31), {}, "DMA_MAP: 31 bytes"},
      {2, Bytes(32), {event_fd.get(), event_fd.get()}, "DMA_MAP: 2 file descriptors"},
      {3, Bytes(23), {}, "DMA_UNMAP: 23 bytes"},
      {4, Bytes(15), {}, "DEVICE_GET_INFO: 15 bytes"},
      {4, Bytes(16), {event_fd.get()}, "1 file descriptors with command 4"},
      {5, Bytes(31), {}, "DEVICE_GET_REGION_INFO: 31 bytes"},
      {7, Bytes(15), {}, "DEVICE_GET_IRQ_INFO: 15 bytes"},
      {8, Bytes(19), {}, "DEVICE_SET_IRQS: 19 bytes"},
      {8, irqs_body(0x25, 2, 0, 1), {}, "flags 37"},
      {8, irqs_body(0x3C, 2, 0, 1), {}, "flags 60"},
      {8, irqs_body(0x22, 2, 0, 3), {}, "DEVICE_SET_IRQS: 20 bytes"},
      {8, irqs_body(0x24, 2, 0, 2), {event_fd.get()}, "1 file descriptors, expected as many"},
      {8, irqs_body(0x24, 2, 0, 1), {client.get()}, "no eventfd"},
      {9, Bytes(15), {}, "REGION_READ: 15 bytes"},
      {9, pack(U64{0}, U32{0}, ~U32{0}), {}, "REGION_READ: 4294967295 bytes"},
      {10, pack(U64{0}, U32{0}, U32{4}), {}, "REGION_WRITE: 16 bytes"},
      {10, pack(U64{0}, U32{0}, ~U32{0}, U32{1}), {}, "REGION_WRITE: 20 bytes"},
  };
  for (const Case& c : cases) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client = UniqueFd(ends[0]);
    fcntl(client.get(), F_SETFL, O_NONBLOCK);
    session.emplace(UniqueFd(ends[1]), function);
    greet();
    send(static_cast<Command>(c.command), c.body, c.fds);
    EXPECT_THAT(cut_off(), HasSubstr(c.reason));
  }
}

TEST_F(VfioUser, AClientThatReadsNothingIsCutOff) {
  greet();
  bool alive = true;
  for (int i = 0; i < 4000 && alive; ++i) {
    send(Command::region_read, pack(U64{0}, U32{kConfigRegion}, U32{4096}));
    alive = session->serve();
  }
  EXPECT_FALSE(alive);
  EXPECT_THAT(session->reason(), HasSubstr("does not read"));
}

TEST_F(VfioUser, TheEndOfTheClientIsNoticed) {
  greet();
  send_raw(pack(U16{1}, U16{9}));
  EXPECT_TRUE(session->serve());
  client = UniqueFd();
  EXPECT_EQ(cut_off(), "the client closed the connection");
}

}  // namespace
}  // namespace niclab::vfio_user
