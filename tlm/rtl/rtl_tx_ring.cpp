#include "tlm/rtl/rtl_tx_ring.hpp"

#include <Vtx_ring.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "rtl/assertion.hpp"
#include "rtl/waves/block_waves.hpp"

namespace niclab::sim {

using namespace hw;

RtlTxRing::RtlTxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name)
    : engine_(engine),
      agent_(agent),
      clocked_(world.clocked()),
      instance_{std::move(name), {}, 0},
      top_(std::make_unique<Vtx_ring>(&world.context())) {
  reset(Time{});
}

RtlTxRing::~RtlTxRing() = default;

void RtlTxRing::show_waves(WaveSink& sink, WaveScope scope) {
  waves_ = std::make_unique<rtl::BlockWaves>(sink, scope, *top_);
}

// --- the clock -----------------------------------------------------------------------------------

/// Ahead of time or not, as much of the block's own time passes as of everybody's.
void RtlTxRing::open(Time t) {
  if (t <= instant_) return;
  const Time target = cycle_ + (t - instant_);
  while (strobed_ && cycle_ < target) edge();
  cycle_ = niclab::max(cycle_, t);
  instant_ = t;
}

void RtlTxRing::finish(Time end) {
  while (strobed_ && cycle_ + kDeviceClock < end) edge();
}

void RtlTxRing::settle() {
  if (settled_) return;
  top_->eval();
  settled_ = low_ = true;
}

/// Inputs and rising clock in one evaluation: combinational logic settles before registers change, and the
/// block has no concurrent assertion that would sample in between. Only the falling edge must have been seen.
void RtlTxRing::edge() {
  if (waves_) {
    settle();
    waves_->dump(cycle_);
  }
  if (released_ && !flushed_) {
    settle();
    waiting_ = top_->wb_valid != 0;
  }
  const bool more = flushed_ && short_;
  if (!low_) top_->eval();
  top_->clk = 1;
  try {
    top_->eval();
  } catch (const rtl::AssertionFailed& e) {
    instance_.fail(std::string("assertion ") + e.what(), cycle_);
  }
  ++cycles_;
  cycle_ += kDeviceClock;
  top_->clk = 0;
  top_->rst = top_->head_load = top_->fetch_ready = top_->resp_valid = top_->desc_ready = 0;
  top_->done_valid = top_->flush = top_->wb_ready = 0;
  strobed_ = settled_ = flushed_ = released_ = low_ = false;
  if (beat_ != beats_) load_beat();
  if (more) {  // what the short one left may begin a burst of its own
    released_ = true;
    strobe();
  }
  if (!waves_) return;
  settle();
  waves_->edge(cycle_);
}

void RtlTxRing::level_changed() {
  settled_ = false;
  if (!waves_) return;
  settle();
  waves_->dump(cycle_);
}

void RtlTxRing::strobe() {
  strobed_ = true;
  settled_ = false;
  if (!clocked_ || scheduled_) return;
  scheduled_ = true;
  engine_.at<&RtlTxRing::clock_event>(cycle_ + kDeviceClock, Kind::clock_edge, agent_, *this);
}

void RtlTxRing::clock_event(Time t, std::uint32_t) {
  scheduled_ = false;
  open(t);
  if (strobed_) strobe();
}

void RtlTxRing::load_beat() {
  top_->resp_valid = 1;
  std::memcpy(top_->resp_data.data(), arriving_[beat_++].dw.data(), sizeof(Descriptor));
  strobe();
}

// --- registers -----------------------------------------------------------------------------------

void RtlTxRing::reset(Time t) {
  open(t);
  beat_ = beats_ = 0;
  top_->resp_valid = 0;
  top_->enable = 0;
  top_->base = 0;
  top_->length = top_->tail = top_->head_value = 0;
  top_->pthresh = top_->hthresh = top_->wthresh = 0;
  top_->mrrs = 8;
  top_->rst = 1;
  strobe();
}

void RtlTxRing::set_ring(DmaAddress base, unsigned length, Time t) {
  open(t);
  top_->base = base.value;
  top_->length = static_cast<std::uint16_t>(length);
  level_changed();
}

void RtlTxRing::set_head(unsigned index, Time t) {
  open(t);
  if (top_->head_load) edge();
  top_->head_load = 1;
  top_->head_value = static_cast<std::uint16_t>(index);
  strobe();
}

