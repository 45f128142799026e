// The family members this driver knows, and everything in which they differ: one row each (Linux's mac->type
// and igb_info_tbl). Code asks the row, never for the device.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "hw/registers.hpp"

namespace niclab::igb {

/// The PHY inside a device.
struct PhyRow {
  std::uint32_t id;        ///< PHYID1 and PHYID2, the revision nibble 0
  unsigned page_select;    ///< takes the number of a register above 15 before that is reached; 0: no pages
  unsigned configuration;  ///< register of `configuration_bits`; 0: none
  std::uint16_t configuration_bits;  ///< set at every link set-up
  unsigned crossover;                ///< register of the next two
  std::uint16_t automatic_crossover, manual_crossover;
  std::span<const unsigned> link_details;  ///< read, for their own sake, once a link is there
};

struct DeviceRow {
  std::uint16_t pci_device;  ///< of the copper port

  // --- where registers are -----------------------------------------------------------------------
  hw::reg::Offset icr, ics, ims, imc, iam;
  hw::reg::Offset tx_switch_control;  ///< TXSWC, DTXSWC
  hw::reg::Offset vlan_strip;         ///< whose bit STRVLAN strips tags of pool 0: DVMOLR, VMOLR
  bool ivar_of_neighbours;            ///< IVAR holds queues 2i and 2i + 1 (fact base 2.6.7), else i and i + 8

  // --- what is there -----------------------------------------------------------------------------
  unsigned max_queues;        ///< that the driver uses
  bool device_reset;          ///< CTRL.DEV_RST and STATUS.DEV_RST_SET
  bool phy_power_management;  ///< PHPM
  bool energy_efficient;      ///< EEER, IPCNFG, EEE_SU
  bool receive_timestamps;    ///< SRRCTL.TIMESTAMP
  bool ptp_clock;             ///< a counter of nanoseconds that SYSTIMR latches
  bool offline_tests;         ///< the register list of self_test.cpp is its own
  bool buffer_size_coded;     ///< RXPBS holds a code, else kilobytes

  // --- how it wants to be treated ----------------------------------------------------------------
  unsigned vfta_writes;           ///< of each word, for an erratum
  unsigned tx_most_wthresh_msix;  ///< with MSI-X TXDCTL.WTHRESH is at most that

  // --- NVM and PHY -------------------------------------------------------------------------------
  std::span<const unsigned> nvm_sections;       ///< first words of what has a checksum of its own; by port
  std::span<const unsigned> nvm_init_control3;  ///< by port
  PhyRow phy;
};

/// The row of a PCI device id; nullptr: not for this driver.
const DeviceRow* find_device(std::uint16_t pci_device);
/// All rows; the I350's is the first.
std::span<const DeviceRow> device_table();

}  // namespace niclab::igb
