#include "tlm/rtl/rtl_tx_checksum.hpp"

#include <Vtx_checksum.h>

#include <algorithm>
#include <cstring>

namespace niclab::sim {

using namespace hw;

RtlTxChecksum::RtlTxChecksum(RtlWorld& world, Engine& engine, unsigned agent, std::string name,
                             Receiver& receiver)
    : RtlBlock(world, std::move(name)),
      engine_(engine),
      agent_(agent),
      clocked_(world.clocked()),
      receiver_(receiver) {
  reset(Time{});
}

RtlTxChecksum::~RtlTxChecksum() = default;

void RtlTxChecksum::show_waves(WaveSink& sink, WaveScope scope) { begin_waves(sink, scope); }

bool RtlTxChecksum::idle() const { return top().idle && !top().out_valid; }

void RtlTxChecksum::reset(Time t) {
  run(t);
  stand_until(t);
  for (Ring<Job>* jobs : {&waiting_, &inside_})
    for (; !jobs->empty(); jobs->pop_front()) FramePool::unref(jobs->front().frame);
  read_ = 0;
  top().in_valid = 0;
  top().out_ready = 1;
  top().rst = 1;
  input_changed();
  edge();
}

void RtlTxChecksum::start(const Job& job) {
  waiting_.push_back(job);
  FramePool::ref(job.frame);
  schedule();
}

void RtlTxChecksum::run(Time t) {
  while (true) {
    if (idle()) {
      if (waiting_.empty()) return;
      stand_until(waiting_.front().start);
    }
    if (cycle() >= t) return;
    if (!waiting_.empty() && waiting_.front().start <= cycle()) load_beat(waiting_.front());
    edge();
    if (top().out_valid) collect();
  }
}

void RtlTxChecksum::load_beat(const Job& job) {
  const std::uint32_t n = std::min(tx_checksum_timing::kBytesPerClock, job.length - read_);
  input_changed();
  top().in_valid = 1;
  std::memcpy(top().in_data.data(), job.frame->data + read_, n);
  top().in_last = read_ + n == job.length;
  top().in_bytes = static_cast<std::uint8_t>(n);
  if (read_ == 0) {
    top().maclen = static_cast<std::uint8_t>(job.context.maclen());
    top().iplen = static_cast<std::uint16_t>(job.context.iplen());
    top().l4t = static_cast<std::uint8_t>(job.context.l4t() / txd::L4T_TCP);
    top().ipv4 = job.context.ipv4();
    top().ixsm = job.ixsm;
    top().txsm = job.txsm;
  }
}

void RtlTxChecksum::edge() {
  settle();
  const bool accepted = top().in_valid && top().in_ready;
  rise([&] {
    if (accepted) beat_accepted();
    top().in_valid = top().rst = 0;
  });
}

void RtlTxChecksum::beat_accepted() {
  read_ += top().in_bytes;
  if (!top().in_last) return;
  read_ = 0;
  inside_.push_back(waiting_.front());
  waiting_.pop_front();
}

void RtlTxChecksum::collect() {
  const Job job = inside_.front();
  inside_.pop_front();
  Result r;
  r.job = job;
  r.checksums = {top().ip_insert != 0, top().l4_insert != 0, top().ip_offset,
                 top().ip_checksum,    top().l4_offset,      top().l4_checksum};
  r.error = static_cast<TxChecksumResult>(top().error);
  r.cycle = cycle();
  r.number = ++results_;
  receiver_.checksums(r);
  FramePool::unref(job.frame);
}

void RtlTxChecksum::schedule() {
  if (!clocked_ || scheduled_) return;
  if (waiting_.empty() && idle()) return;
  scheduled_ = true;
  const Time next = idle() ? niclab::max(cycle(), waiting_.front().start) : cycle();
  engine_.at<&RtlTxChecksum::clock_event>(next + kDeviceClock, Kind::clock_edge, agent_, *this);
}

void RtlTxChecksum::clock_event(Time t, std::uint32_t) {
  scheduled_ = false;
  run(t);
  schedule();
}

}  // namespace niclab::sim
