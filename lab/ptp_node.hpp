// `[[app]] kind = "ptp_master"` and `"ptp_slave"`: two-step PTP over UDP with the device's time stamps.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lab/ptp_message.hpp"
#include "lab/ptp_servo.hpp"
#include "lab/results.hpp"
#include "lab/scenario.hpp"
#include "stack/net_stack.hpp"

namespace niclab::lab {

class PtpNode {
 public:
  /// `clock` tells, for an observer, by how much the NIC's clock is ahead of the master's at an instant.
  PtpNode(const App& app, std::string if_name, Kernel& kernel, stack::NetStack& stack,
          std::function<std::int64_t(Time)> ahead);

  /// Sockets, group and stamps; an empty text, or what failed. In the application's task, as the rest.
  std::string open();
  /// The master's Sync messages, or the slave's steering, without end.
  void run(Time start);
  /// The master's other half, in a task of its own: answers requests.
  void answer();
  const std::string& if_name() const { return if_name_; }
  bool is_slave() const { return app_.kind == AppKind::ptp_slave; }
  /// So far; the offset is that of `end`.
  PtpResult result(Time end) const;

 private:
  struct Stamped {
    PtpMessage message;
    std::uint64_t at = 0;  ///< by the device's clock
  };
  std::optional<std::uint64_t> send_event(const PtpMessage& m);
  void send_general(const PtpMessage& m);
  std::optional<Stamped> receive_event(PtpType type);
  std::optional<PtpMessage> receive_general(PtpType type, std::uint16_t sequence);
  void synchronise(const Stamped& sync, Time start);
  void steer(std::int64_t offset, std::int64_t delay, std::uint64_t at, Time start);
  void look(Time start);

  const App app_;
  const std::string if_name_;
  Kernel& kernel_;
  stack::NetStack& stack_;
  std::function<std::int64_t(Time)> ahead_;
  stack::NetDevice* dev_ = nullptr;
  stack::UdpSocket* event_ = nullptr;
  stack::UdpSocket* general_ = nullptr;
  PtpPortIdentity identity_{};
  PiServo servo_;
  PtpResult result_;
};

}  // namespace niclab::lab
