#include "driver/device_table.hpp"

#include <algorithm>

#include "driver/mii.hpp"

namespace niclab::igb {
namespace {

namespace reg = hw::reg;

constexpr std::array kI350Sections{0x000u, 0x080u, 0x0C0u, 0x100u},
    kI350Control3{0x024u, 0x0A4u, 0x0E4u, 0x124u};
constexpr std::array kI350LinkDetails{mii::PHY_STATUS2, mii::STATUS_1000T, mii::DIAGNOSTIC};
constexpr std::array k82576Sections{0x000u};
constexpr std::array k82576Control3{0x024u, 0x014u};
constexpr std::array k82576LinkDetails{mii::STATUS_1000T};

constexpr DeviceRow kI350{
    .pci_device = 0x1521,
    .icr = reg::ICR,
    .ics = reg::ICS,
    .ims = reg::IMS,
    .imc = reg::IMC,
    .iam = reg::IAM,
    .tx_switch_control = reg::TXSWC,
    .vlan_strip = reg::DVMOLR(0),
    .ivar_of_neighbours = true,
    .max_queues = 8,
    .device_reset = true,
    .phy_power_management = true,
    .energy_efficient = true,
    .receive_timestamps = true,
    .ptp_clock = true,
    .offline_tests = true,
    .buffer_size_coded = true,
    .vfta_writes = 10,  // fact base 2.7.11
    .tx_most_wthresh_msix = 31,
    .nvm_sections = kI350Sections,
    .nvm_init_control3 = kI350Control3,
    .phy = {.id = mii::kPhyId,
            .page_select = 0,
            .configuration = mii::CONFIGURATION,
            .configuration_bits = mii::configuration::ASSERT_CRS_ON_TX | mii::configuration::DOWNSHIFT,
            .crossover = mii::PHY_CONTROL2,
            .automatic_crossover = mii::phy_control2::AUTO_MDIX,
            .manual_crossover = mii::phy_control2::MANUAL_MDIX,
            .link_details = kI350LinkDetails}};

// It has 16 queues, of which igb uses 8 too. Its clock counts 2^-19 of 16 ns (TIMINCA of another layout): no
// clock here.
constexpr DeviceRow k82576{.pci_device = 0x10C9,
                           .icr = 0x000C0,
                           .ics = 0x000C8,
                           .ims = 0x000D0,
                           .imc = 0x000D8,
                           .iam = 0x000E0,
                           .tx_switch_control = 0x03500,
                           .vlan_strip = reg::VMOLR(0),
                           .ivar_of_neighbours = false,
                           .max_queues = 8,
                           .device_reset = false,
                           .phy_power_management = false,
                           .energy_efficient = false,
                           .receive_timestamps = false,
                           .ptp_clock = false,
                           .offline_tests = false,
                           .buffer_size_coded = false,
                           .vfta_writes = 1,
                           .tx_most_wthresh_msix = 1,  // 2.8.6
                           .nvm_sections = k82576Sections,
                           .nvm_init_control3 = k82576Control3,
                           .phy = {.id = 0x02A80390,  // IGP03E1000
                                   .page_select = 31,
                                   .configuration = 0,
                                   .configuration_bits = 0,
                                   .crossover = 18,
                                   .automatic_crossover = 1u << 12,
                                   .manual_crossover = 1u << 13,
                                   .link_details = k82576LinkDetails}};

constexpr std::array kTable{kI350, k82576};

}  // namespace

std::span<const DeviceRow> device_table() { return kTable; }

const DeviceRow* find_device(std::uint16_t pci_device) {
  const auto row = std::find_if(kTable.begin(), kTable.end(),
                                [&](const DeviceRow& r) { return r.pci_device == pci_device; });
  return row == kTable.end() ? nullptr : &*row;
}

}  // namespace niclab::igb
