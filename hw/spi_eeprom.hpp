// The EEPROM behind the card: a serial part with 16-bit addresses (fact base 2.4.1), clocked bit by bit
// through EECD by whoever has the grant. Words lie low byte first.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "hw/nvm.hpp"

namespace niclab::hw {

class SpiEeprom {
 public:
  /// Opcodes: one byte, then address and data where there are any.
  enum Opcode : std::uint8_t {
    WRSR = 0x01,   ///< status register; no block can be protected here, so it changes nothing
    WRITE = 0x02,  ///< address, then bytes of one page
    READ = 0x03,   ///< address, then as many bytes as are clocked
    WRDI = 0x04,
    RDSR = 0x05,  ///< status, for as long as it is clocked
    WREN = 0x06,
  };
  static constexpr std::uint8_t kBusy = 0x01, kWriteEnabled = 0x02;  ///< bits of the status register
  static constexpr unsigned kPageBytes = 32;
  static constexpr Duration kWriteTime = Duration::from_ms(5);  ///< longest that such parts say

  explicit SpiEeprom(Nvm image) : image_(std::move(image)) {}
  Nvm& image() { return image_; }
  const Nvm& image() const { return image_; }

  /// The pin is low (`on`) or rises. A write begins when it rises.
  void select(bool on, Time t) {
    if (on == selected_) return;
    if (!on) finish(t);
    selected_ = on;
    bits_ = 0;
  }
  /// A rising edge of the clock while selected: takes `in`, returns the bit on the part's output.
  bool clock(bool in, Time t) {
    if (!selected_) return true;  // nobody drives the line
    shift_ = shift_ << 1 | (in ? 1u : 0u);
    const unsigned n = bits_++;
    if (n < 7) return true;
    if (n == 7) return begin(static_cast<std::uint8_t>(shift_), t), true;
    return opcode_ == RDSR ? (status(t) >> (7 - n % 8) & 1) != 0 : addressed(n - 8);
  }

 private:
  bool busy(Time t) const { return t < busy_until_; }
  std::uint8_t status(Time t) const {
    return static_cast<std::uint8_t>((busy(t) ? kBusy : 0) | (write_enabled_ ? kWriteEnabled : 0));
  }
  std::uint8_t byte(unsigned address) const {
    const std::uint16_t word = image_.word(address / 2 % image_.size());
    return static_cast<std::uint8_t>(address % 2 == 0 ? word : word >> 8);
  }
  void set_byte(unsigned address, std::uint8_t value) {
    const unsigned at = address / 2 % image_.size(), word = image_.word(at);
    image_.set_word(at,
                    static_cast<std::uint16_t>(address % 2 == 0 ? (word & 0xFF00) | value
                                                                : (word & 0x00FF) | unsigned{value} << 8));
  }

  void begin(std::uint8_t opcode, Time t) {
    opcode_ = opcode;
    page_.clear();
    if (busy(t) && opcode != RDSR) opcode_ = 0;
    if (opcode_ == WREN || opcode_ == WRDI) write_enabled_ = opcode_ == WREN;
  }
  /// Bit `n` after the opcode of READ or WRITE.
  bool addressed(unsigned n) {
    if (opcode_ != READ && opcode_ != WRITE) return true;
    if (n < 16) return address_ = shift_ & 0xFFFF, true;
    const unsigned data = n - 16;
    if (opcode_ == READ) return (byte(address_ + data / 8) >> (7 - data % 8) & 1) != 0;
    if (data % 8 == 7) page_.push_back(static_cast<std::uint8_t>(shift_));
    return true;
  }
  /// Bytes beyond the end of the page come round to its beginning.
  void finish(Time t) {
    if (opcode_ == WRITE && write_enabled_ && !page_.empty()) {
      const unsigned first = address_ / kPageBytes * kPageBytes;
      for (std::size_t i = 0; i < page_.size(); ++i)
        set_byte(first + (address_ + static_cast<unsigned>(i)) % kPageBytes, page_[i]);
      write_enabled_ = false;
      busy_until_ = t + kWriteTime;
    }
    opcode_ = 0;
  }

  Nvm image_;
  bool selected_ = false, write_enabled_ = false;
  std::uint8_t opcode_ = 0;
  unsigned bits_ = 0;  // since selected
  std::uint32_t shift_ = 0;
  unsigned address_ = 0;  // bytes
  std::vector<std::uint8_t> page_;
  Time busy_until_{};
};

}  // namespace niclab::hw
