// ethtool -e and -E (path-map A-17, fact base 2.4).
#include <cerrno>
#include <vector>

#include "driver/igb.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint16_t kPciVendor = 0x00, kPciDevice = 0x02;

}  // namespace

int IgbAdapter::get_eeprom(unsigned offset, std::span<std::uint8_t> bytes) {
  if (offset > get_eeprom_len() || bytes.size() > get_eeprom_len() - offset) return -EINVAL;
  std::uint16_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i, ++offset) {
    if (i == 0 || offset % 2 == 0)
      if (const int error = hw_.read_nvm(offset / 2, word); error != 0) return error;
    bytes[i] = static_cast<std::uint8_t>(offset % 2 == 0 ? word : word >> 8);
  }
  return 0;
}

int IgbAdapter::set_eeprom(std::uint32_t magic, unsigned offset, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return -EOPNOTSUPP;
  const std::uint32_t device =
      pdev_.config_read16(kPciVendor) | std::uint32_t{pdev_.config_read16(kPciDevice)} << 16;
  if (magic != device) return -EFAULT;
  if (offset > get_eeprom_len() || bytes.size() > get_eeprom_len() - offset) return -EINVAL;
  const unsigned first = offset / 2, end = (offset + static_cast<unsigned>(bytes.size()) + 1) / 2;
  std::vector<std::uint8_t> whole(2 * std::size_t{end - first});
  if (const int error = get_eeprom(2 * first, whole); error != 0) return error;
  for (std::size_t i = 0; i < bytes.size(); ++i) whole[offset % 2 + i] = bytes[i];
  std::vector<std::uint16_t> words;
  for (std::size_t i = 0; i < whole.size(); i += 2)
    words.push_back(static_cast<std::uint16_t>(whole[i] | whole[i + 1] << 8));
  if (const int error = hw_.write_nvm(first, words); error != 0) return error;
  const int error = hw_.update_nvm_checksums();
  fw_version_ = hw_.read_fw_version();
  return error;
}

}  // namespace niclab::igb
