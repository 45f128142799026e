// What the NICs of a scenario are plugged into.
//
// A [[link]] is a wire between two NICs, a [[wire]] one between a NIC and the outside. Of the other NICs
// those of one IPv4 subnet share a network. Alone on it: a wire to a far end, which plays the traffic. Two
// without traffic: one wire between them. Otherwise a switch, with a far end of its own for each NIC that has
// traffic.
#pragma once

#include <memory>
#include <vector>

#include "lab/machine.hpp"
#include "lab/scenario.hpp"
#include "tlm/far_end.hpp"
#include "tlm/live_end.hpp"
#include "tlm/switch.hpp"
#include "tlm/wire.hpp"

namespace niclab::lab {

class Network {
 public:
  Network(World& world, const Scenario& scenario, const std::vector<std::unique_ptr<Machine>>& machines);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Traffic begins to count from here; called once the start line is known.
  void start(Time start_line);
  /// The far end of a [[wire]].
  sim::LiveEnd& live_end(std::size_t wire) { return *live_ends_[wire]; }
  const sim::LiveEnd& live_end(std::size_t wire) const { return *live_ends_[wire]; }
  /// Every source has played to its end and nothing is inside a switch.
  bool idle() const;

 private:
  struct Port {
    std::size_t host, nic;  // those of a Link::End
    sim::FarEnd* far_end = nullptr;
  };
  void connect(World& world, const std::vector<std::unique_ptr<Machine>>& machines,
               const std::vector<std::size_t>& group);
  /// One wire between two NICs.
  void join(const std::vector<std::unique_ptr<Machine>>& machines, const Port& a, const Port& b,
            Duration propagation);
  /// One end of a wire, and of the negotiation on it.
  void plug_nic(const std::vector<std::unique_ptr<Machine>>& machines, const Port& p, sim::Wire& wire,
                sim::LinkEnd& other);
  void lead_out(World& world, const std::vector<std::unique_ptr<Machine>>& machines, const Port& p);
  unsigned ends() const { return static_cast<unsigned>(far_ends_.size() + live_ends_.size()); }
  sim::FarEnd& add_far_end(World& world);
  sim::Wire& add_wire(Duration propagation);
  std::size_t port_of(const Link::End& end) const;
  bool has_traffic(const Port& p) const;
  std::unique_ptr<sim::TrafficSource> source(const Traffic& t, Time start_line) const;

  const Scenario& scenario_;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<sim::Wire>> wires_;
  std::vector<std::unique_ptr<sim::FarEnd>> far_ends_;
  std::vector<std::unique_ptr<sim::LiveEnd>> live_ends_;  // by [[wire]]
  std::vector<std::unique_ptr<sim::Switch>> switches_;
};

}  // namespace niclab::lab
