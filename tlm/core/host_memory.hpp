// One host's DRAM, and the writes of devices that are on their way into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/kernel.hpp"
#include "base/time.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"

namespace niclab::sim {

/// Where in DRAM something is: a byte offset from its start.
struct PhysicalAddress {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const PhysicalAddress&) const = default;
};

/// Where DRAM comes from: anonymous pages, or those of a file that another process maps too.
struct MemoryBacking {
  int fd = -1;               ///< -1: anonymous; else it must stay open until the memory is made
  std::uint64_t offset = 0;  ///< of the first byte, whole pages
};

/// A device write that becomes visible at `visible`. `source` must stay valid until `done` is called.
struct PostedWrite {
  Time visible;
  std::uint64_t bus_address;  ///< before the IOMMU
  const std::byte* source;
  std::uint32_t length;
  void (*commit)(void* context, PostedWrite& write);  ///< copies (or faults), then releases `token`
  void* context;
  void* token;
};

/// Memory with the time-ordered queue of posted writes in front of it. Posted never pass posted, so the queue
/// is a FIFO; it is drained before anybody looks. In --eager mode every entry has an event of its own.
class HostMemory final : public PostedWrites {
 public:
  /// Throws std::bad_alloc when `backing` cannot be mapped.
  HostMemory(Engine& engine, unsigned agent, std::size_t bytes, MemoryBacking backing = {});

  /// Takes `bytes` for good; zeroed, if the backing was. Throws std::bad_alloc when none is left.
  std::byte* allocate(std::size_t bytes, std::size_t alignment);
  PhysicalAddress physical(const std::byte* p) const {
    return {static_cast<std::uint64_t>(p - memory_.get())};
  }
  bool contains(const std::byte* p, std::size_t n) const {
    return p >= memory_.get() && p + n <= memory_.get() + size_;
  }
  std::byte* at(PhysicalAddress a) { return memory_.get() + a.value; }
  std::size_t size() const { return size_; }

  void post(const PostedWrite& write);
  /// Makes visible everything due at `upto`.
  void apply(Time upto) override {
    while (next <= upto.ps()) commit_front();
  }

 private:
  void commit_front();
  void commit_event(Time, std::uint32_t) { commit_front(); }

  struct Unmap {
    std::size_t size;
    void operator()(std::byte* p) const;
  };
  Engine& engine_;
  unsigned agent_;
  std::size_t size_;
  std::size_t used_ = 4096;  // physical page 0 is never handed out: address 0 stays invalid
  std::unique_ptr<std::byte[], Unmap> memory_;
  Ring<PostedWrite> posted_{1024};
};

}  // namespace niclab::sim
