// vfio-user 0.0 as QEMU speaks it: the messages a device server takes and makes (QEMU,
// docs/interop/vfio-user).
//
// All integers are in the byte order of the machine, as both ends share it. A message is a header of 16 bytes
// and a body; file descriptors travel beside its first byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace niclab::vfio_user {

using Bytes = std::vector<std::byte>;

enum class Command : std::uint16_t {
  version = 1,
  dma_map = 2,
  dma_unmap = 3,
  device_get_info = 4,
  device_get_region_info = 5,
  device_get_region_io_fds = 6,
  device_get_irq_info = 7,
  device_set_irqs = 8,
  region_read = 9,
  region_write = 10,
  dma_read = 11,
  dma_write = 12,
  device_reset = 13,
  region_write_multi = 15
};

struct Header {
  std::uint16_t id = 0;
  std::uint16_t command = 0;
  std::uint32_t size = 0;   ///< header included
  std::uint32_t flags = 0;  ///< bits 3:0 type, bit 4 NO_REPLY, bit 5 ERROR
  std::uint32_t error = 0;  ///< errno of an error reply
  bool is_reply() const { return (flags & 0xF) == 1; }
  bool wants_reply() const { return (flags & 0x10) == 0; }
  bool is_error() const { return (flags & 0x20) != 0; }
};
inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::uint32_t kMaxTransfer = 1u << 20;  ///< data of one message, bytes
inline constexpr std::uint32_t kMaxMessage = kHeaderBytes + 16 + kMaxTransfer;
inline constexpr unsigned kMaxFds = 16;  ///< beside one message

/// Regions of a PCI device: 0-5 are its BARs.
inline constexpr std::uint32_t kRomRegion = 6, kConfigRegion = 7, kRegions = 9;
/// Interrupts of a PCI device, by index.
inline constexpr std::uint32_t kIntxIrq = 0, kMsiIrq = 1, kMsixIrq = 2, kIrqs = 5;

/// Bits of SetIrqs::flags: what its data are, and what to do.
namespace set_irqs {
inline constexpr std::uint32_t DATA_NONE = 1, DATA_BOOL = 2, DATA_EVENTFD = 4;
inline constexpr std::uint32_t ACTION_MASK = 8, ACTION_UNMASK = 0x10, ACTION_TRIGGER = 0x20;
}  // namespace set_irqs

struct Version {
  std::uint16_t major = 0, minor = 0;
  std::string capabilities;  ///< JSON
};
struct DmaMap {
  bool readable = false, writable = false;  ///< by the device
  std::uint64_t fd_offset = 0, iova = 0, size = 0;
  bool has_fd = false;
};
struct DmaUnmap {
  bool all = false;
  std::uint64_t iova = 0, size = 0;
};
struct GetInfo {};
struct GetRegionInfo {
  std::uint32_t index = 0;
};
struct GetIrqInfo {
  std::uint32_t index = 0;
};
struct SetIrqs {
  std::uint32_t flags = 0, index = 0, start = 0, count = 0;
  std::vector<bool> levels;  ///< DATA_BOOL
};
struct RegionRead {
  std::uint64_t offset = 0;
  std::uint32_t region = 0, count = 0;
};
struct RegionWrite {
  std::uint64_t offset = 0;
  std::uint32_t region = 0;
  std::span<const std::byte> data;  ///< of the body that was parsed
};
struct Reset {};
/// A command this server does not offer; it is answered with ENOSYS.
struct Unsupported {};

using Request = std::variant<Version, DmaMap, DmaUnmap, GetInfo, GetRegionInfo, GetIrqInfo, SetIrqs,
                             RegionRead, RegionWrite, Reset, Unsupported>;

/// The stream can't be trusted any more: the client is cut off, and this is why.
struct Malformed {
  std::string reason;
};

/// The header of a message; Malformed when its size or type cannot be.
std::variant<Header, Malformed> parse_header(std::span<const std::byte, kHeaderBytes> bytes);

/// The body of a request that came with `fds` file descriptors. Lengths and counts are checked against each
/// other and against the number of descriptors; whether an index or an address exists is the session's to
/// say.
std::variant<Request, Malformed> parse_request(const Header& header, std::span<const std::byte> body,
                                               std::size_t fds);

/// A whole message.
Bytes reply(const Header& request, std::span<const std::byte> body = {});
Bytes error_reply(const Header& request, int error);
Bytes request(std::uint16_t id, Command command, std::span<const std::byte> body);

/// Body of the answer to each request (and of a server's own requests).
Bytes version_body(const Version& v);
Bytes device_info_body();
/// `flags`: 1 readable, 2 writable.
Bytes region_info_body(std::uint32_t index, std::uint32_t flags, std::uint64_t size);
/// `flags`: 1 eventfd, 2 maskable, 4 automasked, 8 no resize.
Bytes irq_info_body(std::uint32_t index, std::uint32_t flags, std::uint32_t count);
Bytes dma_unmap_body(const DmaUnmap& u);
/// The 16 bytes in front of the data of a region access.
Bytes region_body(std::uint64_t offset, std::uint32_t region, std::uint32_t count,
                  std::span<const std::byte> data = {});
/// The same of DMA_READ and DMA_WRITE.
Bytes dma_body(std::uint64_t iova, std::uint64_t count, std::span<const std::byte> data = {});

}  // namespace niclab::vfio_user
