#include "hw/nvm.hpp"

#include <algorithm>

namespace niclab::hw {

namespace {

constexpr std::uint16_t kStringBlock = 0xFAFA;  // instead of digits, word 8 says that word 9 points to text

}  // namespace

Nvm::Nvm(std::span<const std::uint16_t> image, unsigned words) : Nvm(words) {
  std::copy_n(image.begin(), std::min<std::size_t>(image.size(), words), words_.begin());
}

Nvm Nvm::make_plain(unsigned words) {
  Nvm nvm(words);
  for (unsigned port = 0; port < kSections; ++port)
    std::fill_n(nvm.words_.begin() + section(port), kSectionWords, std::uint16_t{0});
  for (const NvmField& f : nvm_fields())
    if (f.kind == NvmKind::bits)
      for (unsigned port = 0; port < (f.per_port ? kSections : 1); ++port) set(nvm, f, f.value, port);
  nvm.fix_checksums();
  return nvm;
}

Nvm Nvm::make_default(const MacAddress& mac) {
  Nvm nvm = make_plain();
  for (unsigned port = 0; port < kSections; ++port) {
    MacAddress own = mac;
    own.octets[5] = static_cast<std::uint8_t>(own.octets[5] + port);
    nvm.set_mac(port, own);
  }
  nvm.set_pba("N1C1AB-000");
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

bool Nvm::section_erased(unsigned port) const {
  const auto first = words_.begin() + section(port);
  return std::all_of(first, first + kSectionWords, [](std::uint16_t w) { return w == kErased; });
}

bool Nvm::is_pba(std::string_view text) {
  return text.size() % 2 == 0 && text.size() <= kPbaCharacters &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

void Nvm::set_pba(std::string_view text) {
  set_word(nvm_word::PBA0, text.empty() ? 0 : kStringBlock);
  set_word(nvm_word::PBA1, text.empty() ? 0 : kPbaBlock);
  if (text.empty()) return;
  set_word(kPbaBlock, static_cast<std::uint16_t>(1 + text.size() / 2));  // its own word counts
  for (unsigned i = 0; i + 1 < text.size(); i += 2)
    set_word(kPbaBlock + 1 + i / 2, static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[i]) << 8 |
                                                               static_cast<std::uint8_t>(text[i + 1])));
}

std::string Nvm::pba() const {
  const unsigned length = word(kPbaBlock);
  if (word(nvm_word::PBA0) != kStringBlock || word(nvm_word::PBA1) != kPbaBlock || length < 2 ||
      length > 1 + kPbaCharacters / 2)
    return {};
  std::string text;
  for (unsigned i = 1; i < length; ++i)
    for (const unsigned shift : {8u, 0u}) text += static_cast<char>(word(kPbaBlock + i) >> shift & 0xFF);
  return is_pba(text) ? text : std::string();
}

}  // namespace niclab::hw
