#include "tlm/rtl/rtl_tx_ring.hpp"

#include <Vtx_ring.h>

#include <utility>

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
  // A burst nobody took keeps its length; what a short one has left may begin a burst of its own.
  const bool kept = released_ && !burst_given(), more = burst_given() && short_;
  released_ = false;
  top().head_load = 0;
  RtlDescriptorRing::next_inputs();
  if (!kept && !more) return;
  settle();
  waiting_ = top().wb_valid != 0;
  if (more && waiting_) strobe();
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
  released_ = true;
  strobe();
}

void RtlTxRing::set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t) {
  RtlDescriptorRing::set_thresholds(pthresh, hthresh, wthresh, t);
  released_ = true;
}

void RtlTxRing::flush(Time t) {
  RtlDescriptorRing::flush(t);
  released_ = true;
}

std::optional<TxWriteback> RtlTxRing::next_writeback(Time t) {
  if (!accept_burst(t)) return std::nullopt;
  short_ = std::exchange(waiting_, false);
  return TxWriteback{top().wb_index, top().wb_mask};
}

unsigned RtlTxRing::pending_reports(Time t) {
  open(t);
  if (burst_given()) {
    if (!short_) return 0;  // a burst reaches to the last that reports
    edge();                 // but one that had to wait was chosen before others were done
  }
  settle();
  return top().reports;
}

}  // namespace niclab::sim
