// The memory a client lets the device reach (DMA_MAP, DMA_UNMAP), by address on its bus.
//
// A file that can't shrink is mapped into this process. Any other is read and written through its descriptor,
// for touching a mapping behind the end of a file would kill the server. Memory without a file is the
// client's own: it is asked by message.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "bridge/vfio_user/protocol.hpp"
#include "bridge/vfio_user/unique_fd.hpp"

namespace niclab::vfio_user {

class ClientMemory {
 public:
  static constexpr std::size_t kMaxRanges = 65535;

  ClientMemory() = default;
  ~ClientMemory() { clear(); }
  ClientMemory(const ClientMemory&) = delete;
  ClientMemory& operator=(const ClientMemory&) = delete;

  /// Adds a range; `fd` is open if the request came with one. 0 or an errno: EINVAL for an empty range, one
  /// that wraps, or one that its file does not hold; EEXIST when it overlaps another; ENOSPC; what mmap said.
  int map(const DmaMap& request, UniqueFd fd);
  /// Takes away the ranges inside the request's. EINVAL when it cuts a range or holds none.
  int unmap(const DmaUnmap& request);
  void clear();

  enum class Access : std::uint8_t {
    done,
    by_message,  ///< the client has to be asked: nothing was transferred
    refused      ///< not mapped, or not in this direction, or its file gave way
  };
  Access read(std::uint64_t iova, std::span<std::byte> into) const;
  Access write(std::uint64_t iova, std::span<const std::byte> from);

  std::size_t ranges() const { return ranges_.size(); }

 private:
  struct Range {
    std::uint64_t size = 0;
    bool readable = false, writable = false;
    std::byte* memory = nullptr;  // mapped
    std::size_t mapped = 0;       // bytes of the mapping, which begins at a page before `memory`
    UniqueFd file;                // else, by pread and pwrite at `offset`
    std::uint64_t offset = 0;
  };
  using Ranges = std::map<std::uint64_t, Range>;  // by first address
  static void release(Range& r);
  /// Calls `piece(range, offset in it, offset in the transfer, bytes)` for each part of [iova, iova + n);
  /// false: a part is in no range.
  template <class Map, class Piece>
  static bool for_each_piece(Map& ranges, std::uint64_t iova, std::size_t n, Piece&& piece);

  Ranges ranges_;
};

}  // namespace niclab::vfio_user
