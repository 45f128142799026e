#include "tlm/rtl/rtl_tx_ring.hpp"

#include <Vtx_ring.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace niclab::sim {

using namespace hw;

RtlTxRing::RtlTxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name)
    : RtlCalledBlock(world, engine, agent, std::move(name)) {
  reset(Time{});
}

RtlTxRing::~RtlTxRing() = default;

void RtlTxRing::show_waves(WaveSink& sink, WaveScope scope) { begin_waves(sink, scope); }

void RtlTxRing::finish(Time end) { run_out(end); }

void RtlTxRing::next_inputs() {
  Vtx_ring& top = this->top();
  top.rst = top.head_load = top.fetch_ready = top.resp_valid = top.desc_ready = 0;
  top.done_valid = top.flush = top.wb_ready = 0;
  // A burst nobody took keeps its length; what a short one has left may begin a burst of its own.
  const bool kept = released_ && !flushed_, more = flushed_ && short_;
  flushed_ = released_ = false;
  if (beat_ != beats_) load_beat();
  if (!kept && !more) return;
  settle();
  waiting_ = top.wb_valid != 0;
  if (more && waiting_) strobe();
}

void RtlTxRing::load_beat() {
  top().resp_valid = 1;
  std::memcpy(top().resp_data.data(), arriving_[beat_++].dw.data(), sizeof(Descriptor));
  strobe();
}

// --- registers -----------------------------------------------------------------------------------

void RtlTxRing::reset(Time t) {
  open(t);
  beat_ = beats_ = 0;
  top().resp_valid = 0;
  top().enable = 0;
  top().base = 0;
  top().length = top().tail = top().head_value = 0;
  top().pthresh = top().hthresh = top().wthresh = 0;
  top().mrrs = 8;
  top().rst = 1;
  strobe();
}

void RtlTxRing::set_ring(DmaAddress base, unsigned length, Time t) {
  open(t);
  top().base = base.value;
  top().length = static_cast<std::uint16_t>(length);
  level_changed();
}

void RtlTxRing::set_head(unsigned index, Time t) {
  open(t);
  if (top().head_load) edge();
  top().head_load = 1;
  top().head_value = static_cast<std::uint16_t>(index);
  strobe();
}

void RtlTxRing::set_tail(unsigned index, Time t) {
  open(t);
  top().tail = static_cast<std::uint16_t>(index);
  level_changed();
}

void RtlTxRing::set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t) {
  open(t);
  if (strobed()) edge();  // a burst of this cycle was released by the old ones
  top().pthresh = static_cast<std::uint8_t>(pthresh);
  top().hthresh = static_cast<std::uint8_t>(hthresh);
  top().wthresh = static_cast<std::uint8_t>(wthresh);
  released_ = true;
  strobe();
}

void RtlTxRing::set_enabled(bool enabled, Time t) {
  open(t);
  if (enabled == (top().enable != 0)) return;
  if (strobed()) edge();
  if (!enabled) beat_ = beats_ = 0, top().resp_valid = 0;
  top().enable = enabled;
  strobe();
}

unsigned RtlTxRing::head(Time t) {
  open(t);
  return top().head;
}

unsigned RtlTxRing::shown_head() const {
  const unsigned next = top().head + top().desc_ready;
  return next == top().length ? 0 : next;
}

// --- fetching ------------------------------------------------------------------------------------

bool RtlTxRing::wants_fetch(Time t) {
  open(t);
  settle();
  return top().fetch_soon != 0;
}

bool RtlTxRing::filling(Time t) {
  open(t);
  return top().resp_valid != 0;
}

unsigned RtlTxRing::fetch_index(Time t) {
  open(t);
  settle();
  return top().fetch_index;
}

std::optional<FetchRequest> RtlTxRing::next_fetch(unsigned mrrs, Time t) {
  open(t);
  const auto descriptors = static_cast<std::uint16_t>(mrrs / kDescriptorBytes);
  if (top().mrrs != descriptors) top().mrrs = descriptors, input_changed();
  settle();
  if (!top().fetch_valid) return std::nullopt;
  const FetchRequest request{top().fetch_index, top().fetch_count, {top().fetch_address}};
  top().fetch_ready = 1;
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
  const unsigned entering = beats_ - beat_ + top().resp_valid;
  return top().cached + entering - top().desc_ready;
}

bool RtlTxRing::window_full(Time t) {
  open(t);
  settle();
  return top().cached != 0 && !top().desc_valid;
}

Descriptor RtlTxRing::front(Time t) {
  open(t);
  settle();
  Descriptor d;
  std::memcpy(d.dw.data(), top().desc_data.data(), sizeof d.dw);
  return d;
}

TakenDescriptor RtlTxRing::take(Time t) {
  const TakenDescriptor taken{0, front(t)};
  const unsigned index = top().desc_index;
  top().desc_ready = 1;
  strobe();
  return {index, taken.descriptor};
}

// --- write-back ----------------------------------------------------------------------------------

void RtlTxRing::completed(unsigned count, Time t) {
  open(t);
  if (top().done_valid || flushed_) edge();
  top().done_valid = 1;
  top().done_count = static_cast<std::uint8_t>(count);
  released_ = true;
  strobe();
}

void RtlTxRing::flush(Time t) {
  open(t);
  top().flush = 1;
  released_ = true;
  strobe();
}

std::optional<TxWriteback> RtlTxRing::next_writeback(Time t) {
  open(t);
  if (flushed_) return std::nullopt;  // one burst a cycle
  settle();
  if (!top().wb_valid) return std::nullopt;
  const TxWriteback burst{top().wb_index, top().wb_mask};
  top().wb_ready = 1;
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
  return top().reports;
}

}  // namespace niclab::sim
