#include "tlm/live_end.hpp"

#include <algorithm>
#include <cstring>

namespace niclab::sim {
namespace {

constexpr std::size_t kMinimum = 60;
constexpr unsigned kLeavingAgent = 1, kLinkAgent = 2;  // after that of frames that begin

}  // namespace

LiveEnd::LiveEnd(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, FramePool& frames,
                 unsigned agent)
    : sc_module(name),
      out("out"),
      in("in"),
      engine_(engine),
      scheduler_(scheduler),
      frames_(frames),
      agent_(agent),
      link_end_(engine, agent + kLinkAgent) {
  in.register_nb_transport_fw(this, &LiveEnd::frame_in);
}

void LiveEnd::play(Time t, std::vector<std::byte> frame) {
  queue_.push_back({t, std::move(frame)});
  if (queue_.size() == 1) schedule();
}

void LiveEnd::schedule() {
  engine_.at<&LiveEnd::due>(niclab::max(queue_.front().t, wire_free_), Kind::frame_start, agent_, *this);
}

void LiveEnd::due(Time t, std::uint32_t) {
  const std::vector<std::byte>& bytes = queue_.front().bytes;
  Frame* frame = frames_.get(static_cast<std::uint32_t>(std::max(bytes.size(), kMinimum)));
  std::memcpy(frame->data, bytes.data(), bytes.size());
  if (bytes.size() < kMinimum) std::memset(frame->data + bytes.size(), 0, kMinimum - bytes.size());
  queue_.pop_front();
  send(frame, t);
  if (!queue_.empty()) schedule();
}

void LiveEnd::send(Frame* frame, Time start) {
  if (!link_end_.cable_in()) return FramePool::unref(frame);
  const hw::LinkSpeed speed = link_end_.speed();
  wire_free_ = start + hw::frame_occupancy(speed, frame->length);
  const Time end = start + hw::frame_time(speed, frame->length);
  Payload& p = payloads_.get(frame, end - start);
  ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time delay = delay_to(end);
  if (out->nb_transport_fw(p, phase, delay) != ::tlm::TLM_COMPLETED) scheduler_.refresh_horizon();
  p.release();
}

::tlm::tlm_sync_enum LiveEnd::frame_in(Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  p.set_response_status(::tlm::TLM_OK_RESPONSE);
  const FrameExtension& e = *p.get_extension<FrameExtension>();
  if (!outside_ || !e.frame->fcs_good) return ::tlm::TLM_COMPLETED;
  leaving_.push_back({FramePool::ref(e.frame), e.on_wire});
  engine_.at<&LiveEnd::leaves>(instant(delay), Kind::frame_arrival, agent_ + kLeavingAgent, *this);
  return ::tlm::TLM_COMPLETED;
}

void LiveEnd::leaves(Time t, std::uint32_t) {
  const Leaving leaving = leaving_.front();
  leaving_.pop_front();
  if (!link_end_.cut(t - leaving.on_wire, t)) outside_(leaving.frame->bytes());
  FramePool::unref(leaving.frame);
}

}  // namespace niclab::sim
