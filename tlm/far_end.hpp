// The far end of a NIC's wire: plays traffic sources at the wire's pace, answers ARP, counts what comes. It
// obeys PAUSE if it is told to offer that.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <vector>

#include "hw/flow_control.hpp"
#include "hw/mac_timing.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/link_end.hpp"
#include "tlm/payload.hpp"
#include "tlm/scheduler.hpp"
#include "tlm/traffic.hpp"

namespace niclab::sim {

/// One end of a wire. A frame starts when its source says it is due, the wire is free, and no PAUSE runs.
class FarEnd final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<FarEnd> out;
  tlm_utils::simple_target_socket<FarEnd> in;

  FarEnd(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, FramePool& frames,
         unsigned number);

  /// The first of the calendar agents of an end of a wire that no NIC has.
  static constexpr unsigned first_agent(unsigned number) { return 0x8000 + number * kMaxSources; }

  /// An address that lives elsewhere on the network: ARP requests for it are not answered here.
  void leave_to_others(Ipv4Address a) { others_.push_back(a); }
  /// Where the cable is plugged in; what it offers can be set there.
  FixedLinkEnd& link_end() { return link_end_; }
  /// Before the source's first frame is due.
  void add_source(std::unique_ptr<TrafficSource> source);
  /// Every source has given its last frame and nothing is waiting to be sent.
  bool finished() const { return live_sources_ == 0 && pending_replies_ == 0; }
  std::uint64_t received() const { return received_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t pauses() const { return pauses_; }  ///< obeyed

 private:
  static constexpr unsigned kMaxSources = 256;
  // Agents of the last places, where no source comes.
  static constexpr unsigned kReplyAgent = kMaxSources - 1, kLinkAgent = kMaxSources - 2,
                            kPauseAgent = kMaxSources - 3;
  ::tlm::tlm_sync_enum frame_in(Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void due(Time t, std::uint32_t source);
  void schedule(std::uint32_t source);
  void send(Frame* frame, Time t);
  void answer_arp(const Frame& request, Time t);
  void reply_due(Time t, std::uint32_t);
  void hear_pause(const Frame& frame, Time end);
  void pause_event(Time t, std::uint32_t quanta);
  void resume(Time t, std::uint32_t);
  bool held_back(Time t, std::uint32_t what);
  MacAddress mac_of(Ipv4Address a) const;

  Engine& engine_;
  Scheduler& scheduler_;
  FramePool& frames_;
  const unsigned agent_;
  FramePayloadPool payloads_;
  std::vector<std::unique_ptr<TrafficSource>> sources_;
  std::vector<Frame*> replies_;
  std::vector<Ipv4Address> others_;
  unsigned live_sources_ = 0, pending_replies_ = 0;
  Time wire_free_{};
  std::uint64_t received_ = 0, sent_ = 0, pauses_ = 0;
  FixedLinkEnd link_end_;
  hw::PauseTimer pause_;
  Time resume_at_ = Time::never();
  std::vector<std::uint32_t> held_;  // sources, and kReply, whose turn came while a PAUSE ran
};

}  // namespace niclab::sim
