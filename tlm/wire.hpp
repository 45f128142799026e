// A cable: two directions, a propagation delay, nothing else. Serialisation is the sender's.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "tlm/payload.hpp"

namespace niclab::sim {

class Wire final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket_tagged<Wire> from_a, from_b;
  tlm_utils::simple_initiator_socket<Wire> to_a, to_b;

  Wire(sc_core::sc_module_name name, Duration propagation)
      : sc_module(name),
        from_a("from_a"),
        from_b("from_b"),
        to_a("to_a"),
        to_b("to_b"),
        propagation_(propagation) {
    from_a.register_nb_transport_fw(this, &Wire::forward, 0);
    from_b.register_nb_transport_fw(this, &Wire::forward, 1);
    to_a.register_nb_transport_bw(this, &Wire::backward);
    to_b.register_nb_transport_bw(this, &Wire::backward);
  }

 private:
  ::tlm::tlm_sync_enum forward(int side, Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    delay += sc_core::sc_time::from_value(propagation_.ps());
    p.acquire();  // a foreign receiver may keep it until it acknowledges
    const auto sync =
        side == 0 ? to_b->nb_transport_fw(p, phase, delay) : to_a->nb_transport_fw(p, phase, delay);
    if (sync == ::tlm::TLM_COMPLETED) p.release();
    return sync;
  }
  ::tlm::tlm_sync_enum backward(Payload& p, ::tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase != ::tlm::BEGIN_RESP) return ::tlm::TLM_ACCEPTED;
    p.release();
    phase = ::tlm::END_RESP;  // a foreign receiver acknowledges in its own time; nobody waits for it
    return ::tlm::TLM_COMPLETED;
  }
  const Duration propagation_;
};

}  // namespace niclab::sim
