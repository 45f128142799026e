#include "tlm/far_end.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"

namespace niclab::sim {
namespace {

constexpr Duration kArpReplyTime = 20_us;            // a real neighbour's answer
constexpr std::uint32_t kReply = ~std::uint32_t{0};  // in place of a source's number

}  // namespace

FarEnd::FarEnd(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, FramePool& frames,
               unsigned number)
    : sc_module(name),
      out("out"),
      in("in"),
      engine_(engine),
      scheduler_(scheduler),
      frames_(frames),
      agent_(first_agent(number)),
      link_end_(engine, agent_ + kLinkAgent) {
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
  if (link_end_.obeys_pause() && held_back(t, source)) return;
  send(sources_[source]->take(frames_), t);
  schedule(source);
}

void FarEnd::send(Frame* frame, Time t) {
  const Time start = niclab::max(t, wire_free_);
  if (!link_end_.cable_in()) return FramePool::unref(frame);
  const hw::LinkSpeed speed = link_end_.speed();
  wire_free_ = start + hw::frame_occupancy(speed, frame->length);
  ++sent_;
  const Time end = start + hw::frame_time(speed, frame->length);
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
  if (link_end_.obeys_pause()) hear_pause(frame, instant(delay));
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
  engine_.at<&FarEnd::reply_due>(t + kArpReplyTime, Kind::frame_start, agent_ + kReplyAgent, *this);
}

void FarEnd::reply_due(Time t, std::uint32_t) {
  if (link_end_.obeys_pause() && held_back(t, kReply)) return;
  Frame* reply = replies_.front();
  replies_.erase(replies_.begin());
  --pending_replies_;
  send(reply, t);
}

// --- PAUSE (fact base 4.7) -----------------------------------------------------------------------

void FarEnd::hear_pause(const Frame& frame, Time end) {
  if (frame.length < hw::kMinimumFrame || hw::mac_control(frame.bytes(), {}) != hw::MacControl::pause) return;
  engine_.at<&FarEnd::pause_event>(end, Kind::frame_arrival, agent_ + kPauseAgent, *this,
                                   hw::pause_quanta(frame.bytes()));
}

void FarEnd::pause_event(Time t, std::uint32_t quanta) {
  ++pauses_;
  pause_.received(static_cast<std::uint16_t>(quanta), link_end_.speed(), t);
  if (held_.empty()) return;
  resume_at_ = pause_.until();
  engine_.at<&FarEnd::resume>(resume_at_, Kind::frame_start, agent_ + kPauseAgent, *this);
}

/// Whether a frame may not start now. What is held back comes again, in order: a frame that was given a start
/// behind another one's end could not be stopped any more.
bool FarEnd::held_back(Time t, std::uint32_t what) {
  const Time from = niclab::max(pause_.until(), wire_free_);
  if (t >= from) return false;
  held_.push_back(what);
  if (held_.size() > 1) return true;
  resume_at_ = from;
  engine_.at<&FarEnd::resume>(from, Kind::frame_start, agent_ + kPauseAgent, *this);
  return true;
}

void FarEnd::resume(Time t, std::uint32_t) {
  if (t != resume_at_) return;  // another PAUSE came in between
  resume_at_ = Time::never();
  for (const std::uint32_t what : std::exchange(held_, {}))
    if (what == kReply)
      reply_due(t, 0);
    else
      due(t, what);
}

}  // namespace niclab::sim
