#include "base/cost.hpp"

#include <array>

namespace niclab {
namespace {

constexpr std::string_view kBrouer = "J. D. Brouer, Network stack challenges at increasing speeds, LCA 2015";
constexpr std::string_view kXeon = "Intel Xeon E5-2630 2.3 GHz";
constexpr std::string_view kEstimate = "estimate";

constexpr std::array kTable = {
    CostEntry{"instruction", &CostModel::instruction, 100_ps, 400_ps,
              "3 GHz at 1.7 instructions per cycle, usual for kernel network code", kEstimate},
    CostEntry{"l3_hit", &CostModel::l3_hit, 6_ns, 15_ns, kBrouer, kXeon},
    CostEntry{"cache_miss", &CostModel::cache_miss, 32_ns, 90_ns, kBrouer, kXeon},
    CostEntry{"lock", &CostModel::lock, 10_ns, 20_ns, kBrouer, kXeon},
    CostEntry{"irq_save_restore", &CostModel::irq_save_restore, 10_ns, 20_ns, kBrouer, kXeon},
    CostEntry{"syscall", &CostModel::syscall, 42_ns, 90_ns, kBrouer, kXeon},
    CostEntry{"slab_alloc", &CostModel::slab_alloc, 10_ns, 40_ns, kBrouer, kXeon},
    CostEntry{"slab_free", &CostModel::slab_free, 10_ns, 40_ns, kBrouer, kXeon},
    CostEntry{"copy_fixed", &CostModel::copy_fixed, 5_ns, 30_ns,
              "rep movsb start-up, Intel optimization manual 3.7.6", "Intel Ivy Bridge"},
    CostEntry{"copy_byte", &CostModel::copy_byte, 30_ps, 250_ps, "16 GB/s copy from L3", kEstimate},
    CostEntry{"checksum_byte", &CostModel::checksum_byte, 60_ps, 300_ps, "8 GB/s csum_partial", kEstimate},
    CostEntry{"hardirq_entry", &CostModel::hardirq_entry, 100_ns, 800_ns,
              "vector, register save, irq_enter, EOI", kEstimate},
    CostEntry{"hardirq_exit", &CostModel::hardirq_exit, 50_ns, 300_ns, "irq_exit, iret", kEstimate},
    CostEntry{"softirq_entry", &CostModel::softirq_entry, 20_ns, 150_ns, "__do_softirq prologue", kEstimate},
    CostEntry{"softirq_exit", &CostModel::softirq_exit, 10_ns, 100_ns, "__do_softirq epilogue", kEstimate},
    CostEntry{"context_switch", &CostModel::context_switch, 800_ns, 3'800_ns,
              "C. Li, C. Ding, K. Shen, Quantifying the cost of context switch, ExpCS 2007",
              "Intel Xeon 2.0 GHz (upper end)"},
    CostEntry{"wakeup", &CostModel::wakeup, 100_ns, 800_ns, "try_to_wake_up", kEstimate},
    CostEntry{"ipi", &CostModel::ipi, 200_ns, 1'500_ns, "local APIC to local APIC, one socket", kEstimate},
    CostEntry{"idle_exit", &CostModel::idle_exit, 100_ns, 2'000_ns,
              "C1 exit latency of Linux intel_idle tables: 1-2 us", "Intel Ivy Bridge"},
    CostEntry{"mmio_write", &CostModel::mmio_write, 10_ns, 120_ns, "uncached store leaving the core",
              kEstimate},
    CostEntry{"dma_map", &CostModel::dma_map, 20_ns, 600_ns,
              "O. Peleg et al., Utilizing the IOMMU scalably, ATC 2015 (range)", kEstimate},
    CostEntry{"dma_unmap", &CostModel::dma_unmap, 20_ns, 600_ns,
              "O. Peleg et al., ATC 2015 (range); deferred invalidation", kEstimate},
};

}  // namespace

std::span<const CostEntry> cost_table() { return kTable; }

}  // namespace niclab
