// The calendar: everything that will happen, in one total order.
//
// Order at equal picoseconds is part of the specification: (time, kind, agent), then insertion. The array is
// kept sorted with the soonest event last, because new events are nearly always soon: push and pop cost a few
// ns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/kernel.hpp"
#include "base/time.hpp"

namespace niclab::sim {

class Cpu;

/// Event kinds in their order at equal time: clock edges and memory changes first, then arrivals, then
/// decisions, CPUs last.
enum class Kind : std::uint16_t {
  clock_edge,     ///< the edge that ends a clock cycle of a Verilated block, before what the next one brings
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

/// The array lies upside down: the soonest event is the last, and in front of all stands a sentinel that
/// nothing comes after, so that insertion needs no test for the end.
class Calendar {
 public:
  explicit Calendar(Clock& clock) : clock_(clock), events_(kInitial) {
    events_[0] = {kNever, ~std::uint32_t{0}, 0, nullptr, nullptr};
    turns_.reserve(64);
  }

  bool empty() const { return count_ == 0; }
  std::uint64_t top_time() const { return top_.t; }
  std::size_t size() const { return count_; }

  void push(const Event& e) {
    if (++count_ == events_.size()) [[unlikely]]
      events_.resize(2 * events_.size());
    // Equal keys keep insertion order: the new one goes behind (before, in array order) those already there.
    Event* const last = &events_[count_];
    Event* at = last;
    while (!before(e.t, e.order, at[-1].t, at[-1].order)) {
      at[0] = at[-1];
      --at;
    }
    *at = e;
    if (at == last) show_top();
  }

  Event pop() {
    const Event e = events_[count_--];
    show_top();
    return e;
  }

  /// Removes the soonest event of this kind, agent and object; false when there is none.
  bool cancel(std::uint32_t order, const void* object) {
    for (std::size_t i = count_; i > 0; --i) {
      if (events_[i].order != order || events_[i].object != object) continue;
      for (; i < count_; ++i) events_[i] = events_[i + 1];
      --count_;
      show_top();
      return true;
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
    turns_.push_back(turn);
    place_turn(turn);
  }
  /// Puts `mine` where the soonest turn was taken from, and returns that.
  Turn exchange_turn(const Turn& mine) {
    const Turn soonest = turns_.back();
    place_turn(mine);
    return soonest;
  }
  Turn pop_turn() {
    const Turn turn = turns_.back();
    turns_.pop_back();
    show_turn();
    return turn;
  }
  void cancel_turn(const Cpu* cpu) {
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      if (turns_[i].cpu != cpu) continue;
      turns_.erase(turns_.begin() + static_cast<std::ptrdiff_t>(i));
      show_turn();
      return;
    }
  }
  const Turn& next_turn() const { return turns_.back(); }
  bool has_turn() const { return !turns_.empty(); }
  /// Changes whenever a turn is added or taken away.
  std::uint64_t turns_version() const { return turns_version_; }

  bool event_before(std::uint64_t t, std::uint32_t order) const {
    return before(top_.t, top_.order, t, order);
  }
  /// Whether the soonest thing of all is a CPU's turn (then there is one) rather than an event.
  bool turn_is_next() const { return before(turn_.t, turn_.order, top_.t, top_.order); }
  /// Nothing comes before (t, order).
  bool nothing_before(std::uint64_t t, std::uint32_t order) const {
    return !event_before(t, order) && !before(turn_.t, turn_.order, t, order);
  }
  std::uint64_t next_time() const { return std::min(top_.t, turn_.t); }

  /// Nothing at or after this instant may run before the owner of the calendar says so.
  void set_horizon(std::uint64_t ps) {
    horizon_ = ps;
    publish();
  }
  std::uint64_t horizon() const { return horizon_; }

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr std::size_t kInitial = 256;
  struct Key {
    std::uint64_t t = kNever;
    std::uint32_t order = ~std::uint32_t{0};
  };

  /// Sorts `turn` into the array whose last slot is free.
  void place_turn(const Turn& turn) {
    std::size_t i = turns_.size() - 1;
    while (i > 0 && !before(turn.t, turn.order, turns_[i - 1].t, turns_[i - 1].order)) {
      turns_[i] = turns_[i - 1];
      --i;
    }
    turns_[i] = turn;
    show_turn();
  }
  void show_top() {
    top_ = {events_[count_].t, events_[count_].order};
    publish();
  }
  void show_turn() {
    ++turns_version_;
    turn_ = turns_.empty() ? Key{} : Key{turns_.back().t, turns_.back().order};
    publish();
  }
  void publish() { clock_.next = clock_.eager ? 0 : std::min(next_time(), horizon_); }

  Clock& clock_;
  std::uint64_t horizon_ = kNever;
  Key top_, turn_;         // of the soonest event, and of the soonest turn
  std::size_t count_ = 0;  // events, at events_[1] .. events_[count_]
  std::vector<Event> events_;
  std::vector<Turn> turns_;
  std::uint64_t turns_version_ = 0;
};

}  // namespace niclab::sim
