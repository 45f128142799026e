// The members of RtlDescriptorRing, for the two .cpp files that instantiate it (and know the Verilated
// class).
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "tlm/rtl/rtl_descriptor_ring.hpp"

namespace niclab::sim {

template <class Top>
RtlDescriptorRing<Top>::RtlDescriptorRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name)
    : Block(world, engine, agent, std::move(name)) {}

template <class Top>
void RtlDescriptorRing<Top>::show_waves(WaveSink& sink, WaveScope scope) {
  this->begin_waves(sink, scope);
}

template <class Top>
void RtlDescriptorRing<Top>::finish(Time end) {
  this->run_out(end);
}

template <class Top>
void RtlDescriptorRing<Top>::next_inputs() {
  Top& inputs = top();
  inputs.rst = inputs.fetch_ready = inputs.resp_valid = inputs.desc_ready = 0;
  inputs.done_valid = inputs.flush = inputs.wb_ready = 0;
  burst_given_ = false;
  if (beat_ != beats_) load_beat();
}

template <class Top>
void RtlDescriptorRing<Top>::load_beat() {
  top().resp_valid = 1;
  std::memcpy(top().resp_data.data(), arriving_[beat_++].dw.data(), sizeof(hw::Descriptor));
  strobe();
}

// --- registers -----------------------------------------------------------------------------------

/// Ends its cycle, as enabling does: afterwards outputs show the ring as it is now.
template <class Top>
void RtlDescriptorRing<Top>::reset_ring(Time t) {
  open(t);
  beat_ = beats_ = 0;
  top().resp_valid = 0;
  top().enable = 0;
  top().base = 0;
  top().length = top().tail = 0;
  top().pthresh = top().hthresh = top().wthresh = 0;
  top().mrrs = 8;
  top().rst = 1;
  strobe();
  edge();
}

template <class Top>
void RtlDescriptorRing<Top>::set_ring(DmaAddress base, unsigned length, Time t) {
  open(t);
  top().base = base.value;
  top().length = static_cast<std::uint16_t>(length);
  level_changed();
}

template <class Top>
void RtlDescriptorRing<Top>::set_tail(unsigned index, Time t) {
  open(t);
  top().tail = static_cast<std::uint16_t>(index);
  level_changed();
}

template <class Top>
void RtlDescriptorRing<Top>::set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t) {
  open(t);
  if (strobed()) edge();  // a burst of this cycle was released by the old ones
  top().pthresh = static_cast<std::uint8_t>(pthresh);
  top().hthresh = static_cast<std::uint8_t>(hthresh);
  top().wthresh = static_cast<std::uint8_t>(wthresh);
  strobe();
}

template <class Top>
void RtlDescriptorRing<Top>::set_enabled(bool enabled, Time t) {
  open(t);
  if (enabled == (top().enable != 0)) return;
  if (strobed()) edge();
  if (!enabled) beat_ = beats_ = 0, top().resp_valid = 0;
  top().enable = enabled;
  strobe();
  if (enabled) edge();
}

template <class Top>
unsigned RtlDescriptorRing<Top>::head(Time t) {
  open(t);
  return top().head;
}

template <class Top>
unsigned RtlDescriptorRing<Top>::shown_head() const {
  const unsigned next = top().head + top().desc_ready;
  return next == top().length ? 0 : next;
}

// --- fetching ------------------------------------------------------------------------------------

template <class Top>
bool RtlDescriptorRing<Top>::wants_fetch(Time t) {
  open(t);
  settle();
  return top().fetch_soon != 0;
}

template <class Top>
bool RtlDescriptorRing<Top>::filling(Time t) {
  open(t);
  return top().resp_valid != 0;
}

template <class Top>
unsigned RtlDescriptorRing<Top>::fetch_index(Time t) {
  open(t);
  settle();
  return top().fetch_index;
}

template <class Top>
std::optional<hw::FetchRequest> RtlDescriptorRing<Top>::next_fetch(unsigned mrrs, Time t) {
  open(t);
  const auto descriptors = static_cast<std::uint16_t>(mrrs / hw::kDescriptorBytes);
  if (top().mrrs != descriptors) top().mrrs = descriptors, input_changed();
  settle();
  if (!top().fetch_valid) return std::nullopt;
  const hw::FetchRequest request{top().fetch_index, top().fetch_count, {top().fetch_address}};
  top().fetch_ready = 1;
  strobe();
  return request;
}

template <class Top>
void RtlDescriptorRing<Top>::fetched(std::span<const hw::Descriptor> descriptors, Time t) {
  open(t);
  beat_ = 0;
  beats_ = static_cast<unsigned>(std::min(descriptors.size(), arriving_.size()));
  std::copy_n(descriptors.begin(), beats_, arriving_.begin());
  if (beats_ != 0) load_beat();
}

// --- taking --------------------------------------------------------------------------------------

template <class Top>
unsigned RtlDescriptorRing<Top>::available(Time t) {
  open(t);
  const unsigned entering = beats_ - beat_ + top().resp_valid;
  return top().cached + entering - top().desc_ready;
}

template <class Top>
bool RtlDescriptorRing<Top>::window_full(Time t) {
  open(t);
  settle();
  return top().cached != 0 && !top().desc_valid;
}

template <class Top>
hw::Descriptor RtlDescriptorRing<Top>::front(Time t) {
  open(t);
  settle();
  hw::Descriptor d;
  std::memcpy(d.dw.data(), top().desc_data.data(), sizeof d.dw);
  return d;
}

template <class Top>
hw::TakenDescriptor RtlDescriptorRing<Top>::take(Time t) {
  const hw::TakenDescriptor taken{0, front(t)};
  const unsigned index = top().desc_index;
  top().desc_ready = 1;
  strobe();
  return {index, taken.descriptor};
}

// --- write-back ----------------------------------------------------------------------------------

template <class Top>
void RtlDescriptorRing<Top>::flush(Time t) {
  open(t);
  top().flush = 1;
  strobe();
}

template <class Top>
void RtlDescriptorRing<Top>::begin_done(Time t) {
  open(t);
  if (top().done_valid || top().flush || top().desc_ready || burst_given_) edge();
}

template <class Top>
bool RtlDescriptorRing<Top>::accept_burst(Time t) {
  open(t);
  if (burst_given_) return false;
  settle();
  if (!top().wb_valid) return false;
  top().wb_ready = 1;
  burst_given_ = true;
  strobe();
  return true;
}

}  // namespace niclab::sim
