// One direction's descriptor fetches: from a reason to fetch to descriptors in a queue's cache (fact
// base 3.5).
//
// One request is outstanding for all queues of the direction, which take turns. A reason to fetch becomes a
// request one clock later. An answer enters its cache one descriptor a clock, from the end of the clock it
// arrives in; until then the direction asks for no more.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/time.hpp"
#include "hw/descriptor_prefetch.hpp"
#include "hw/registers.hpp"
#include "tlm/i350/bus_port.hpp"
#include "tlm/i350/waves.hpp"

namespace niclab::sim {

class I350Function;

struct FetchDirection {
  ReadKind kind;
  const char* purpose;                ///< for messages
  unsigned request_step, store_step;  ///< agents of the calendar, beside the port's
};

/// `Ring`: RxRingUnit or TxRingUnit.
template <class Ring>
class FetchArbiter {
 public:
  using Rings = std::array<Ring, hw::reg::kQueues>;

  FetchArbiter(I350Function& port, Rings& rings, const FetchDirection& direction)
      : port_(port), rings_(rings), direction_(direction) {}
  FetchArbiter(const FetchArbiter&) = delete;
  FetchArbiter& operator=(const FetchArbiter&) = delete;

  /// Whom to show requests, or nullptr.
  void show_waves(const DirectionWaves* waves) { waves_ = waves; }

  /// Something happened at queue `q` that may be a reason to fetch. The rule is looked at one clock later,
  /// and only if it could then hold: nothing else is worth an event.
  void want(unsigned q, Time t) {
    if (!busy_ && !scheduled_ && !rings_[q].wants_fetch(t)) return;
    wanted_ |= 1u << q;
    schedule(t);
  }
  /// Bus mastering is back, or a request failed: looks at all queues that want, one clock after `t`.
  void schedule(Time t);
  /// The host answers; empty `data`: it does not, and the queue is disabled. Ends with
  /// I350Function::descriptors_arrived().
  void answered(const ReadTag& tag, std::span<const std::byte> data, Time t);

  /// The host refuses what this read asked for: a fault, if the queue is still the one that asked.
  void tell_refused(const ReadTag& tag, Time t);

  /// What is on its way for queue `q` is nobody's any more.
  void forget(unsigned q) { ++generation_[q]; }
  /// As forget(), for all, and nobody wants anything.
  void reset() {
    wanted_ = 0;
    for (std::uint32_t& g : generation_) ++g;
  }
  /// Changes with forget(): tells a queue's descriptors from those before.
  std::uint32_t generation(unsigned q) const { return generation_[q]; }
  /// A request is outstanding.
  bool busy() const { return busy_; }

 private:
  void request(Time t, std::uint32_t);
  void store(Time t, std::uint32_t);

  I350Function& port_;
  Rings& rings_;
  const FetchDirection direction_;
  const DirectionWaves* waves_ = nullptr;

  unsigned wanted_ = 0;  ///< queues, one bit each
  unsigned next_ = 0;    ///< queue whose turn it is
  bool busy_ = false, scheduled_ = false;
  Time free_{};  ///< when the descriptors of the last request are all in their cache
  std::array<std::uint32_t, hw::reg::kQueues> generation_{};

  ReadTag arrived_{};  ///< what the answer being stored belongs to
  unsigned count_ = 0;
  std::array<hw::Descriptor, hw::DescriptorPrefetch::kCacheCapacity> data_{};
};

}  // namespace niclab::sim
