// Reading the NVM through EERD, for which no semaphore is taken, and its checksums (fact base 2.4.1
// to 2.4.3).
#include <array>
#include <cerrno>

#include "driver/hardware.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kEerdPolls = 100'000, kEerdPollUs = 5;
constexpr std::uint16_t kNvmSum = 0xBABA;
constexpr unsigned kSectionWords = 0x40;

}  // namespace

int Hardware::read_nvm(unsigned word, std::uint16_t& value) {
  value = 0xFFFF;
  wr32(reg::EERD, reg::eerd::ADDR.put(word) | reg::eerd::START);
  for (unsigned i = 0; i < kEerdPolls && !removed_; ++i) {
    const std::uint32_t eerd = rd32(reg::EERD);
    if (!removed_ && (eerd & reg::eerd::DONE) != 0) {
      value = static_cast<std::uint16_t>(reg::eerd::DATA.get(eerd));
      return 0;
    }
    usec_delay(kEerdPollUs);
  }
  return -EIO;
}

std::uint16_t Hardware::nvm_word(unsigned word) {
  std::uint16_t value = 0;
  return read_nvm(word, value) == 0 ? value : std::uint16_t{0};
}

/// Adds up the first `count` words of a section.
int Hardware::sum_nvm_section(unsigned section, unsigned count, std::uint16_t& sum) {
  sum = 0;
  for (unsigned i = 0; i < count; ++i) {
    std::uint16_t word = 0;
    if (const int error = read_nvm(section + i, word); error != 0) return error;
    sum = static_cast<std::uint16_t>(sum + word);
  }
  return 0;
}

int Hardware::validate_nvm_checksum() {
  for (const unsigned section : row_->nvm_sections) {
    std::uint16_t sum = 0;
    if (const int error = sum_nvm_section(section, kSectionWords, sum); error != 0) return error;
    if (sum != kNvmSum) return -EIO;
  }
  return 0;
}

int Hardware::update_nvm_checksums() {
  for (const unsigned section : row_->nvm_sections) {
    std::uint16_t sum = 0;
    if (const int error = sum_nvm_section(section, kSectionWords - 1, sum); error != 0) return error;
    const std::array checksum{static_cast<std::uint16_t>(kNvmSum - sum)};
    if (const int error = write_nvm(section + kSectionWords - 1, checksum); error != 0) return error;
  }
  return 0;
}

}  // namespace niclab::igb
