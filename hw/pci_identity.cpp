#include "hw/pci_identity.hpp"

#include <algorithm>
#include <string>

#include "hw/msix.hpp"

namespace niclab::hw {
namespace {

std::string serial_number(const MacAddress& mac) {
  std::string text;
  for (const std::uint8_t octet : mac.octets)
    for (const unsigned shift : {4u, 0u}) text += "0123456789ABCDEF"[octet >> shift & 0xF];
  return text;
}

}  // namespace

PciIdentity pci_identity(const Nvm& nvm, unsigned port, unsigned ports) {
  PciIdentity id;
  id.port = port;
  id.ports = ports;
  id.interrupt_pin = port % 4 + 1;
  id.serial_mac = nvm.mac(0);
  if (nvm.section_erased(0)) return id;
  const auto field = [&](const NvmField& f) { return nvm_number(nvm, f, port); };
  id.vendor_id = field(nvm_field("vendor_id"));
  id.device_id = field(nvm_field("device_id"));
  id.subsystem_vendor = field(nvm_field("subsystem_vendor"));
  id.subsystem_id = field(nvm_field("subsystem_id"));
  id.interrupt_pin = (port + field(nvm_field("interrupt_pin"))) % 4 + 1;
  id.msix_vectors = std::min(field(nvm_field("msix_table_size")) + 1u, Msix::kEntries);
  id.bar0_size = 128u * 1024 << field(nvm_field("bar0_size"));
  id.io_bar = field(nvm_field("io_bar_disable")) == 0;
  id.wide_bars = field(nvm_field("wide_bars")) != 0;
  const unsigned rom = std::min<unsigned>(field(nvm_field("rom_size")), 2);
  id.rom_size = rom == 0 ? 0 : 256u * 1024 << rom;
  id.d0_power = static_cast<std::uint8_t>(field(nvm_field("power_d0")));
  id.d3_power = static_cast<std::uint8_t>(field(nvm_field("power_d3")));
  id.common_power = static_cast<std::uint8_t>(field(nvm_field("power_common")));
  if (field(nvm_field("vpd")) != 0)
    id.vpd = make_vpd("Intel I350 Gigabit Ethernet Controller", nvm.pba(), serial_number(id.serial_mac));
  return id;
}

std::vector<std::uint8_t> make_vpd(std::string_view name, std::string_view part, std::string_view serial) {
  constexpr std::uint8_t kName = 0x82, kReadOnly = 0x90, kEnd = 0x78;
  std::vector<std::uint8_t> v;
  const auto put = [&](std::size_t byte) { v.push_back(static_cast<std::uint8_t>(byte)); };
  const auto put_all = [&](std::string_view text) {
    for (const char c : text) put(static_cast<std::uint8_t>(c));
  };
  const auto large = [&](std::uint8_t tag, std::size_t length) {
    put(tag);
    put(length);
    put(length >> 8);
  };
  const auto item = [&](std::string_view keyword, std::string_view text) {
    put_all(keyword);
    put(text.size());
    put_all(text);
  };
  large(kName, name.size());
  put_all(name);
  large(kReadOnly, 3 + part.size() + 3 + serial.size() + 4);
  item("PN", part);
  item("SN", serial);
  put_all("RV");
  put(1);
  std::uint8_t sum = 0;  // all bytes up to and with the checksum add up to 0
  for (const std::uint8_t byte : v) sum = static_cast<std::uint8_t>(sum + byte);
  put(static_cast<std::uint8_t>(-sum));
  put(kEnd);
  return v;
}

}  // namespace niclab::hw
