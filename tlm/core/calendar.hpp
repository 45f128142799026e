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
  explicit Calendar(Clock& clock) : clock_(clock) { events_.reserve(256); }

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

  /// Nothing at or after this instant may run before the owner of the calendar says so.
  void set_horizon(std::uint64_t ps) {
    horizon_ = ps;
    publish();
  }
  std::uint64_t horizon() const { return horizon_; }

  std::size_t size() const { return events_.size(); }

 private:
  void publish() { clock_.next = clock_.eager ? 0 : std::min(top_time(), horizon_); }

  Clock& clock_;
  std::uint64_t horizon_ = ~std::uint64_t{0};
  std::vector<Event> events_;
};

}  // namespace niclab::sim
