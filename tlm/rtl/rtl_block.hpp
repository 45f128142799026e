// What the adapters of Verilated blocks share: a name, a clock, waves, and what a failed assertion does.
//
// Two layers. RtlBlock: one block and its clock. RtlCalledBlock: a block whose inputs are calls at instants,
// as most have (docs/rtl.md, "Cycles and instants"). The cycle that begins at the instant of a call stays
// open for further calls of that instant; a later call, or an event of the calendar when the world is
// clocked, executes its edge. No cycle without an input is executed.
//
// An adapter's header forward-declares its `Top`; what needs it complete is used in the adapter's .cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "base/waves.hpp"
#include "rtl/assertion.hpp"
#include "rtl/waves/block_waves.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_world.hpp"

namespace niclab::sim {

/// `Top`: a class that Verilator made, with a port clk.
template <class Top>
class RtlBlock {
 public:
  RtlInstance& instance() { return instance_; }
  const RtlInstance& instance() const { return instance_; }
  std::uint64_t cycles() const { return cycles_; }

 protected:
  /// `name`: for reports.
  RtlBlock(RtlWorld& world, std::string name)
      : instance_{std::move(name), {}, 0}, top_(std::make_unique<Top>(&world.context())) {}
  RtlBlock(const RtlBlock&) = delete;
  RtlBlock& operator=(const RtlBlock&) = delete;
  ~RtlBlock() = default;

  Top& top() { return *top_; }
  const Top& top() const { return *top_; }
  /// Before the run: shows the block's signals in `scope`.
  void begin_waves(WaveSink& sink, WaveScope scope) {
    waves_ = std::make_unique<rtl::BlockWaves>(sink, scope, *top_);
  }

  /// An input is not what it was.
  void input_changed() { settled_ = false; }
  /// The outputs belong to the inputs.
  void settle() {
    if (settled_) return;
    top_->eval();
    settled_ = low_ = true;
  }
  /// Waves: what the inputs of the open cycle are, and what follows from them.
  void show() {
    if (!waves_) return;
    settle();
    waves_->dump(cycle_);
  }
  /// The rising edge that ends the open cycle, and the clock low again; `next_inputs` takes this cycle's
  /// strobes back before anybody looks at what the edge has changed.
  ///
  /// Inputs and rising clock in one evaluation: combinational logic settles before registers change, and a
  /// block has no concurrent assertion that would sample in between. Only the falling edge must have been
  /// seen.
  template <class NextInputs>
  void rise(NextInputs&& next_inputs) {
    show();
    if (!low_) top_->eval();
    top_->clk = 1;
    try {
      top_->eval();
    } catch (const rtl::AssertionFailed& e) {
      instance_.fail(std::string("assertion ") + e.what(), cycle_);
    }
    top_->clk = 0;
    ++cycles_;
    cycle_ += kDeviceClock;
    settled_ = low_ = false;
    next_inputs();
    if (!waves_) return;
    settle();
    waves_->edge(cycle_);
  }
  Time cycle() const { return cycle_; }
  /// The clock stood still until `t`.
  void stand_until(Time t) { cycle_ = niclab::max(cycle_, t); }

 private:
  RtlInstance instance_;
  std::unique_ptr<Top> top_;
  std::unique_ptr<rtl::BlockWaves> waves_;
  Time cycle_{};          ///< start of the open cycle
  bool settled_ = false;  ///< the outputs belong to the inputs
  bool low_ = false;      ///< the block has seen the clock low since its last edge
  std::uint64_t cycles_ = 0;
};

template <class Top>
class RtlCalledBlock : public RtlBlock<Top> {
 protected:
  /// `agent`: of the calendar, for the block's clock.
  RtlCalledBlock(RtlWorld& world, Engine& engine, unsigned agent, std::string name)
      : RtlBlock<Top>(world, std::move(name)), engine_(engine), agent_(agent), clocked_(world.clocked()) {}
  ~RtlCalledBlock() = default;

  /// Takes back the strobes of the cycle that has ended; may set those of the next one.
  virtual void next_inputs() = 0;

  /// First of all in a call at `t`, which lies on the grid and is not before an earlier call's. Ahead of time
  /// or not, as much of the block's own time passes as of everybody's.
  void open(Time t) {
    if (t <= instant_) return;
    const Time target = this->cycle() + (t - instant_);
    while (strobed_ && this->cycle() < target) edge();
    this->stand_until(t);
    instant_ = t;
  }
  /// Ends the open cycle.
  void edge() {
    this->rise([this] {
      strobed_ = false;
      next_inputs();
    });
  }
  /// The open cycle has an input that its edge must see.
  bool strobed() const { return strobed_; }
  /// An input was changed that needs no edge.
  void level_changed() {
    this->input_changed();
    this->show();
  }
  /// An input was changed that the open cycle's edge must see.
  void strobe() {
    strobed_ = true;
    this->input_changed();
    if (!clocked_ || scheduled_) return;
    scheduled_ = true;
    engine_.at<&RtlCalledBlock::clock_event>(this->cycle() + kDeviceClock, Kind::clock_edge, agent_, *this);
  }
  /// Executes the edges that lie before the end of the run.
  void run_out(Time end) {
    while (strobed_ && this->cycle() + kDeviceClock < end) edge();
  }
  /// Every edge is an event of the calendar, at its instant.
  bool clocked() const { return clocked_; }
  Engine& engine() { return engine_; }
  unsigned agent() const { return agent_; }
  /// Of the last call; a port used twice at one puts the cycle ahead of it.
  Time instant() const { return instant_; }

 private:
  void clock_event(Time t, std::uint32_t) {
    scheduled_ = false;
    open(t);
    if (strobed_) strobe();
  }

  Engine& engine_;
  const unsigned agent_;
  const bool clocked_;
  Time instant_{};
  bool strobed_ = false;
  bool scheduled_ = false;  ///< clocked: the open cycle's edge is in the calendar
};

}  // namespace niclab::sim
