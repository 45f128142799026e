#include "bridge/vfio_user/protocol.hpp"

#include <algorithm>
#include <cstring>

namespace niclab::vfio_user {
namespace {

/// Takes integers off a body whose length has been checked.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}
  std::uint16_t u16() { return take<std::uint16_t>(); }
  std::uint32_t u32() { return take<std::uint32_t>(); }
  std::uint64_t u64() { return take<std::uint64_t>(); }
  std::span<const std::byte> rest() const { return left_; }

 private:
  template <class T>
  T take() {
    T value{};
    std::memcpy(&value, left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
    return value;
  }
  std::span<const std::byte> left_;
};

class Writer {
 public:
  Writer& u16(std::uint16_t v) { return put(v); }
  Writer& u32(std::uint32_t v) { return put(v); }
  Writer& u64(std::uint64_t v) { return put(v); }
  Writer& bytes(std::span<const std::byte> v) {
    const std::size_t before = out_.size();
    out_.resize(before + v.size());
    std::copy(v.begin(), v.end(), out_.begin() + static_cast<std::ptrdiff_t>(before));
    return *this;
  }
  Bytes done() { return std::move(out_); }

 private:
  template <class T>
  Writer& put(T v) {
    return bytes(std::as_bytes(std::span(&v, 1)));
  }
  Bytes out_;
};

Bytes message(const Header& h, std::span<const std::byte> body) {
  const auto size = static_cast<std::uint32_t>(kHeaderBytes + body.size());
  return Writer().u16(h.id).u16(h.command).u32(size).u32(h.flags).u32(h.error).bytes(body).done();
}

using Parsed = std::variant<Request, Malformed>;

Malformed wrong(const char* command, const std::string& found, const std::string& expected) {
  return {std::string(command) + ": " + found + ", expected " + expected};
}
Malformed wrong_length(const char* command, std::size_t found, const std::string& expected) {
  return wrong(command, std::to_string(found) + " bytes of body", expected);
}
Malformed wrong_fds(const char* command, std::size_t found, const std::string& expected) {
  return wrong(command, std::to_string(found) + " file descriptors", expected);
}

Parsed parse_version(std::span<const std::byte> body) {
  if (body.size() < 4) return wrong_length("VERSION", body.size(), "at least 4");
  Reader in(body);
  Version v;
  v.major = in.u16();
  v.minor = in.u16();
  const auto text = in.rest();
  if (!text.empty() && text.back() != std::byte{0})
    return wrong("VERSION", "capabilities without an end", "a NUL");
  const auto* chars = reinterpret_cast<const char*>(text.data());
  v.capabilities.assign(chars, text.empty() ? 0 : text.size() - 1);
  return v;
}

Parsed parse_dma_map(std::span<const std::byte> body, std::size_t fds) {
  if (body.size() != 32) return wrong_length("DMA_MAP", body.size(), "32");
  if (fds > 1) return wrong_fds("DMA_MAP", fds, "0 or 1");
  Reader in(body);
  in.u32();  // argsz
  const std::uint32_t flags = in.u32();
  DmaMap m;
  m.readable = (flags & 1) != 0;
  m.writable = (flags & 2) != 0;
  m.fd_offset = in.u64();
  m.iova = in.u64();
  m.size = in.u64();
  m.has_fd = fds == 1;
  return m;
}

Parsed parse_dma_unmap(std::span<const std::byte> body) {
  if (body.size() < 24) return wrong_length("DMA_UNMAP", body.size(), "at least 24");
  Reader in(body);
  in.u32();
  DmaUnmap u;
  u.all = (in.u32() & 2) != 0;
  u.iova = in.u64();
  u.size = in.u64();
  return u;
}

Parsed parse_set_irqs(std::span<const std::byte> body, std::size_t fds) {
  if (body.size() < 20) return wrong_length("DEVICE_SET_IRQS", body.size(), "at least 20");
  Reader in(body);
  in.u32();
  SetIrqs s;
  s.flags = in.u32();
  s.index = in.u32();
  s.start = in.u32();
  s.count = in.u32();
  const std::uint32_t data = s.flags & 7, action = s.flags & 0x38;
  if ((data != 1 && data != 2 && data != 4) || (action != 8 && action != 0x10 && action != 0x20))
    return wrong("DEVICE_SET_IRQS", "flags " + std::to_string(s.flags), "one kind of data and one action");
  const bool eventfds = data == set_irqs::DATA_EVENTFD;
  if (fds != 0 && (!eventfds || fds != s.count))
    return wrong_fds("DEVICE_SET_IRQS", fds, eventfds ? "as many as its count, or none" : "none");
  const std::size_t bools = data == set_irqs::DATA_BOOL ? s.count : 0;
  if (in.rest().size() != bools)
    return wrong_length("DEVICE_SET_IRQS", body.size(), std::to_string(20 + bools));
  for (const std::byte b : in.rest()) s.levels.push_back(b != std::byte{0});
  return s;
}

Parsed parse_region_read(std::span<const std::byte> body) {
  if (body.size() != 16) return wrong_length("REGION_READ", body.size(), "16");
  Reader in(body);
  RegionRead r;
  r.offset = in.u64();
  r.region = in.u32();
  r.count = in.u32();
  if (r.count > kMaxTransfer)
    return wrong("REGION_READ", std::to_string(r.count) + " bytes",
                 "at most " + std::to_string(kMaxTransfer));
  return r;
}

Parsed parse_region_write(std::span<const std::byte> body) {
  if (body.size() < 16) return wrong_length("REGION_WRITE", body.size(), "at least 16");
  Reader in(body);
  RegionWrite w;
  w.offset = in.u64();
  w.region = in.u32();
  const std::uint32_t count = in.u32();
  w.data = in.rest();
  if (w.data.size() != count)
    return wrong_length("REGION_WRITE", body.size(), std::to_string(std::uint64_t{16} + count));
  return w;
}

}  // namespace

std::variant<Header, Malformed> parse_header(std::span<const std::byte, kHeaderBytes> bytes) {
  Reader in(bytes);
  Header h;
  h.id = in.u16();
  h.command = in.u16();
  h.size = in.u32();
  h.flags = in.u32();
  h.error = in.u32();
  if (h.size < kHeaderBytes || h.size > kMaxMessage)
    return wrong("header", "size " + std::to_string(h.size),
                 std::to_string(kHeaderBytes) + " to " + std::to_string(kMaxMessage));
  if ((h.flags & 0xF) > 1)
    return wrong("header", "type " + std::to_string(h.flags & 0xF), "0 (request) or 1 (reply)");
  return h;
}

Parsed parse_request(const Header& header, std::span<const std::byte> body, std::size_t fds) {
  const auto command = static_cast<Command>(header.command);
  if (fds != 0 && command != Command::dma_map && command != Command::device_set_irqs)
    return wrong("header",
                 std::to_string(fds) + " file descriptors with command " + std::to_string(header.command),
                 "none");
  const auto indexed = [&](const char* name, std::size_t bytes, auto make) -> Parsed {
    if (body.size() < bytes) return wrong_length(name, body.size(), "at least " + std::to_string(bytes));
    Reader in(body);
    in.u32();
    in.u32();
    return make(in.u32());
  };
  switch (command) {
    case Command::version: return parse_version(body);
    case Command::dma_map: return parse_dma_map(body, fds);
    case Command::dma_unmap: return parse_dma_unmap(body);
    case Command::device_get_info:
      if (body.size() < 16) return wrong_length("DEVICE_GET_INFO", body.size(), "at least 16");
      return GetInfo{};
    case Command::device_get_region_info:
      return indexed("DEVICE_GET_REGION_INFO", 32, [](std::uint32_t i) { return GetRegionInfo{i}; });
    case Command::device_get_irq_info:
      return indexed("DEVICE_GET_IRQ_INFO", 16, [](std::uint32_t i) { return GetIrqInfo{i}; });
    case Command::device_set_irqs: return parse_set_irqs(body, fds);
    case Command::region_read: return parse_region_read(body);
    case Command::region_write: return parse_region_write(body);
    case Command::device_reset: return Reset{};
    default: return Unsupported{};
  }
}

Bytes reply(const Header& request, std::span<const std::byte> body) {
  return message({.id = request.id, .command = request.command, .flags = 1}, body);
}

Bytes error_reply(const Header& request, int error) {
  return message({.id = request.id,
                  .command = request.command,
                  .flags = 0x21,
                  .error = static_cast<std::uint32_t>(error)},
                 {});
}

Bytes request(std::uint16_t id, Command command, std::span<const std::byte> body) {
  return message({.id = id, .command = static_cast<std::uint16_t>(command)}, body);
}

Bytes version_body(const Version& v) {
  const std::string text = v.capabilities + '\0';
  return Writer().u16(v.major).u16(v.minor).bytes(std::as_bytes(std::span(text))).done();
}

Bytes device_info_body() {
  constexpr std::uint32_t kReset = 1, kPci = 2;
  return Writer().u32(16).u32(kReset | kPci).u32(kRegions).u32(kIrqs).done();
}

Bytes region_info_body(std::uint32_t index, std::uint32_t flags, std::uint64_t size) {
  return Writer().u32(32).u32(flags).u32(index).u32(0).u64(size).u64(0).done();
}

Bytes irq_info_body(std::uint32_t index, std::uint32_t flags, std::uint32_t count) {
  return Writer().u32(16).u32(flags).u32(index).u32(count).done();
}

Bytes dma_unmap_body(const DmaUnmap& u) {
  return Writer().u32(24).u32(u.all ? 2 : 0).u64(u.iova).u64(u.size).done();
}

Bytes region_body(std::uint64_t offset, std::uint32_t region, std::uint32_t count,
                  std::span<const std::byte> data) {
  return Writer().u64(offset).u32(region).u32(count).bytes(data).done();
}

Bytes dma_body(std::uint64_t iova, std::uint64_t count, std::span<const std::byte> data) {
  return Writer().u64(iova).u64(count).bytes(data).done();
}

}  // namespace niclab::vfio_user
