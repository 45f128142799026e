#include "tlm/rtl/rtl_tx_ring.hpp"

#include <Vtx_ring.h>

#include "tlm/rtl/rtl_descriptor_ring_impl.hpp"

namespace niclab::sim {

using namespace hw;

template class RtlDescriptorRing<Vtx_ring>;

RtlTxRing::RtlTxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name)
    : RtlDescriptorRing(world, engine, agent, std::move(name)) {
  reset(Time{});
}

RtlTxRing::~RtlTxRing() = default;

void RtlTxRing::next_inputs() {
  top().head_load = 0;
  RtlDescriptorRing::next_inputs();
}

void RtlTxRing::reset(Time t) {
  open(t);
  top().head_value = 0;
  reset_ring(t);
}

void RtlTxRing::set_head(unsigned index, Time t) {
  open(t);
  if (top().head_load) edge();
  top().head_load = 1;
  top().head_value = static_cast<std::uint16_t>(index);
  strobe();
}

void RtlTxRing::completed(unsigned count, Time t) {
  begin_done(t);
  top().done_valid = 1;
  top().done_count = static_cast<std::uint8_t>(count);
  strobe();
}

std::optional<TxWriteback> RtlTxRing::next_writeback(Time t) {
  if (!accept_burst(t)) return std::nullopt;
  return TxWriteback{top().wb_index, top().wb_mask};
}

unsigned RtlTxRing::pending_reports(Time t) {
  open(t);
  if (burst_given()) return 0;  // a burst reaches to the last that reports
  settle();
  return top().reports;
}

}  // namespace niclab::sim
