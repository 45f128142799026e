#include "tlm/rtl/rtl_tx_checksum.hpp"

#include <Vtx_checksum.h>

#include <algorithm>
#include <cstring>

#include "rtl/assertion.hpp"
#include "rtl/waves/block_waves.hpp"

namespace niclab::sim {

using namespace hw;

RtlTxChecksum::RtlTxChecksum(RtlWorld& world, Engine& engine, unsigned agent, std::string name,
                             Receiver& receiver)
    : engine_(engine),
      agent_(agent),
      clocked_(world.clocked()),
      instance_{std::move(name), {}, 0},
      receiver_(receiver),
      top_(std::make_unique<Vtx_checksum>(&world.context())) {
  reset(Time{});
}

RtlTxChecksum::~RtlTxChecksum() = default;

void RtlTxChecksum::show_waves(WaveSink& sink, WaveScope scope) {
  waves_ = std::make_unique<rtl::BlockWaves>(sink, scope, *top_);
}

void RtlTxChecksum::reset(Time t) {
  run(t);
  cycle_ = niclab::max(cycle_, t);
  for (Ring<Job>* jobs : {&waiting_, &inside_})
    for (; !jobs->empty(); jobs->pop_front()) FramePool::unref(jobs->front().frame);
  read_ = 0;
  top_->in_valid = 0;
  top_->out_ready = 1;
  top_->rst = 1;
  top_->eval();
  edge();
  top_->rst = 0;
}

void RtlTxChecksum::start(const Job& job) {
  waiting_.push_back(job);
  FramePool::ref(job.frame);
  schedule();
}

void RtlTxChecksum::run(Time t) {
  while (true) {
    const bool idle = top_->idle && !top_->out_valid;
    if (idle) {
      if (waiting_.empty()) return;
      cycle_ = niclab::max(cycle_, waiting_.front().start);
    }
    if (cycle_ >= t) return;
    if (!waiting_.empty() && waiting_.front().start <= cycle_) load_beat(waiting_.front());
    edge();
    if (top_->out_valid) collect();
  }
}

void RtlTxChecksum::load_beat(const Job& job) {
  const std::uint32_t n = std::min(tx_checksum_timing::kBytesPerClock, job.length - read_);
  top_->in_valid = 1;
  std::memcpy(top_->in_data.data(), job.frame->data + read_, n);
  top_->in_last = read_ + n == job.length;
  top_->in_bytes = static_cast<std::uint8_t>(n);
  if (read_ == 0) {
    top_->maclen = static_cast<std::uint8_t>(job.context.maclen());
    top_->iplen = static_cast<std::uint16_t>(job.context.iplen());
    top_->l4t = static_cast<std::uint8_t>(job.context.l4t() / txd::L4T_TCP);
    top_->ipv4 = job.context.ipv4();
    top_->ixsm = job.ixsm;
    top_->txsm = job.txsm;
  }
}

void RtlTxChecksum::edge() {
  top_->eval();
  if (waves_) waves_->dump(cycle_);
  const bool accepted = top_->in_valid && top_->in_ready;
  top_->clk = 1;
  try {
    top_->eval();
  } catch (const rtl::AssertionFailed& e) {
    instance_.fail(std::string("assertion ") + e.what(), cycle_);
  }
  top_->clk = 0;
  ++cycles_;
  cycle_ += kDeviceClock;
  if (accepted) beat_accepted();
  top_->in_valid = 0;
  if (!waves_) return;
  top_->eval();
  waves_->edge(cycle_);
}

void RtlTxChecksum::beat_accepted() {
  read_ += top_->in_bytes;
  if (!top_->in_last) return;
  read_ = 0;
  inside_.push_back(waiting_.front());
  waiting_.pop_front();
}

void RtlTxChecksum::collect() {
  const Job job = inside_.front();
  inside_.pop_front();
  Result r;
  r.job = job;
  r.checksums = {top_->ip_insert != 0, top_->l4_insert != 0, top_->ip_offset,
                 top_->ip_checksum,    top_->l4_offset,      top_->l4_checksum};
  r.error = static_cast<TxChecksumResult>(top_->error);
  r.cycle = cycle_;
  r.number = ++results_;
  receiver_.checksums(r);
  FramePool::unref(job.frame);
}

void RtlTxChecksum::schedule() {
  if (!clocked_ || scheduled_) return;
  if (waiting_.empty() && top_->idle && !top_->out_valid) return;
  scheduled_ = true;
  const Time next = top_->idle && !top_->out_valid ? niclab::max(cycle_, waiting_.front().start) : cycle_;
  engine_.at<&RtlTxChecksum::clock_event>(next + kDeviceClock, Kind::clock_edge, agent_, *this);
}

void RtlTxChecksum::clock_event(Time t, std::uint32_t) {
  scheduled_ = false;
  run(t);
  schedule();
}

}  // namespace niclab::sim
