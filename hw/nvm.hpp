// The EEPROM: a word image with four checksummed port sections, and the EERD read protocol (fact
// base 2.4.1-2.4.3).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/addresses.hpp"

namespace niclab::hw {

/// Word addresses of what software and hardware read (2.4.3); `+ section(port)` where the data sheet says so.
namespace nvm_word {
inline constexpr unsigned MAC = 0x00, COMPAT = 0x03, ID_LED = 0x04, VERSION = 0x05, PBA0 = 0x08, PBA1 = 0x09;
inline constexpr unsigned SUBSYSTEM_ID = 0x0B, SUBSYSTEM_VENDOR = 0x0C, DEVICE_ID = 0x0D, VENDOR_ID = 0x0E;
inline constexpr unsigned INIT_CONTROL_2 = 0x0F, MSIX = 0x16, INIT_CONTROL_3 = 0x24, ETS = 0x3E,
                          CHECKSUM = 0x3F;
inline constexpr unsigned ETRACK_LOW = 0x42, ETRACK_HIGH = 0x43;
}  // namespace nvm_word

class Nvm {
 public:
  static constexpr unsigned kWords = 8192;  ///< EECD.SIZE_EX = 7
  static constexpr unsigned kSections = 4;  ///< ports, present on the card or not
  static constexpr unsigned kSectionWords = 64;
  static constexpr std::uint16_t kChecksum = 0xBABA;  ///< what each section sums to

  /// An erased part: every word 0xFFFF.
  Nvm() : words_(kWords, 0xFFFF) {}
  /// Takes an image of at most kWords words; the rest is erased.
  explicit Nvm(std::span<const std::uint16_t> image);
  /// The factory image of a quad copper card whose port 0 has address `mac`; ports 1-3 count on from it.
  static Nvm make_default(const MacAddress& mac);

  /// First word of a port's section.
  static constexpr unsigned section(unsigned port) { return port == 0 ? 0 : 0x40 + 0x40 * port; }

  std::uint16_t word(unsigned address) const { return address < kWords ? words_[address] : 0xFFFF; }
  void set_word(unsigned address, std::uint16_t value) {
    if (address < kWords) words_[address] = value;
  }
  std::span<const std::uint16_t> words() const { return words_; }

  MacAddress mac(unsigned port) const;
  void set_mac(unsigned port, const MacAddress& mac);
  /// The 16-bit sum of a port's section, checksum word included; valid when kChecksum.
  std::uint16_t section_sum(unsigned port) const;
  bool valid() const;
  /// Recomputes the checksum word of every section.
  void fix_checksums();
  /// Printed Board Assembly number as a string block at word `where`, e.g. "E12345-001"; even length.
  void set_pba(std::string_view text, unsigned where);

  /// What EERD reads after `written` was written: DONE and the word. Beyond the part: DONE and all ones.
  std::uint32_t eerd(std::uint32_t written) const;

 private:
  std::vector<std::uint16_t> words_;
};

}  // namespace niclab::hw
