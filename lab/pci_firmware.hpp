// What a machine's firmware does to a card before an operating system runs: it finds out how large each BAR
// is and gives it an address.
#pragma once

#include <array>
#include <cstdint>

#include "hw/pci_config.hpp"

namespace niclab::lab {

/// One host's address space, handed out from the bottom of three ranges: memory below 4 GiB, memory above for
/// 64-bit BARs, and I/O. It costs no simulated time.
class PciFirmware {
 public:
  /// Sizes and assigns the BARs of one function by the rules of PCI 3.0 6.2.5.1; the expansion ROM gets an
  /// address and stays disabled. Returns each BAR's base; 0: there is none.
  std::array<std::uint64_t, 6> assign(hw::PciConfigSpace& space);

 private:
  std::uint64_t memory_ = 0xF000'0000, above_ = 0x38'0000'0000, io_ = 0xE000;
};

}  // namespace niclab::lab
