// The reads a port has in flight: what each was for, and until when its answer may come (fact base 1.4.4,
// 3.5).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "tlm/i350/bus_port.hpp"
#include "tlm/i350/config.hpp"

namespace niclab::sim {

struct OutstandingRead {
  ReadTag tag{};
  std::uint64_t address = 0;
  std::uint32_t length = 0, offset = 0;
  Frame* frame = nullptr;  ///< its packet keeps it until the read is over
  JourneyId journey{};
  Time due{};              ///< Time::never(): it may take for ever
  std::uint32_t sent = 1;  ///< how often it was asked
  Time asked{};            ///< measurement
};

/// A place is free again when its read is answered, expires or is given up; an answer to none of them is
/// unexpected.
class OutstandingReads {
 public:
  /// One descriptor read of each direction beside the payload reads.
  static constexpr unsigned kMost = kMostPayloadReads + 2;

  /// A new read; the caller fills in the rest. There is room.
  OutstandingRead& add(const ReadTag& tag, Time due) {
    const auto n = static_cast<unsigned>(std::countr_one(live_));
    live_ |= 1u << n;
    OutstandingRead& r = reads_[n];
    r.tag = tag;
    r.tag.id = newest_ = next_++ << kPlaceBits | n;
    r.due = due;
    return r;
  }
  /// The id of the read added last.
  std::uint64_t newest() const { return newest_; }
  /// The read that was given this id, or nullptr if it is over.
  OutstandingRead* find(std::uint64_t id) {
    OutstandingRead& r = reads_[place(id)];
    return (live_ >> place(id) & 1) != 0 && r.tag.id == id ? &r : nullptr;
  }
  void end(const OutstandingRead& r) { live_ &= ~(1u << place(r.tag.id)); }
  bool empty() const { return live_ == 0; }
  unsigned count() const { return static_cast<unsigned>(std::popcount(live_)); }
  /// Calls f with each of them.
  template <class F>
  void each(F&& f) const {
    for (std::uint32_t left = live_; left != 0; left &= left - 1)
      f(reads_[static_cast<unsigned>(std::countr_zero(left))]);
  }
  /// Answers to reads up to now are nobody's, and nobody wonders about them (function-level reset).
  void forget() { forgotten_ = next_ << kPlaceBits; }
  bool forgotten(std::uint64_t id) const { return id < forgotten_; }
  /// When the first expires.
  Time next_due() const {
    Time due = Time::never();
    for (std::uint32_t left = live_; left != 0; left &= left - 1)
      due = niclab::min(due, reads_[static_cast<unsigned>(std::countr_zero(left))].due);
    return due;
  }
  /// One that has expired at `t`, lowest place first, or nullptr; Time::never(): any.
  OutstandingRead* expired(Time t) {
    for (std::uint32_t left = live_; left != 0; left &= left - 1) {
      OutstandingRead& r = reads_[static_cast<unsigned>(std::countr_zero(left))];
      if (r.due <= t) return &r;
    }
    return nullptr;
  }

 private:
  static constexpr unsigned kPlaceBits = 4;  ///< so many bits of an id say which place it has
  static_assert(kMost == 1 << kPlaceBits);
  static constexpr unsigned place(std::uint64_t id) { return id & (kMost - 1); }
  std::array<OutstandingRead, kMost> reads_{};
  std::uint32_t live_ = 0;  // places taken, one bit each
  std::uint64_t next_ = 1, newest_ = 0, forgotten_ = 0;
};

}  // namespace niclab::sim
