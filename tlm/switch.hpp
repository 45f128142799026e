// A learning store-and-forward Ethernet switch, for more than two ends on one network.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <map>
#include <memory>
#include <vector>

#include "base/addresses.hpp"
#include "hw/mac_timing.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/link_end.hpp"
#include "tlm/payload.hpp"
#include "tlm/scheduler.hpp"

namespace niclab::sim {

/// Forwards a frame `latency` after its last bit arrived; each output runs at the speed negotiated on its
/// wire. Queues are not bounded, and it neither sends nor obeys PAUSE.
class Switch final : public sc_core::sc_module {
 public:
  struct Port {
    Port(unsigned n, Engine& engine, unsigned agent)
        : out(("out" + std::to_string(n)).c_str()),
          in(("in" + std::to_string(n)).c_str()),
          link_end(engine, agent) {}
    tlm_utils::simple_initiator_socket_tagged<Switch> out;
    tlm_utils::simple_target_socket_tagged<Switch> in;
    FixedLinkEnd link_end;
    Time wire_free{};
  };

  Switch(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, unsigned ports, unsigned agent)
      : sc_module(name), engine_(engine), scheduler_(scheduler), agent_(0x4000 + agent) {
    for (unsigned i = 0; i < ports; ++i) {
      ports_.push_back(std::make_unique<Port>(i, engine, agent_ + i));
      ports_[i]->in.register_nb_transport_fw(this, &Switch::frame_in, static_cast<int>(i));
    }
  }
  Port& port(unsigned i) { return *ports_[i]; }
  bool idle() const { return waiting_ == 0; }

 private:
  static constexpr Duration kLatency = 2_us;

  ::tlm::tlm_sync_enum frame_in(int from, Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
    Frame* frame = FramePool::ref(p.get_extension<FrameExtension>()->frame);
    ++waiting_;
    std::uint32_t slot = 0;
    while (slot < slots_.size() && slots_[slot].frame != nullptr) ++slot;
    if (slot == slots_.size()) slots_.push_back({});
    slots_[slot] = {frame, static_cast<unsigned>(from), p.get_extension<FrameExtension>()->on_wire};
    engine_.at<&Switch::forward>(instant(delay) + kLatency, Kind::frame_start,
                                 agent_ + static_cast<unsigned>(from), *this, slot);
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return ::tlm::TLM_COMPLETED;
  }

  void forward(Time t, std::uint32_t slot) {
    const Held held = slots_[slot];
    slots_[slot].frame = nullptr;
    --waiting_;
    const Time end = t - kLatency;
    if (ports_[held.from]->link_end.cut(end - held.on_wire, end)) return FramePool::unref(held.frame);
    const auto destination = MacAddress::load(held.frame->data);
    table_[MacAddress::load(held.frame->data + 6)] = held.from;
    const auto known = destination.is_group() ? table_.end() : table_.find(destination);
    for (unsigned i = 0; i < ports_.size(); ++i)
      if (i != held.from && (known == table_.end() || known->second == i)) send(*ports_[i], held.frame, t);
    FramePool::unref(held.frame);
  }

  void send(Port& port, Frame* frame, Time t) {
    if (!port.link_end.cable_in()) return;
    const Time start = niclab::max(t, port.wire_free);
    port.wire_free = start + hw::frame_occupancy(port.link_end.speed(), frame->length);
    const Time end = start + hw::frame_time(port.link_end.speed(), frame->length);
    Payload& p = payloads_.get(FramePool::ref(frame), end - start);
    ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
    sc_core::sc_time delay = delay_to(end);
    if (port.out->nb_transport_fw(p, phase, delay) != ::tlm::TLM_COMPLETED) scheduler_.refresh_horizon();
    p.release();
  }

  struct Held {
    Frame* frame = nullptr;
    unsigned from = 0;
    Duration on_wire{};
  };
  Engine& engine_;
  Scheduler& scheduler_;
  const unsigned agent_;
  FramePayloadPool payloads_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::map<MacAddress, unsigned> table_;
  std::vector<Held> slots_;
  unsigned waiting_ = 0;
};

}  // namespace niclab::sim
