// The port's PTP hardware clock and time stamps of packets: igb_ptp.c (fact base 2.11, 5.1 row 22, 5.2 row
// 11).
//
// The counter of the I350 has 40 bits and cannot be set, so time is kept in a timecounter: nanoseconds at the
// last look, and what the counter showed then. Its frequency is the device's (TIMINCA).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/callback.hpp"
#include "driver/hardware.hpp"
#include "stack/net_device.hpp"
#include "stack/skbuff.hpp"

namespace niclab::igb {

/// struct timecounter over a cyclecounter of 40 bits that counts nanoseconds.
class TimeCounter {
 public:
  void init(std::uint64_t cycles, std::uint64_t ns) { last_ = cycles & kMask, ns_ = ns; }
  /// Goes on to `cycles`, less than 18 minutes after the last call; returns the time there.
  std::uint64_t read(std::uint64_t cycles) {
    ns_ += (cycles - last_) & kMask;
    last_ = cycles & kMask;
    return ns_;
  }
  /// The time at which the counter showed or will show `cycles`, within 9 minutes of the last read.
  std::uint64_t cyc2time(std::uint64_t cycles) const {
    const std::uint64_t ahead = (cycles - last_) & kMask;
    return ahead <= kMask / 2 ? ns_ + ahead : ns_ - ((last_ - cycles) & kMask);
  }
  void adjust(std::int64_t ns) { ns_ += static_cast<std::uint64_t>(ns); }

 private:
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 40) - 1;
  std::uint64_t last_ = 0, ns_ = 0;
};

class IgbPtp final : public stack::PtpClock {
 public:
  /// `overflow_due` is called, in softirq, when overflow_check() is to run in a task.
  IgbPtp(Hardware& hw, stack::NetdevCore& core, Callback overflow_due);
  IgbPtp(const IgbPtp&) = delete;
  IgbPtp& operator=(const IgbPtp&) = delete;
  ~IgbPtp();

  /// At the end of probe; from then on there is a clock.
  void init();
  /// After a reset of the port: stamping as it was asked for, and the clock anew from the host's time.
  void reset();
  /// Nothing is under way any more, until reset().
  void suspend();
  void stop();
  /// Number of the clock (/dev/ptp0), -1: none.
  int index() const { return index_; }

  // --- the clock; any context --------------------------------------------------------------------
  std::uint64_t gettime64() override;
  void settime64(std::uint64_t ns) override;
  void adjtime(std::int64_t ns) override;
  int adjfreq(std::int64_t ppb) override;
  std::int64_t max_adj() const override { return kMaxAdj; }
  std::int64_t freq() const override { return freq_; }
  std::uint64_t time_of(std::uint64_t cycles) const override { return tc_.cyc2time(cycles); }
  /// Every nine minutes, so that no wrap of the counter is missed. Task.
  void overflow_check();

  // --- stamps ------------------------------------------------------------------------------------
  /// SIOCSHWTSTAMP. The filter becomes what is really done: none or all. 0, -ERANGE: no such filter.
  int set_ts_config(stack::HwtstampConfig& wanted);
  const stack::HwtstampConfig& ts_config() const { return config_; }
  /// The packet asks for a stamp and may have one: TXSTMP is free, and will be its. Softirq or task.
  bool tx_start(stack::SkBuff& skb);
  /// That packet will not be sent.
  void tx_cancel() { tx_skb_.reset(); }
  /// TSICR said TXTS. Task.
  void tx_work();
  /// Gives up a stamp that has not come for 15 s. Task.
  void tx_hang();
  /// Of the header in front of a received packet (TSIP), or of RXSTMP (TS). Nanoseconds.
  std::uint64_t rx_pktstamp(const std::byte* header);
  std::uint64_t rx_rgtstamp();
  std::uint64_t tx_timeouts() const { return tx_timeouts_; }

 private:
  static constexpr std::int64_t kMaxAdj = 62'499'999;  // ppb
  class Guard;
  std::uint64_t read_cycles();
  std::uint64_t read_pair(reg::Offset low, reg::Offset high);
  void write_ts_config(bool rx_all);
  void start_clock();
  void arm_overflow();

  Hardware& hw_;
  stack::NetdevCore& core_;
  Kernel& kernel_;
  SpinLock lock_;  // tmreg_lock
  TimeCounter tc_;
  Timer overflow_timer_;
  int index_ = -1;
  std::int64_t freq_ = 0;  // ppb
  stack::HwtstampConfig config_{};
  stack::SkbPtr tx_skb_;  // the packet whose stamp is waited for
  std::uint64_t tx_since_ = 0;
  std::uint64_t tx_timeouts_ = 0;
};

}  // namespace niclab::igb
