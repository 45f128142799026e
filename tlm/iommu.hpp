// The host's IOMMU: knows every live dma_map and judges every DMA access. A sanitizer for drivers.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "base/addresses.hpp"
#include "base/pci.hpp"
#include "tlm/core/host_memory.hpp"
#include "tlm/pcie_link.hpp"

namespace niclab::sim {

/// One access the IOMMU refused.
struct DmaFault {
  Time time;
  unsigned port = 0;
  bool write = false;  ///< by the device
  std::uint64_t address = 0;
  std::uint32_t length = 0;
  std::string reason;  ///< with the driver call that mapped or unmapped the range
  std::string to_string() const;
};

/// Bus addresses are handed out page by page; an unmapped page is not reused for a while, so that a late
/// access finds it gone. Map and unmap happen at the caller's time: synchronise first.
class Iommu {
 public:
  Iommu(HostMemory& memory, const PcieConfig& config);

  /// How many bits its addresses need: 32 or 64.
  unsigned address_bits() const { return base_ >> 32 != 0 ? 64 : 32; }
  DmaAddress map(std::span<std::byte> memory, DmaDirection direction, const std::source_location& where);
  /// False (and a fault to report) when nothing of that size is mapped there.
  bool unmap(DmaAddress address, std::size_t size, const std::source_location& where);

  /// What translating `address` costs a TLP: IOTLB hit or page walk. Called in the order TLPs enter the link.
  Duration lookup_latency(std::uint64_t address) {
    std::uint64_t& tag = iotlb_[(address >> 12) & iotlb_mask_];
    if (tag == address >> 12) return hit_;
    tag = address >> 12;
    return miss_;
  }
  /// The memory behind [address, address+length), or nullptr with `reason` set when the access is not allowed
  /// now.
  std::byte* access(std::uint64_t address, std::uint32_t length, bool device_writes, std::string& reason);

  std::size_t live_mappings() const { return live_; }

 private:
  struct Page {
    std::byte* memory = nullptr;       // of the page's first byte
    std::uint16_t first = 0, end = 0;  // live bytes: [first, end)
    bool live = false;
    DmaDirection direction = DmaDirection::bidirectional;
    std::uint32_t pages = 0;     // in the mapping, on its first page
    const char* file = nullptr;  // who mapped, or unmapped, last
    std::uint32_t line = 0;
  };
  static constexpr std::size_t kQuarantine = 512;

  std::size_t allocate(std::size_t pages);
  Page* page_of(std::uint64_t address);

  HostMemory& memory_;
  const std::uint64_t base_;
  const Duration hit_, miss_;
  std::vector<Page> pages_;
  std::size_t fresh_ = 0;
  Ring<std::size_t> free_single_{1024};
  std::vector<std::uint64_t> iotlb_;  // a power of two of them
  const std::uint64_t iotlb_mask_;
  std::size_t live_ = 0;
};

}  // namespace niclab::sim
