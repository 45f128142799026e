#include "tlm/core/host_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace niclab::sim {

void HostMemory::Unmap::operator()(std::byte* p) const { ::munmap(p, size); }

namespace {

/// Fresh anonymous pages are zeroed, and only touched pages cost anything.
std::byte* map_pages(std::size_t size, MemoryBacking backing) {
  const int kind = backing.fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
  void* p =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, kind, backing.fd, static_cast<off_t>(backing.offset));
  if (p == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(p);
}

}  // namespace

HostMemory::HostMemory(Engine& engine, unsigned agent, std::size_t bytes, MemoryBacking backing)
    : engine_(engine), agent_(agent), size_(bytes), memory_(map_pages(bytes, backing), Unmap{bytes}) {}

std::byte* HostMemory::allocate(std::size_t bytes, std::size_t alignment) {
  const std::size_t start = (used_ + alignment - 1) / alignment * alignment;
  if (start + bytes > size_) throw std::bad_alloc();
  used_ = start + bytes;
  return memory_.get() + start;
}

void HostMemory::post(const PostedWrite& write) {
  if (!posted_.empty() && posted_.back().visible > write.visible)
    throw SimulationError("posted write would pass an earlier posted write");
  posted_.push_back(write);
  if (engine_.eager()) {
    engine_.at<&HostMemory::commit_event>(write.visible, Kind::memory_write, agent_, *this);
  } else if (posted_.size() == 1) {
    next = write.visible.ps();
  }
}

void HostMemory::commit_front() {
  PostedWrite w = posted_.front();
  posted_.pop_front();
  if (!engine_.eager()) next = posted_.empty() ? ~std::uint64_t{0} : posted_.front().visible.ps();
  w.commit(w.context, w);
}

}  // namespace niclab::sim
