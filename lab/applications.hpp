// The applications of a scenario: ordinary blocking socket code in tasks.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lab/latency.hpp"
#include "lab/ptp_node.hpp"
#include "lab/scenario.hpp"
#include "stack/net_stack.hpp"
#include "tlm/core/host_kernel.hpp"

namespace niclab::lab {

/// Where an application stands.
enum class AppState : std::uint8_t { starting, ready, finished, failed };

/// One `[[app]]` on its host. Its task opens and binds the socket, reports ready, waits for the start line
/// and works.
class Application {
 public:
  /// `start_line` answers never() until it is known. `ready` is called once, when the socket is bound.
  /// `ptp`: what works in its place, if it is of kind ptp_*.
  /// `seed`: of what it draws.
  Application(const App& app, std::uint64_t seed, sim::HostKernel& kernel, stack::NetStack& stack,
              std::function<Time()> start_line, std::function<void()> ready, LatencyRecorder& round_trip,
              std::unique_ptr<PtpNode> ptp = nullptr);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  AppState state() const { return state_; }
  /// Works through a given number of datagrams and is then done; the run waits for it before it is idle.
  bool finite() const {
    return app_.count != 0 && (app_.kind == AppKind::send || app_.kind == AppKind::request);
  }
  const std::string& error() const { return error_; }
  const PtpNode* ptp() const { return ptp_.get(); }

 private:
  void run();
  void run_ptp();
  bool open(stack::UdpSocket& socket);
  void wait_for_start();
  void echo(stack::UdpSocket& socket, bool answer);
  void send(stack::UdpSocket& socket);
  void request(stack::UdpSocket& socket);
  bool more(std::uint64_t done) const { return app_.count == 0 || done < app_.count; }

  const App app_;
  const std::uint64_t seed_;
  sim::HostKernel& kernel_;
  stack::NetStack& stack_;
  std::function<Time()> start_line_;
  std::function<void()> ready_;
  LatencyRecorder& round_trip_;
  std::unique_ptr<PtpNode> ptp_;
  AppState state_ = AppState::starting;
  std::string error_;
  std::vector<std::byte> buffer_;
};

}  // namespace niclab::lab
