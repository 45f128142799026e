#include "tlm/far_end.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"

namespace niclab::sim {
namespace {

constexpr Duration kArpReplyTime = 20_us;  // a real neighbour's answer
constexpr unsigned kMaxSources = 256;

}  // namespace

FarEnd::FarEnd(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, FramePool& frames,
               unsigned agent)
    : sc_module(name),
      out("out"),
      in("in"),
      engine_(engine),
      scheduler_(scheduler),
      frames_(frames),
      agent_(0x8000 + agent * kMaxSources) {
  in.register_nb_transport_fw(this, &FarEnd::frame_in);
}

void FarEnd::add_source(std::unique_ptr<TrafficSource> source) {
  sources_.push_back(std::move(source));
  ++live_sources_;
  schedule(static_cast<std::uint32_t>(sources_.size() - 1));
}

void FarEnd::schedule(std::uint32_t source) {
  const auto at = sources_[source]->next_due(wire_free_);
  if (!at) {
    --live_sources_;
    return;
  }
  engine_.at<&FarEnd::due>(niclab::max(*at, engine_.now()), Kind::frame_start, agent_ + source, *this,
                           source);
}

void FarEnd::due(Time t, std::uint32_t source) {
  send(sources_[source]->take(frames_), t);
  schedule(source);
}

void FarEnd::send(Frame* frame, Time t) {
  const Time start = niclab::max(t, wire_free_);
  wire_free_ = start + hw::frame_occupancy(hw::LinkSpeed::mbps1000, frame->length);
  ++sent_;
  const Time end = start + hw::frame_time(hw::LinkSpeed::mbps1000, frame->length);
  Payload& p = payloads_.get(frame, end - start);
  ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time delay = delay_to(end);
  if (out->nb_transport_fw(p, phase, delay) != ::tlm::TLM_COMPLETED) scheduler_.refresh_horizon();
  p.release();
}

::tlm::tlm_sync_enum FarEnd::frame_in(Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  ++received_;
  const Frame& frame = *p.get_extension<FrameExtension>()->frame;
  if (frame.length >= 42 && load_be16(frame.data + 12) == 0x0806) answer_arp(frame, instant(delay));
  p.set_response_status(::tlm::TLM_OK_RESPONSE);
  return ::tlm::TLM_COMPLETED;
}

MacAddress FarEnd::mac_of(Ipv4Address a) const {
  for (const auto& s : sources_)
    if (const auto mac = s->mac_of(a)) return *mac;
  return {{0x02, 0xfe, static_cast<std::uint8_t>(a.value >> 24), static_cast<std::uint8_t>(a.value >> 16),
           static_cast<std::uint8_t>(a.value >> 8), static_cast<std::uint8_t>(a.value)}};
}

void FarEnd::answer_arp(const Frame& request, Time t) {
  const std::byte* q = request.data;
  const Ipv4Address sender{load_be32(q + 28)}, target{load_be32(q + 38)};
  if (load_be16(q + 20) != 1 || sender == target || sender.is_any()) return;  // probes and announcements
  if (std::find(others_.begin(), others_.end(), target) != others_.end()) return;
  Frame* reply = frames_.get(60);
  std::byte* r = reply->data;
  std::memset(r, 0, 60);
  const MacAddress mine = mac_of(target), theirs = MacAddress::load(q + 22);
  theirs.store(r);
  mine.store(r + 6);
  std::memcpy(r + 12, q + 12, 8);  // EtherType, hardware and protocol types and sizes
  store_be16(r + 20, 2);
  mine.store(r + 22);
  store_be32(r + 28, target.value);
  theirs.store(r + 32);
  store_be32(r + 38, sender.value);
  ++pending_replies_;
  replies_.push_back(reply);
  engine_.at<&FarEnd::reply_due>(t + kArpReplyTime, Kind::frame_start, agent_ + kMaxSources - 1, *this);
}

void FarEnd::reply_due(Time t, std::uint32_t) {
  Frame* reply = replies_.front();
  replies_.erase(replies_.begin());
  --pending_replies_;
  send(reply, t);
}

}  // namespace niclab::sim
