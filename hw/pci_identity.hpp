// What the NVM makes of one function's configuration space: identity, BARs, interrupt pin, VPD (fact base
// 1.1-1.4, 2.4.3).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/addresses.hpp"
#include "hw/nvm.hpp"

namespace niclab::hw {

/// What differs from card to card and port to port.
struct PciIdentity {
  unsigned port = 0;   ///< PCI function number
  unsigned ports = 4;  ///< functions of the card: 1, 2 or 4
  std::uint16_t vendor_id = 0x8086, device_id = 0x1521, subsystem_vendor = 0x8086, subsystem_id = 0x00A1;
  MacAddress serial_mac;       ///< of port 0; the Device Serial Number derives from it
  unsigned link_gen = 2;       ///< 1 = 2.5 GT/s, 2 = 5 GT/s
  unsigned link_lanes = 4;     ///< 1, 2 or 4
  unsigned interrupt_pin = 1;  ///< 1 = INTA ... 4 = INTD
  unsigned msix_vectors = 10;
  std::uint32_t bar0_size = 128 * 1024;  ///< bytes; what exceeds 128 KB is the flash window (1.3)
  bool wide_bars = false;                ///< BAR 0/1 and 4/5 are 64-bit memory BARs; else 0 and 3 of 32 bits
  bool io_bar = true;
  std::uint32_t rom_size = 0;  ///< bytes; 0: no expansion ROM
  /// Watts in tenths, by PMCSR.DATA_SELECT: consumed in D0 and D3, and by what functions share (1.4.1).
  std::uint8_t d0_power = 0, d3_power = 0, common_power = 0;
  std::vector<std::uint8_t> vpd;  ///< vital product data; empty: no such capability (1.4.5)
};

/// Of function `port` of a card with `ports` functions; without an image (its first section is erased) as
/// PciIdentity's defaults. Which bits say it: hw/nvm_fields.hpp. What they cannot mean is read as the nearest
/// thing they can: at most 10 vectors, a ROM of at most 1 MB.
PciIdentity pci_identity(const Nvm& nvm, unsigned port, unsigned ports);

/// A card's vital product data: name, then the read-only part numbers PN and SN and the checksum RV, an
/// end tag (PCI 3.0 appendix I). Texts of at most 255 characters.
std::vector<std::uint8_t> make_vpd(std::string_view name, std::string_view part, std::string_view serial);

}  // namespace niclab::hw
