// Writing the NVM: bit by bit through EECD, as there is no EEWR on the I350 (fact base 2.4.1, 2.4.2).
#include <algorithm>
#include <cerrno>

#include "driver/hardware.hpp"

namespace niclab::igb {
namespace {

namespace eecd = reg::eecd;

constexpr unsigned kGrantPolls = 1000, kGrantPollUs = 5;
constexpr unsigned kReadyPolls = 5000, kReadyPollUs = 5;
constexpr unsigned kPageBytes = 32;
constexpr std::uint32_t kWriteOpcode = 0x02, kStatusOpcode = 0x05, kEnableOpcode = 0x06, kBusy = 0x01;

constexpr std::uint32_t swapped(std::uint16_t word) { return (word & 0xFFu) << 8 | word >> 8; }

}  // namespace

int Hardware::acquire_nvm() {
  if (const int error = acquire_swfw_sync(reg::sw_fw_sync::EEP_SM); error != 0) return error;
  std::uint32_t pins = rd32(reg::EECD);
  if ((pins & (eecd::BLOCKED | eecd::ABORT | eecd::RD_TIMEOUT)) != 0) wr32(reg::EECD, pins | eecd::ERROR_CLR);
  wr32(reg::EECD, pins | eecd::REQ);
  for (unsigned i = 0; i < kGrantPolls && !removed_; ++i) {
    if (((pins = rd32(reg::EECD)) & eecd::GNT) != 0) return 0;
    usec_delay(kGrantPollUs);
  }
  wr32(reg::EECD, pins & ~eecd::REQ);
  release_swfw_sync(reg::sw_fw_sync::EEP_SM);
  return -EIO;
}

void Hardware::release_nvm() {
  set_nvm_pins(eecd::SK, eecd::CS);
  rmw32(reg::EECD, eecd::REQ, 0);
  release_swfw_sync(reg::sw_fw_sync::EEP_SM);
}

void Hardware::set_nvm_pins(std::uint32_t low, std::uint32_t high) {
  rmw32(reg::EECD, low, high);
  wrfl();
  usec_delay(1);
}

/// The part ends its command and waits for the next.
void Hardware::standby_nvm() {
  set_nvm_pins(0, eecd::CS);
  set_nvm_pins(eecd::CS, 0);
}

void Hardware::shift_out_nvm_bits(std::uint32_t data, unsigned count) {
  for (unsigned bit = count; bit-- > 0;) {
    const bool one = (data >> bit & 1) != 0;
    set_nvm_pins(one ? 0 : eecd::DI, one ? eecd::DI : 0);
    set_nvm_pins(0, eecd::SK);
    set_nvm_pins(eecd::SK, 0);
  }
  set_nvm_pins(eecd::DI, 0);
}

std::uint32_t Hardware::shift_in_nvm_bits(unsigned count) {
  std::uint32_t data = 0;
  for (unsigned i = 0; i < count; ++i) {
    set_nvm_pins(0, eecd::SK);
    data = data << 1 | ((rd32(reg::EECD) & eecd::DO) != 0 ? 1 : 0);
    set_nvm_pins(eecd::SK, 0);
  }
  return data;
}

/// Waits for the part to finish what it wrote.
int Hardware::nvm_ready() {
  set_nvm_pins(eecd::CS | eecd::SK, 0);
  for (unsigned i = 0; i < kReadyPolls && !removed_; ++i) {
    shift_out_nvm_bits(kStatusOpcode, 8);
    if ((shift_in_nvm_bits(8) & kBusy) == 0) return 0;
    usec_delay(kReadyPollUs);
    standby_nvm();
  }
  return -EIO;
}

/// Up to the end of a page; returns how many words, or a negative errno.
int Hardware::write_nvm_page(unsigned word, std::span<const std::uint16_t> values) {
  if (const int error = nvm_ready(); error != 0) return error;
  standby_nvm();
  shift_out_nvm_bits(kEnableOpcode, 8);
  standby_nvm();
  shift_out_nvm_bits(kWriteOpcode, 8);
  shift_out_nvm_bits(word * 2, 16);
  const std::size_t left = (kPageBytes - word * 2 % kPageBytes) / 2, count = std::min(left, values.size());
  for (std::size_t i = 0; i < count; ++i) shift_out_nvm_bits(swapped(values[i]), 16);
  standby_nvm();
  return static_cast<int>(count);
}

int Hardware::write_nvm(unsigned word, std::span<const std::uint16_t> values) {
  if (word + values.size() > nvm_words_) return -EINVAL;
  while (!values.empty()) {
    if (const int error = acquire_nvm(); error != 0) return error;
    const int written = write_nvm_page(word, values);
    msleep(2);
    release_nvm();
    if (written < 0) return written;
    word += static_cast<unsigned>(written);
    values = values.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace niclab::igb
