// The EEPROM: a word image with four checksummed port sections, and the EERD read protocol (fact
// base 2.4.1-2.4.3).
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/addresses.hpp"
#include "hw/nvm_fields.hpp"

namespace niclab::hw {

/// Word addresses (2.4.3), those of the field table; `+ section(port)` for a port's.
namespace nvm_word {
inline constexpr unsigned MAC = nvm_field("mac").word, ID_LED = nvm_field("id_led0").word;
inline constexpr unsigned VERSION = nvm_field("version_major").word, PBA0 = nvm_field("pba").word,
                          PBA1 = PBA0 + 1;
inline constexpr unsigned COMPAT = nvm_field("compat_checksum").word,
                          MSIX = nvm_field("msix_table_size").word;
inline constexpr unsigned SUBSYSTEM_ID = nvm_field("subsystem_id").word;
inline constexpr unsigned SUBSYSTEM_VENDOR = nvm_field("subsystem_vendor").word;
inline constexpr unsigned DEVICE_ID = nvm_field("device_id").word, VENDOR_ID = nvm_field("vendor_id").word;
inline constexpr unsigned INIT_CONTROL_2 = nvm_field("default_pause").word;
inline constexpr unsigned INIT_CONTROL_3 = nvm_field("link_mode").word,
                          ETS = nvm_field("thermal_sensor").word;
inline constexpr unsigned ETRACK_LOW = nvm_field("etrack_low").word,
                          ETRACK_HIGH = nvm_field("etrack_high").word;
inline constexpr unsigned CHECKSUM = 0x3F;
}  // namespace nvm_word

class Nvm {
 public:
  static constexpr unsigned kWords = 8192;  ///< of the part on our cards: EECD.SIZE_EX = 7
  static constexpr unsigned kSections = 4;  ///< ports, present on the card or not
  static constexpr unsigned kSectionWords = 64;
  static constexpr std::uint16_t kChecksum = 0xBABA;  ///< what each section sums to
  static constexpr std::uint16_t kErased = 0xFFFF;
  /// Sizes of parts, in words: the smallest that holds all sections, and the largest EERD can address.
  static constexpr unsigned kSmallest = 512, kLargest = 16384;

  /// Whether a part of that many words exists: a power of two within the limits above.
  static constexpr bool is_size(std::size_t words) {
    return words >= kSmallest && words <= kLargest && (words & (words - 1)) == 0;
  }

  /// An erased part: every word kErased. is_size(words).
  explicit Nvm(unsigned words = kWords) : words_(words, kErased) {}
  /// Takes an image of at most `words` words; the rest is erased.
  explicit Nvm(std::span<const std::uint16_t> image, unsigned words = kWords);
  /// A part whose fields have the values of the field table, with no addresses and no part number; other
  /// words of its sections are 0, those outside erased. Checksums are right.
  static Nvm make_plain(unsigned words = kWords);
  /// The factory image of a quad copper card whose port 0 has address `mac`; ports 1-3 count on from it.
  static Nvm make_default(const MacAddress& mac);

  /// First word of a port's section.
  static constexpr unsigned section(unsigned port) { return port == 0 ? 0 : 0x40 + 0x40 * port; }

  unsigned size() const { return static_cast<unsigned>(words_.size()); }
  /// EECD.SIZE_EX: there are 1 << (6 + code) words.
  unsigned size_code() const { return static_cast<unsigned>(std::countr_zero(words_.size())) - 6; }
  std::uint16_t word(unsigned address) const { return address < size() ? words_[address] : kErased; }
  void set_word(unsigned address, std::uint16_t value) {
    if (address < size()) words_[address] = value;
  }
  std::span<const std::uint16_t> words() const { return words_; }
  bool operator==(const Nvm&) const = default;

  MacAddress mac(unsigned port) const;
  void set_mac(unsigned port, const MacAddress& mac);
  /// The 16-bit sum of a port's section, checksum word included; valid when kChecksum.
  std::uint16_t section_sum(unsigned port) const;
  bool valid() const;
  /// Recomputes the checksum word of every section.
  void fix_checksums();
  /// Every word of a port's section is kErased.
  bool section_erased(unsigned port) const;
  /// Printed Board Assembly number as a string block at kPbaBlock, e.g. "E12345-001": is_pba(). "": none, and
  /// the block stays as it is.
  void set_pba(std::string_view text);
  /// What set_pba() could have written, else "".
  std::string pba() const;
  /// An even number of printable characters without quotes, at most kPbaCharacters.
  static bool is_pba(std::string_view text);

 private:
  std::vector<std::uint16_t> words_;
};

}  // namespace niclab::hw
