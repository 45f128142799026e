// NVM access through EERD; no semaphore is taken for it (fact base 2.4.1, 2.4.2).
#include <array>
#include <cerrno>

#include "driver/hardware.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kEerdPolls = 100'000, kEerdPollUs = 5;
constexpr std::uint16_t kNvmSum = 0xBABA;
constexpr unsigned kSectionWords = 0x40;
constexpr std::array kSections{0x000u, 0x080u, 0x0C0u, 0x100u};

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

int Hardware::validate_nvm_checksum() {
  for (const unsigned section : kSections) {
    std::uint16_t sum = 0;
    for (unsigned i = 0; i < kSectionWords; ++i) {
      std::uint16_t word = 0;
      if (const int error = read_nvm(section + i, word); error != 0) return error;
      sum = static_cast<std::uint16_t>(sum + word);
    }
    if (sum != kNvmSum) return -EIO;
  }
  return 0;
}

}  // namespace niclab::igb
