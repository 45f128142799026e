// The far end of a wire that leads out of the simulation: plays what comes in from outside, gives away what
// the NIC sends.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "hw/mac_timing.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"
#include "tlm/link_end.hpp"
#include "tlm/payload.hpp"
#include "tlm/scheduler.hpp"

namespace niclab::sim {

/// One end of a wire; it is always there and neither sends nor obeys PAUSE.
class LiveEnd final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<LiveEnd> out;
  tlm_utils::simple_target_socket<LiveEnd> in;
  using Outside = std::function<void(std::span<const std::byte> frame)>;

  /// `agent`: the first of three calendar agents.
  LiveEnd(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, FramePool& frames,
          unsigned agent);

  /// Where the cable is plugged in.
  FixedLinkEnd& link_end() { return link_end_; }
  /// Who is told of each good frame of the NIC, without FCS, when its last bit has passed; empty: nobody.
  void connect(Outside outside) { outside_ = std::move(outside); }
  /// A frame without FCS, 14 to 9728 bytes, enters the wire at `t`, which is not before that of the call
  /// before, or when the wire is free; padded to 60 bytes.
  void play(Time t, std::vector<std::byte> frame);
  /// Frames that were to be played and have not begun.
  std::size_t waiting() const { return queue_.size(); }

 private:
  struct Input {
    Time t;
    std::vector<std::byte> bytes;
  };
  struct Leaving {
    Frame* frame = nullptr;
    Duration on_wire{};
  };
  ::tlm::tlm_sync_enum frame_in(Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void leaves(Time t, std::uint32_t);
  void schedule();
  void due(Time t, std::uint32_t);
  void send(Frame* frame, Time start);

  Engine& engine_;
  Scheduler& scheduler_;
  FramePool& frames_;
  const unsigned agent_;
  FramePayloadPool payloads_;
  std::deque<Input> queue_;
  Ring<Leaving> leaving_;
  Time wire_free_{};
  Outside outside_;
  FixedLinkEnd link_end_;
};

}  // namespace niclab::sim
