// The qtest protocol of QEMU: whoever holds the other end of its socket is the processor of a machine that
// has none.
//
// Lines of ASCII. A command has one reply: "OK", "OK VALUE", or a complaint. Lines "IRQ raise N" and "IRQ
// lower N" may come before any reply, once a controller's inputs are intercepted. QEMU connects, we listen.
// Whatever QEMU says is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/unix_socket.hpp"

namespace niclab::bridge::qtest {

/// QEMU is not there, not any more, or said what it may not; one line: the command, what came, what was
/// expected.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Command {
  std::string text;
  bool value = false;  ///< the reply carries one
};

/// Memory and port accesses; `width` in bytes: 1, 2, 4.
Command read_memory(std::uint64_t address, unsigned width);
Command write_memory(std::uint64_t address, unsigned width, std::uint32_t value);
Command read_port(std::uint16_t port, unsigned width);
Command write_port(std::uint16_t port, unsigned width, std::uint32_t value);
/// The virtual clock goes `ns` further, past all timers on the way; the reply is the time then, ns.
Command clock_step(std::uint64_t ns);

/// A change of an intercepted interrupt line.
struct LineEvent {
  unsigned line = 0;
  bool high = false;
};

/// Listens on the socket `path` until QEMU connects. Throws std::runtime_error when that is no place for a
/// socket, Error when nobody came within `patience_ms`.
UniqueFd wait_for_qemu(const std::string& path, int patience_ms);

class Client {
 public:
  static constexpr int kPatienceMs = 20'000;
  static constexpr std::size_t kLongestLine = 256;

  /// Takes a connection over and waits until the machine exists, which QEMU connects before. Throws Error.
  explicit Client(UniqueFd connection, int patience_ms = kPatienceMs);

  /// Sends all commands at once and waits for all replies; returns the value of the last, 0 if it has none.
  /// Throws Error; then nothing more can be said on this connection.
  std::uint64_t run(std::span<const Command> commands);
  std::uint64_t run(const Command& command) { return run(std::span(&command, 1)); }
  /// What changed on intercepted lines since the last call, in order.
  std::vector<LineEvent> take_line_events();

 private:
  void send(std::string_view bytes);
  std::string_view reply_to(const Command& command);
  std::string_view line(const Command& command);
  void line_event(std::string_view text, const Command& command);

  UniqueFd fd_;
  const int patience_ms_;
  std::string received_;
  std::size_t consumed_ = 0;  // of received_
  std::vector<LineEvent> events_;
};

}  // namespace niclab::bridge::qtest
