// The calendar: everything that will happen, in one total order.
//
// Order at equal picoseconds is part of the specification: (time, kind, agent), then insertion. The array is kept
// sorted with the soonest event last, because new events are nearly always soon: push and pop cost a few ns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/kernel.hpp"
#include "base/time.hpp"

namespace niclab::sim {

class Cpu;

/// Event kinds in their order at equal time: memory changes first, then arrivals, then decisions, CPUs last.
enum class Kind : std::uint16_t {
  memory_write,   ///< a posted write becomes visible (only --eager schedules these)
  memory_read,    ///< a DMA read samples memory
  link_arrival,   ///< a TLP reaches the far end of a PCIe link
  frame_start,    ///< a traffic source or transmitter puts a frame on the wire
  frame_arrival,  ///< the last bit of a frame reaches a MAC
  device,         ///< a step inside a device
  throttle,       ///< an interrupt moderation timer
  foreign,        ///< something a foreign SystemC model asked for
  irq,            ///< an interrupt message reaches a CPU
  timer,          ///< a CPU's local timer
  cpu             ///< a CPU continues
};

struct Event {
  std::uint64_t t;      ///< ps
  std::uint32_t order;  ///< kind << 16 | agent
  std::uint32_t arg;
  void (*call)(void* object, Time t, std::uint32_t arg);
  void* object;
};

constexpr std::uint32_t order_of(Kind kind, unsigned agent) {
  return static_cast<std::uint32_t>(kind) << 16 | agent;
}

/// Strictly before, in the total order.
constexpr bool before(std::uint64_t ta, std::uint32_t oa, std::uint64_t tb, std::uint32_t ob) {
  return ta < tb || (ta == tb && oa < ob);
}

class Calendar {
 public:
  explicit Calendar(Clock& clock) : clock_(clock) {
    events_.reserve(256);
    turns_.reserve(64);
  }

  bool empty() const { return events_.empty(); }
  std::uint64_t top_time() const { return empty() ? ~std::uint64_t{0} : events_.back().t; }
  const Event& top() const { return events_.back(); }

  void push(const Event& e) {
    events_.push_back(e);
    std::size_t i = events_.size() - 1;
    // Equal keys keep insertion order: the new one goes behind (before, in array order) those already there.
    while (i > 0 && !before(e.t, e.order, events_[i - 1].t, events_[i - 1].order)) {
      events_[i] = events_[i - 1];
      --i;
    }
    events_[i] = e;
    publish();
  }

  Event pop() {
    const Event e = events_.back();
    events_.pop_back();
    publish();
    return e;
  }

  /// Removes the soonest event of this kind, agent and object; false when there is none.
  bool cancel(std::uint32_t order, const void* object) {
    for (std::size_t i = events_.size(); i-- > 0;) {
      if (events_[i].order == order && events_[i].object == object) {
        events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(i));
        publish();
        return true;
      }
    }
    return false;
  }

  /// CPUs that wait for their turn, kept apart from other events: there are few, and they change at every
  /// synchronisation. In the total order they are events of Kind::cpu.
  struct Turn {
    std::uint64_t t;
    std::uint32_t order;
    Cpu* cpu;
  };
  void push_turn(const Turn& turn) {
    std::size_t i = turns_.size();
    turns_.push_back(turn);
    while (i > 0 && !before(turn.t, turn.order, turns_[i - 1].t, turns_[i - 1].order)) {
      turns_[i] = turns_[i - 1];
      --i;
    }
    turns_[i] = turn;
    ++turns_version_;
    publish();
  }
  /// Puts `mine` where the soonest turn was taken from, and returns that.
  Turn exchange_turn(const Turn& mine) {
    const Turn soonest = turns_.back();
    std::size_t i = turns_.size() - 1;
    while (i > 0 && !before(mine.t, mine.order, turns_[i - 1].t, turns_[i - 1].order)) {
      turns_[i] = turns_[i - 1];
      --i;
    }
    turns_[i] = mine;
    ++turns_version_;
    publish();
    return soonest;
  }
  Turn pop_turn() {
    const Turn turn = turns_.back();
    turns_.pop_back();
    ++turns_version_;
    publish();
    return turn;
  }
  void cancel_turn(const Cpu* cpu) {
    for (std::size_t i = 0; i < turns_.size(); ++i)
      if (turns_[i].cpu == cpu) {
        turns_.erase(turns_.begin() + static_cast<std::ptrdiff_t>(i));
        ++turns_version_;
        publish();
        return;
      }
  }
  bool event_before(std::uint64_t t, std::uint32_t order) const {
    return !events_.empty() && before(events_.back().t, events_.back().order, t, order);
  }
  /// Changes whenever a turn is added or taken away.
  std::uint64_t turns_version() const { return turns_version_; }
  bool has_turn() const { return !turns_.empty(); }
  const Turn& next_turn() const { return turns_.back(); }
  /// Whether the soonest thing of all is a CPU's turn (then there is one) rather than an event.
  bool turn_is_next() const {
    if (turns_.empty()) return false;
    return events_.empty() || before(turns_.back().t, turns_.back().order, events_.back().t, events_.back().order);
  }
  /// Nothing comes before (t, order).
  bool nothing_before(std::uint64_t t, std::uint32_t order) const {
    return (events_.empty() || !before(events_.back().t, events_.back().order, t, order)) &&
           (turns_.empty() || !before(turns_.back().t, turns_.back().order, t, order));
  }
  std::uint64_t next_time() const {
    return std::min(top_time(), turns_.empty() ? ~std::uint64_t{0} : turns_.back().t);
  }

  /// Nothing at or after this instant may run before the owner of the calendar says so.
  void set_horizon(std::uint64_t ps) {
    horizon_ = ps;
    publish();
  }
  std::uint64_t horizon() const { return horizon_; }

  std::size_t size() const { return events_.size(); }

 private:
  void publish() { clock_.next = clock_.eager ? 0 : std::min(next_time(), horizon_); }

  Clock& clock_;
  std::uint64_t horizon_ = ~std::uint64_t{0};
  std::vector<Event> events_;
  std::vector<Turn> turns_;
  std::uint64_t turns_version_ = 0;
};

}  // namespace niclab::sim
