#include "bridge/vfio_user/client_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace niclab::vfio_user {
namespace {

constexpr std::uint64_t kPage = 4096;

bool cannot_shrink(int fd) {
  const int seals = fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

bool transfer_whole(auto&& step, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = step(done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

int ClientMemory::map(const DmaMap& request, UniqueFd fd) {
  if (request.size == 0 || request.iova + (request.size - 1) < request.iova) return EINVAL;
  const auto next = ranges_.lower_bound(request.iova);
  if (next != ranges_.end() && next->first - request.iova < request.size) return EEXIST;
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (request.iova - before->first < before->second.size) return EEXIST;
  }
  if (ranges_.size() == kMaxRanges) return ENOSPC;
  Range r;
  r.size = request.size;
  r.readable = request.readable;
  r.writable = request.writable;
  if (fd) {
    struct stat info {};
    if (fstat(fd.get(), &info) != 0) return errno;
    const auto held = static_cast<std::uint64_t>(std::max<off_t>(info.st_size, 0));
    if (!S_ISREG(info.st_mode) || request.fd_offset > held || request.size > held - request.fd_offset)
      return EINVAL;
    const int mode = fcntl(fd.get(), F_GETFL) & O_ACCMODE;
    if ((request.readable && mode == O_WRONLY) || (request.writable && mode == O_RDONLY)) return EACCES;
    r.offset = request.fd_offset;
    if (cannot_shrink(fd.get()) && mode != O_WRONLY) {
      const std::uint64_t first_page = request.fd_offset / kPage * kPage,
                          lead = request.fd_offset - first_page;
      r.mapped = static_cast<std::size_t>(request.size + lead);
      void* const at = mmap(nullptr, r.mapped, PROT_READ | (request.writable ? PROT_WRITE : 0), MAP_SHARED,
                            fd.get(), static_cast<off_t>(first_page));
      if (at == MAP_FAILED) return errno;
      r.memory = static_cast<std::byte*>(at) + lead;
    } else {
      r.file = std::move(fd);
    }
  }
  ranges_.emplace(request.iova, std::move(r));
  return 0;
}

void ClientMemory::release(Range& r) {
  if (r.memory == nullptr) return;
  std::byte* const first =
      reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(r.memory) / kPage * kPage);
  munmap(first, r.mapped);
}

int ClientMemory::unmap(const DmaUnmap& request) {
  if (request.all) {
    clear();
    return 0;
  }
  if (request.size == 0 || request.iova + (request.size - 1) < request.iova) return EINVAL;
  const std::uint64_t last = request.iova + (request.size - 1);
  const auto begin = ranges_.lower_bound(request.iova);
  if (begin != ranges_.begin()) {
    const auto before = std::prev(begin);
    if (request.iova - before->first < before->second.size) return EINVAL;
  }
  const auto end = ranges_.upper_bound(last);
  if (begin == end) return EINVAL;
  const auto tail = std::prev(end);
  if (last - tail->first < tail->second.size - 1) return EINVAL;
  for (auto r = begin; r != end; ++r) release(r->second);
  ranges_.erase(begin, end);
  return 0;
}

void ClientMemory::clear() {
  for (auto& [iova, r] : ranges_) release(r);
  ranges_.clear();
}

template <class Map, class Piece>
bool ClientMemory::for_each_piece(Map& ranges, std::uint64_t iova, std::size_t n, Piece&& piece) {
  for (std::size_t done = 0; done < n;) {
    const std::uint64_t at = iova + done;
    auto r = ranges.upper_bound(at);
    if (r == ranges.begin() || at < iova) return false;
    --r;
    const std::uint64_t inside = at - r->first;
    if (inside >= r->second.size) return false;
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(n - done, r->second.size - inside));
    if (!piece(r->second, inside, done, bytes)) return false;
    done += bytes;
  }
  return true;
}

ClientMemory::Access ClientMemory::read(std::uint64_t iova, std::span<std::byte> into) const {
  bool message = false;
  const bool known = for_each_piece(ranges_, iova, into.size(),
                                    [&](const Range& r, std::uint64_t, std::size_t, std::size_t) {
                                      message |= r.memory == nullptr && !r.file;
                                      return r.readable;
                                    });
  if (!known) return Access::refused;
  if (message) return Access::by_message;
  const bool good = for_each_piece(ranges_, iova, into.size(),
                                   [&](const Range& r, std::uint64_t inside, std::size_t at, std::size_t n) {
                                     if (r.memory != nullptr) {
                                       std::memcpy(&into[at], r.memory + inside, n);
                                       return true;
                                     }
                                     return transfer_whole(
                                         [&](std::size_t done) {
                                           return pread(r.file.get(), &into[at + done], n - done,
                                                        static_cast<off_t>(r.offset + inside + done));
                                         },
                                         n);
                                   });
  return good ? Access::done : Access::refused;
}

ClientMemory::Access ClientMemory::write(std::uint64_t iova, std::span<const std::byte> from) {
  bool message = false;
  const bool known = for_each_piece(ranges_, iova, from.size(),
                                    [&](const Range& r, std::uint64_t, std::size_t, std::size_t) {
                                      message |= r.memory == nullptr && !r.file;
                                      return r.writable;
                                    });
  if (!known) return Access::refused;
  if (message) return Access::by_message;
  const bool good = for_each_piece(ranges_, iova, from.size(),
                                   [&](Range& r, std::uint64_t inside, std::size_t at, std::size_t n) {
                                     if (r.memory != nullptr) {
                                       std::memcpy(r.memory + inside, &from[at], n);
                                       return true;
                                     }
                                     return transfer_whole(
                                         [&](std::size_t done) {
                                           return pwrite(r.file.get(), &from[at + done], n - done,
                                                         static_cast<off_t>(r.offset + inside + done));
                                         },
                                         n);
                                   });
  return good ? Access::done : Access::refused;
}

}  // namespace niclab::vfio_user
