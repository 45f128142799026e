#include "tlm/rtl/rtl_rx_ring.hpp"

#include <Vrx_ring.h>

#include "tlm/rtl/rtl_descriptor_ring_impl.hpp"

namespace niclab::sim {

using namespace hw;

template class RtlDescriptorRing<Vrx_ring>;

RtlRxRing::RtlRxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name)
    : RtlDescriptorRing(world, engine, agent, std::move(name)) {
  reset(Time{});
}

RtlRxRing::~RtlRxRing() = default;

void RtlRxRing::reset(Time t) {
  open(t);
  top().minimum = 0;
  reset_ring(t);
}

void RtlRxRing::set_minimum_threshold(unsigned descriptors, Time t) {
  open(t);
  top().minimum = static_cast<std::uint16_t>(descriptors);
  level_changed();
}

unsigned RtlRxRing::free(Time t) {
  open(t);
  settle();
  return top().free - top().desc_ready;
}

bool RtlRxRing::reaches_minimum(Time t) {
  open(t);
  settle();
  return top().desc_low != 0;
}

void RtlRxRing::completed(Time t) {
  begin_done(t);
  top().done_valid = 1;
  strobe();
}

std::optional<RxBurst> RtlRxRing::next_writeback(Time t) {
  if (!accept_burst(t)) return std::nullopt;
  return RxBurst{top().wb_index, top().wb_count};
}

unsigned RtlRxRing::pending_reports(Time t) {
  open(t);
  return burst_given() ? 0 : top().done + top().done_valid;
}

}  // namespace niclab::sim
