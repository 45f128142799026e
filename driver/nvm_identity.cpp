// What the NVM says about the adapter: firmware version and part number (path-map A-08, fact base 5.1 rows
// 17, 23).
#include <cerrno>
#include <cstdio>

#include "driver/hardware.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kVersionWord = 0x05, kPartNumberWord = 0x08, kComboPointerWord = 0x3D;
constexpr unsigned kEtrackLowWord = 0x42, kEtrackHighWord = 0x43;
constexpr unsigned kComboLow = 0x83, kComboHigh = 0x84;  // behind the pointer
constexpr std::uint16_t kStringBlock = 0xFAFA;
constexpr unsigned kLongestPartNumber = 10;  // characters

bool is_pointer(std::uint16_t word) { return word != 0 && word != 0xFFFF; }

/// Two digits kept in hexadecimal; older images have them in the low byte.
unsigned minor_version(std::uint16_t version) {
  const unsigned digits = (version & 0x0F00) == 0 ? version & 0xFFu : version >> 4 & 0xFFu;
  return digits / 16 * 10 + digits % 16;
}

template <class... Values>
std::string text(const char* format, Values... values) {
  char line[80];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

}  // namespace

std::string Hardware::read_fw_version() {
  const bool tracked = nvm_word(kEtrackHighWord) >> 12 == 8;
  const std::uint16_t combo = nvm_word(kComboPointerWord);
  std::uint16_t low = 0, high = 0;
  if (is_pointer(combo)) {
    high = nvm_word(combo + kComboHigh);
    low = nvm_word(combo + kComboLow);
  }
  const std::uint16_t version = nvm_word(kVersionWord);
  const unsigned major = version >> 12, minor = minor_version(version);
  if (!tracked) return text("%u.%u.%u", major, minor, version & 0xFu);
  const std::uint32_t etrack = nvm_word(kEtrackLowWord) | std::uint32_t{nvm_word(kEtrackHighWord)} << 16;
  const std::string eeprom = text("%u.%u, 0x%08x", major, minor, etrack);
  if (!is_pointer(low) || !is_pointer(high)) return eeprom;
  return eeprom + text(", %u.%u.%u", low >> 8u, (low << 8 | high >> 8) & 0xFFFFu, high & 0xFFu);
}

std::string Hardware::read_part_number() {
  const std::uint16_t first = nvm_word(kPartNumberWord), second = nvm_word(kPartNumberWord + 1);
  if (first != kStringBlock) return text("%04X%02X-0%02X", first, second >> 8u, second & 0xFFu);
  const unsigned length = nvm_word(second);  // in words, its own included
  if (length == 0 || length == 0xFFFF || 2 * (length - 1) > kLongestPartNumber) return "Unknown";
  std::string number;
  for (unsigned i = 1; i < length; ++i) {
    const std::uint16_t two = nvm_word(second + i);
    number += {static_cast<char>(two >> 8), static_cast<char>(two & 0xFF)};
  }
  return number;
}

}  // namespace niclab::igb
