// libFuzzer as a client of vfio-user. Its bytes are a list of strokes on one session:
//   a byte chooses the stroke and how many descriptors go with a message, two bytes how long it is, then its
//   bytes.
// A message in form gets its header made here, else few inputs would come past the length; a raw one is as it
// is. What the card does meanwhile (DMA, interrupts) are strokes too. After each stroke: an ended session
// says why and stays silent, and no access of the function was outside a region. A crash, a hang or a broken
// law ends the process.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "bridge/vfio_user/session.hpp"

namespace {

using namespace niclab::vfio_user;

void law(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

/// BAR 0 of 64 bytes, BAR 3 that can only be read, configuration space; ten vectors of MSI-X.
struct Function final : ServedFunction {
  Region region(std::uint32_t index) const override {
    if (index == 0) return {64, true, true};
    if (index == 3) return {0x4000, true, false};
    if (index == kConfigRegion) return {4096, true, true};
    return {};
  }
  std::uint32_t vectors(std::uint32_t index) const override {
    return index == kMsixIrq ? 10 : index <= kMsiIrq ? 1 : 0;
  }
  int read(std::uint32_t index, std::uint64_t offset, std::span<std::byte> into) override {
    law(region(index).readable && offset <= region(index).size && into.size() <= region(index).size - offset,
        "a read outside a region reached the function");
    std::fill(into.begin(), into.end(), std::byte{0xA5});
    return 0;
  }
  int write(std::uint32_t index, std::uint64_t offset, std::span<const std::byte> from) override {
    law(region(index).writable && offset <= region(index).size && from.size() <= region(index).size - offset,
        "a write outside a region reached the function");
    return 0;
  }
  void reset() override {}
  void bound(std::uint32_t vector, bool) override {
    law(vector < 10, "a vector that does not exist was bound");
  }
  void dma_read_done(std::uint64_t token, std::span<const std::byte> data) override {
    law(data.empty() || data.size() == token, "an answer of another length than was asked for");
  }
};

/// The bytes of an input, from the front; zeros when there are no more.
class Strokes {
 public:
  explicit Strokes(std::span<const std::uint8_t> data) : data_(data) {}
  bool more() const { return !data_.empty(); }
  template <class T>
  T take() {
    T value{};
    const auto part = take(sizeof value);
    std::memcpy(&value, part.data(), part.size());
    return value;
  }
  std::span<const std::uint8_t> take(std::size_t n) {
    const auto part = data_.first(std::min(n, data_.size()));
    data_ = data_.subspan(part.size());
    return part;
  }

 private:
  std::span<const std::uint8_t> data_;
};

class Client {
 public:
  Client() {
    int ends[2];
    law(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
    mine_ = UniqueFd(ends[0]);
    session_.emplace(UniqueFd(ends[1]), function_);
  }

  /// False: the session is over.
  bool stroke(Strokes& s) {
    const auto kind = s.take<std::uint8_t>();
    switch (kind & 7) {
      case 0: return raw(s, kind >> 3);
      case 1: session_->trigger(kMsixIrq, (kind >> 3) % 10u); break;
      case 2: session_->set_intx((kind >> 3 & 1) != 0); break;
      case 3: dma(s.take<std::uint64_t>(), kind >> 3); break;
      default: return message(s, kind >> 3);
    }
    return work();
  }

 private:
  bool raw(Strokes& s, unsigned fds) {
    const auto size = s.take<std::uint16_t>();
    return send(s.take(size), fds) && work();
  }
  bool message(Strokes& s, unsigned fds) {
    const auto command = static_cast<std::uint16_t>(s.take<std::uint8_t>() & 0xF);
    const auto flags = static_cast<std::uint32_t>(s.take<std::uint8_t>() & 0x3F);
    const auto body = s.take(s.take<std::uint16_t>());
    const std::uint32_t header[4] = {static_cast<std::uint32_t>(id_++) | static_cast<std::uint32_t>(command)
                                                                             << 16,
                                     static_cast<std::uint32_t>(sizeof header + body.size()), flags, 0};
    std::vector<std::uint8_t> bytes(sizeof header);
    std::memcpy(bytes.data(), header, sizeof header);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return send(bytes, fds) && work();
  }
  void dma(std::uint64_t iova, unsigned bytes) {
    std::vector<std::byte> data(bytes + 1);
    using Access = ClientMemory::Access;
    if (session_->memory().read(iova, data) == Access::by_message)
      session_->ask_read(iova, static_cast<std::uint32_t>(data.size()), data.size());
    if (session_->memory().write(iova, data) == Access::by_message) session_->send_write(iova, data);
  }

  /// Few bits choose the descriptors: none, an eventfd, or a file of two pages, sealed or not.
  bool send(std::span<const std::uint8_t> bytes, unsigned fds) {
    if (bytes.empty()) return true;
    iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 20)]{};
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    std::vector<UniqueFd> open;
    const unsigned count = (fds >> 2) * 3 + ((fds & 3) != 0 ? 1 : 0);  // up to 22, and then too many
    for (unsigned i = 0; i < std::min(count, 20u); ++i) open.push_back(descriptor(fds & 3));
    if (!open.empty()) {
      m.msg_control = control;
      m.msg_controllen = CMSG_SPACE(sizeof(int) * open.size());
      cmsghdr* const c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof(int) * open.size());
      for (std::size_t i = 0; i < open.size(); ++i) {
        const int fd = open[i].get();
        std::memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
      }
    }
    return sendmsg(mine_.get(), &m, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  static UniqueFd descriptor(unsigned kind) {
    if (kind < 2) return UniqueFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    UniqueFd fd(memfd_create("guest", MFD_ALLOW_SEALING | MFD_CLOEXEC));
    law(ftruncate(fd.get(), 8192) == 0, "ftruncate");
    if (kind == 3) fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK);
    return fd;
  }

  bool work() {
    const bool lives = session_->serve();
    law(lives == session_->reason().empty(), "a session ends with a reason, and only then");
    static std::vector<std::byte> said(1 << 21);
    while (recv(mine_.get(), said.data(), said.size(), 0) > 0) {
    }
    return lives && session_->flush();
  }

  Function function_;
  UniqueFd mine_;
  std::optional<Session> session_;
  std::uint16_t id_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Strokes strokes(std::span(data, size));
  Client client;
  while (strokes.more() && client.stroke(strokes)) {
  }
  return 0;
}
