// What software costs: primitives only. Stack and driver charge sums of these; no total is fitted.
#pragma once

#include <span>
#include <string_view>

#include "base/time.hpp"

namespace niclab {

/// The primitives of the scenario's `[cost]` table. Defaults, ranges and citations: cost_table().
struct CostModel {
  Duration instruction = 200_ps;       ///< one instruction of kernel path code, caches warm
  Duration l3_hit = 8_ns;              ///< a line another core or the device left in L3
  Duration cache_miss = 32_ns;         ///< a line fetched from DRAM
  Duration lock = 16_ns;               ///< spin_lock + spin_unlock, uncontended
  Duration irq_save_restore = 15_ns;   ///< local_irq_save + local_irq_restore
  Duration syscall = 42_ns;            ///< entry and exit of a system call
  Duration slab_alloc = 19_ns;         ///< kmem_cache_alloc, per-CPU fast path
  Duration slab_free = 19_ns;          ///< kmem_cache_free, per-CPU fast path
  Duration copy_fixed = 10_ns;         ///< start of a copy to or from user space
  Duration copy_byte = 60_ps;          ///< each byte of a copy
  Duration checksum_byte = 125_ps;     ///< each byte of a software checksum
  Duration hardirq_entry = 250_ns;     ///< vector to handler: save state, irq_enter, EOI
  Duration hardirq_exit = 100_ns;      ///< irq_exit and iret
  Duration softirq_entry = 50_ns;      ///< __do_softirq before its first handler
  Duration softirq_exit = 30_ns;       ///< __do_softirq after its last handler
  Duration context_switch = 1'200_ns;  ///< schedule() from one task to another
  Duration wakeup = 250_ns;            ///< try_to_wake_up on the waking CPU
  Duration ipi = 500_ns;               ///< a reschedule or call IPI, send to arrival
  Duration idle_exit = 500_ns;         ///< leaving the idle state after an interrupt arrived
  Duration mmio_write = 25_ns;         ///< CPU side of a posted write to uncached memory
  Duration dma_map = 60_ns;            ///< IOVA allocation and IOMMU page-table update
  Duration dma_unmap = 60_ns;          ///< the reverse, invalidation deferred

  constexpr Duration instructions(std::uint64_t n) const { return instruction * n; }
  constexpr Duration copy(std::uint64_t bytes) const { return copy_fixed + copy_byte * bytes; }
  constexpr Duration checksum(std::uint64_t bytes) const { return checksum_byte * bytes; }
};

/// One row of the documentation and of the `[cost]` parser.
struct CostEntry {
  std::string_view key;  ///< name in the scenario
  Duration CostModel::*member;
  Duration low, high;         ///< plausible range
  std::string_view citation;  ///< where the value comes from
  std::string_view cpu;       ///< what it was measured on, or "estimate"
};

/// Every primitive, in declaration order.
std::span<const CostEntry> cost_table();

}  // namespace niclab
