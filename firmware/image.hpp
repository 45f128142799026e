// NVM images as files: TOML text with the names of hw/nvm_fields.hpp, and the bytes a programmer burns.
//
// Text and bytes say the same: what the fields of an image do not hold is listed in the text as raw words, so
// that an image made from the text of another equals it bit for bit. The text is read in lab/nvm_image.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hw/nvm.hpp"

namespace niclab::firmware {

// Keys of the text, beside the names of fields.
inline constexpr std::string_view kWordsKey = "words";  ///< size of the part in words
inline constexpr std::string_view kCardTable = "card";  ///< the card's fields
inline constexpr std::string_view kPortTables[hw::Nvm::kSections] = {"port0", "port1", "port2", "port3"};
inline constexpr std::string_view kRawTables =
    "raw";  ///< [[raw]]: words as they are, after all fields and checksums
inline constexpr std::string_view kRawAt = "at", kRawWords = "words";

/// The image as TOML: every field, then what else differs from the image these fields make.
std::string to_toml(const hw::Nvm& nvm);

/// Words low byte first, as the part holds them.
std::vector<std::uint8_t> to_bytes(const hw::Nvm& nvm);
/// Nothing when no part has that size.
std::optional<hw::Nvm> from_bytes(std::span<const std::uint8_t> bytes);

/// What a driver finds in a port's section.
struct SectionCheck {
  std::uint16_t sum = 0;  ///< to be Nvm::kChecksum
  MacAddress mac;         ///< zero: the port has none, which is wrong for port 0 only
  bool sum_good = false, mac_good = false;

  bool good() const { return sum_good && mac_good; }
};
SectionCheck check_section(const hw::Nvm& nvm, unsigned port);

}  // namespace niclab::firmware