void RtlTxRing::set_tail(unsigned index, Time t) {
  open(t);
  top_->tail = static_cast<std::uint16_t>(index);
  level_changed();
}

void RtlTxRing::set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t) {
  open(t);
  if (strobed_) edge();  // a burst of this cycle was released by the old ones
  top_->pthresh = static_cast<std::uint8_t>(pthresh);
  top_->hthresh = static_cast<std::uint8_t>(hthresh);
  top_->wthresh = static_cast<std::uint8_t>(wthresh);
  released_ = true;
  strobe();
}

void RtlTxRing::set_enabled(bool enabled, Time t) {
  open(t);
  if (enabled == (top_->enable != 0)) return;
  if (strobed_) edge();
  if (!enabled) beat_ = beats_ = 0, top_->resp_valid = 0;
  top_->enable = enabled;
  strobe();
}

unsigned RtlTxRing::head(Time t) {
  open(t);
  return top_->head;
}

unsigned RtlTxRing::shown_head() const {
  const unsigned next = top_->head + top_->desc_ready;
  return next == top_->length ? 0 : next;
}

// --- fetching ------------------------------------------------------------------------------------

bool RtlTxRing::wants_fetch(Time t) {
  open(t);
  settle();
  return top_->fetch_soon != 0;
}

bool RtlTxRing::filling(Time t) {
  open(t);
  return top_->resp_valid != 0;
}

unsigned RtlTxRing::fetch_index(Time t) {
  open(t);
  settle();
  return top_->fetch_index;
}

std::optional<FetchRequest> RtlTxRing::next_fetch(unsigned mrrs, Time t) {
  open(t);
  const auto descriptors = static_cast<std::uint16_t>(mrrs / kDescriptorBytes);
  if (top_->mrrs != descriptors) top_->mrrs = descriptors, settled_ = false;
  settle();
  if (!top_->fetch_valid) return std::nullopt;
  const FetchRequest request{top_->fetch_index, top_->fetch_count, {top_->fetch_address}};
  top_->fetch_ready = 1;
  strobe();
  return request;
}

void RtlTxRing::fetched(std::span<const Descriptor> descriptors, Time t) {
  open(t);
  beat_ = 0;
  beats_ = static_cast<unsigned>(std::min(descriptors.size(), arriving_.size()));
  std::copy_n(descriptors.begin(), beats_, arriving_.begin());
  if (beats_ != 0) load_beat();
}

// --- taking --------------------------------------------------------------------------------------

unsigned RtlTxRing::available(Time t) {
  open(t);
  const unsigned entering = beats_ - beat_ + top_->resp_valid;
  return top_->cached + entering - top_->desc_ready;
}

bool RtlTxRing::window_full(Time t) {
  open(t);
  settle();
  return top_->cached != 0 && !top_->desc_valid;
}

Descriptor RtlTxRing::front(Time t) {
  open(t);
  settle();
  Descriptor d;
  std::memcpy(d.dw.data(), top_->desc_data.data(), sizeof d.dw);
  return d;
}

TakenDescriptor RtlTxRing::take(Time t) {
  const TakenDescriptor taken{0, front(t)};
  const unsigned index = top_->desc_index;
  top_->desc_ready = 1;
  strobe();
  return {index, taken.descriptor};
}

// --- write-back ----------------------------------------------------------------------------------

void RtlTxRing::completed(unsigned count, Time t) {
  open(t);
  if (top_->done_valid || flushed_) edge();
  top_->done_valid = 1;
  top_->done_count = static_cast<std::uint8_t>(count);
  released_ = true;
  strobe();
}

void RtlTxRing::flush(Time t) {
  open(t);
  top_->flush = 1;
  released_ = true;
  strobe();
}

std::optional<TxWriteback> RtlTxRing::next_writeback(Time t) {
  open(t);
  if (flushed_) return std::nullopt;  // one burst a cycle
  settle();
  if (!top_->wb_valid) return std::nullopt;
  const TxWriteback burst{top_->wb_index, top_->wb_mask};
  top_->wb_ready = 1;
  flushed_ = true;
  short_ = std::exchange(waiting_, false);
  strobe();
  return burst;
}

unsigned RtlTxRing::pending_reports(Time t) {
  open(t);
  if (flushed_) {
    if (!short_) return 0;  // a burst reaches to the last that reports
    edge();                 // but one that had to wait was chosen before others were done
  }
  settle();
  return top_->reports;
}

}  // namespace niclab::sim
