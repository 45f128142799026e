#include "hw/nvm.hpp"

#include <algorithm>

#include "hw/register_fields.hpp"

namespace niclab::hw {

Nvm::Nvm(std::span<const std::uint16_t> image) : Nvm() {
  std::copy_n(image.begin(), std::min<std::size_t>(image.size(), kWords), words_.begin());
}

Nvm Nvm::make_default(const MacAddress& mac) {
  Nvm nvm;
  for (unsigned port = 0; port < kSections; ++port) {
    const unsigned base = section(port);
    for (unsigned i = 0; i < kSectionWords; ++i) nvm.set_word(base + i, 0);
    MacAddress own = mac;
    own.octets[5] = static_cast<std::uint8_t>(own.octets[5] + port);
    nvm.set_mac(port, own);
    nvm.set_word(base + nvm_word::INIT_CONTROL_2, 0x3000);  // default pause: both ways
    nvm.set_word(base + nvm_word::INIT_CONTROL_3, 0x0000);  // internal copper PHY, no wake-up
  }
  using namespace nvm_word;
  nvm.set_word(ID_LED, 0x8911);
  nvm.set_word(VERSION, 0x1630);
  nvm.set_word(SUBSYSTEM_ID, 0x00A1);
  nvm.set_word(SUBSYSTEM_VENDOR, 0x8086);
  nvm.set_word(DEVICE_ID, 0x1521);
  nvm.set_word(VENDOR_ID, 0x8086);
  nvm.set_word(MSIX, 9);  // ten vectors
  nvm.set_word(ETS, 0);   // no thermal sensor
  // Words 0x42, 0x43 (eTrack ID) lie outside every section.
  nvm.set_word(ETRACK_LOW, 0x0001);
  nvm.set_word(ETRACK_HIGH, 0x8000);
  nvm.set_pba("N1C1AB-000", 0x150);
  nvm.fix_checksums();
  return nvm;
}

MacAddress Nvm::mac(unsigned port) const {
  MacAddress m;
  for (unsigned i = 0; i < 3; ++i) {
    const std::uint16_t w = word(section(port) + nvm_word::MAC + i);
    m.octets[2 * i] = static_cast<std::uint8_t>(w);
    m.octets[2 * i + 1] = static_cast<std::uint8_t>(w >> 8);
  }
  return m;
}

void Nvm::set_mac(unsigned port, const MacAddress& mac) {
  for (unsigned i = 0; i < 3; ++i)
    set_word(section(port) + nvm_word::MAC + i,
             static_cast<std::uint16_t>(mac.octets[2 * i] | mac.octets[2 * i + 1] << 8));
}

std::uint16_t Nvm::section_sum(unsigned port) const {
  std::uint16_t sum = 0;
  for (unsigned i = 0; i < kSectionWords; ++i)
    sum = static_cast<std::uint16_t>(sum + word(section(port) + i));
  return sum;
}

bool Nvm::valid() const {
  for (unsigned port = 0; port < kSections; ++port)
    if (section_sum(port) != kChecksum) return false;
  return true;
}

void Nvm::fix_checksums() {
  for (unsigned port = 0; port < kSections; ++port) {
    const unsigned at = section(port) + nvm_word::CHECKSUM;
    set_word(at, static_cast<std::uint16_t>(word(at) + kChecksum - section_sum(port)));
  }
}

void Nvm::set_pba(std::string_view text, unsigned where) {
  set_word(nvm_word::PBA0, 0xFAFA);
  set_word(nvm_word::PBA1, static_cast<std::uint16_t>(where));
  set_word(where, static_cast<std::uint16_t>(1 + text.size() / 2));  // its own word counts
  for (unsigned i = 0; i + 1 < text.size(); i += 2)
    set_word(where + 1 + i / 2, static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[i]) << 8 |
                                                           static_cast<std::uint8_t>(text[i + 1])));
}

std::uint32_t Nvm::eerd(std::uint32_t written) const {
  using namespace reg;
  const std::uint32_t address = eerd::ADDR.get(written);
  const std::uint32_t addressed = eerd::ADDR.put(address);
  if (!(written & eerd::START)) return addressed;
  return eerd::DATA.put(word(address)) | addressed | eerd::DONE;
}

}  // namespace niclab::hw
