// The Verilated rtl/intr_throttle in time: calls at instants become inputs of clock cycles (docs/rtl.md).
//
// Within a cycle the block works in steps; calls of one instant that come in their order share a cycle, one
// out of order begins another with the same time. What a question needs that only the edge shows is asked
// after the edge: of the same instant, nothing is lost but a cycle.
#pragma once

#include <array>
#include <cstdint>

#include "hw/interrupts.hpp"
#include "tlm/rtl/rtl_block.hpp"

class Vintr_throttle;

namespace niclab::sim {

class RtlIntrThrottle final : public RtlCalledBlock<Vintr_throttle> {
 public:
  /// `agent`: of the calendar, for its clock. `name`: for reports.
  RtlIntrThrottle(RtlWorld& world, Engine& engine, unsigned agent, std::string name,
                  const hw::ThrottleReadings& readings);
  ~RtlIntrThrottle();
  /// Before the run: shows the block's signals in `scope`.
  void show_waves(WaveSink& sink, WaveScope scope);

  // As hw::InterruptThrottle, each at an instant of the 8 ns grid, never before an earlier call's.
  void reset(Time t);
  void reset_port(Time t);
  void expire_counters(Time t);
  void write(hw::ThrottleWrite which, unsigned vector, std::uint32_t value, Time t);
  std::uint32_t read_eicr(Time t);
  std::uint32_t read_eitr(unsigned v, Time t);
  /// Whether that was an input: a cause that is set already is none.
  bool set_causes(std::uint32_t mask, Time t);
  bool set_other_level(bool level, Time t);
  void low_latency(std::uint32_t vectors, Time t);
  std::uint32_t grants(Time t);

  // What the calls so far have made of it.
  std::uint32_t eicr();
  std::uint32_t eims();
  std::uint32_t eiac();
  std::uint32_t eiam();
  std::uint32_t gpie();
  bool line(unsigned v);
  Time counter_expiry(unsigned v);
  /// Never before the instant of the last call.
  Time next_grant();

  /// Instant of the last call.
  Time now() const { return now_; }
  /// The run is over.
  void finish(Time end);

 private:
  /// The steps of a cycle that calls are inputs of.
  enum class Step : std::uint8_t { start, access, fall, raise, low_latency, grant };
  void next_inputs() override;
  void arrive(Time t);
  void begin(Step step, Time t);
  void access(Time t) { begin(Step::access, t); }
  void show_registers();
  void set_now(Time t);
  void refills_before(Time t);
  void schedule_refill();
  void refill_event(Time t, std::uint32_t);

  Time now_{};
  Step step_ = Step::start;        ///< of the open cycle's last input
  bool fell_ = false;              ///< other_level, in the open cycle
  bool registers_change_ = false;  ///< at the open cycle's edge, by more than causes
  std::uint32_t known_ = 0;        ///< vectors whose countdown's end is known since the last such edge
  std::array<Time, hw::reg::kVectors> expiry_{};
  Time refill_scheduled_{};
};

}  // namespace niclab::sim
