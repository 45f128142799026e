#include "firmware/image.hpp"

#include <cstdio>

#include "hw/nvm_fields.hpp"

namespace niclab::firmware {

using namespace hw;

namespace {

constexpr unsigned kWordsALine = 8;

/// Names and masks read better in hexadecimal, counts and switches in decimal.
std::string number(std::uint16_t value, std::uint16_t limit) {
  char text[16];
  std::snprintf(text, sizeof text, limit > 0xF ? "0x%02X" : "%u", unsigned{value});
  return text;
}

std::string word(unsigned value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%04X", value);
  return text;
}

std::string value_text(const NvmField& f, const NvmValue& value) {
  if (const auto* n = std::get_if<std::uint16_t>(&value)) return number(*n, f.limit());
  if (const auto* mac = std::get_if<MacAddress>(&value)) return "\"" + mac->to_string() + "\"";
  return "\"" + std::get<std::string>(value) + "\"";
}

std::string fields_text(const Nvm& nvm, bool per_port, unsigned port) {
  std::string text;
  for (const NvmField& f : nvm_fields())
    if (f.per_port == per_port) text += std::string(f.name) + " = " + value_text(f, get(nvm, f, port)) + "\n";
  return text;
}

/// What the fields of `nvm` alone make.
Nvm from_fields_of(const Nvm& nvm) {
  Nvm made = Nvm::make_plain(nvm.size());
  for (const NvmField& f : nvm_fields())
    for (unsigned port = 0; port < (f.per_port ? Nvm::kSections : 1); ++port)
      set(made, f, get(nvm, f, port), port);
  made.fix_checksums();
  return made;
}

std::string raw_text(const Nvm& nvm, unsigned first, unsigned end) {
  std::string text = "\n[[" + std::string(kRawTables) + "]]\n" + std::string(kRawAt) + " = " + word(first) +
                     "\n" + std::string(kRawWords) + " = [";
  for (unsigned at = first; at < end; ++at)
    text += (at == first ? "" : (at - first) % kWordsALine == 0 ? ",\n  " : ", ") + word(nvm.word(at));
  return text + "]\n";
}

}  // namespace

std::string to_toml(const Nvm& nvm) {
  std::string text = std::string(kWordsKey) + " = " + std::to_string(nvm.size()) + "\n\n[" +
                     std::string(kCardTable) + "]\n" + fields_text(nvm, false, 0);
  for (unsigned port = 0; port < Nvm::kSections; ++port)
    text += "\n[" + std::string(kPortTables[port]) + "]\n" + fields_text(nvm, true, port);
  const Nvm made = from_fields_of(nvm);
  for (unsigned at = 0; at < nvm.size(); ++at) {
    const unsigned first = at;
    while (at < nvm.size() && nvm.word(at) != made.word(at)) ++at;
    if (at != first) text += raw_text(nvm, first, at);
  }
  return text;
}

std::vector<std::uint8_t> to_bytes(const Nvm& nvm) {
  std::vector<std::uint8_t> bytes;
  for (const std::uint16_t w : nvm.words()) {
    bytes.push_back(static_cast<std::uint8_t>(w));
    bytes.push_back(static_cast<std::uint8_t>(w >> 8));
  }
  return bytes;
}

std::optional<Nvm> from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() % 2 != 0 || !Nvm::is_size(bytes.size() / 2)) return std::nullopt;
  Nvm nvm(static_cast<unsigned>(bytes.size() / 2));
  for (unsigned i = 0; i < nvm.size(); ++i)
    nvm.set_word(i, static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8));
  return nvm;
}

SectionCheck check_section(const Nvm& nvm, unsigned port) {
  SectionCheck c;
  c.sum = nvm.section_sum(port);
  c.mac = nvm.mac(port);
  c.sum_good = c.sum == Nvm::kChecksum;
  c.mac_good = !c.mac.is_group() && (port != 0 || !c.mac.is_zero());
  return c;
}

}  // namespace niclab::firmware
