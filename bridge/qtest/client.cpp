#include "bridge/qtest/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace niclab::bridge::qtest {
namespace {

[[noreturn]] void fail(const Command& command, std::string_view got, std::string_view expected) {
  throw Error("qtest: '" + command.text + "': " + std::string(got) + ", expected " + std::string(expected));
}

std::string hex(std::uint64_t value) {
  std::array<char, 18> digits{'0', 'x'};
  const auto end = std::to_chars(digits.data() + 2, digits.data() + digits.size(), value, 16);
  return {digits.data(), end.ptr};
}

char letter(unsigned width) { return width == 1 ? 'b' : width == 2 ? 'w' : 'l'; }

/// A number as C writes it: decimal, or hexadecimal behind 0x.
std::optional<std::uint64_t> number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool readable(int fd, int patience_ms) {
  pollfd p{fd, POLLIN, 0};
  for (;;) {
    const int n = ::poll(&p, 1, patience_ms);
    if (n >= 0) return n > 0;
    if (errno != EINTR) return false;
  }
}

}  // namespace

Command read_memory(std::uint64_t address, unsigned width) {
  return {std::string("read") + letter(width) + ' ' + hex(address), true};
}
Command write_memory(std::uint64_t address, unsigned width, std::uint32_t value) {
  return {std::string("write") + letter(width) + ' ' + hex(address) + ' ' + hex(value)};
}
Command read_port(std::uint16_t port, unsigned width) {
  return {std::string("in") + letter(width) + ' ' + hex(port), true};
}
Command write_port(std::uint16_t port, unsigned width, std::uint32_t value) {
  return {std::string("out") + letter(width) + ' ' + hex(port) + ' ' + hex(value)};
}
Command clock_step(std::uint64_t ns) { return {"clock_step " + std::to_string(ns), true}; }

UniqueFd wait_for_qemu(const std::string& path, int patience_ms) {
  const UniqueFd listener = bind_unix(path, SOCK_STREAM);
  if (::listen(listener.get(), 1) != 0) throw Error("qtest: " + path + ": " + std::strerror(errno));
  const bool came = readable(listener.get(), patience_ms);
  UniqueFd connection(came ? ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC) : -1);
  ::unlink(path.c_str());
  if (!connection) throw Error("qtest: " + path + ": nobody connected, expected QEMU");
  return connection;
}

Client::Client(UniqueFd connection, int patience_ms) : fd_(std::move(connection)), patience_ms_(patience_ms) {
  const Command hello{"endianness"};
  send(hello.text + '\n');
  const std::string_view answer = reply_to(hello);
  if (answer != "little") fail(hello, "'" + std::string(answer) + "' came", "little");
}

std::uint64_t Client::run(std::span<const Command> commands) {
  std::string text;
  for (const Command& c : commands) text += c.text + '\n';
  send(text);
  std::uint64_t last = 0;
  for (const Command& c : commands) {
    const std::string_view answer = reply_to(c);
    const auto value = c.value ? number(answer) : std::optional<std::uint64_t>(0);
    if (!value || (!c.value && !answer.empty()))
      fail(c, "'OK " + std::string(answer) + "' came", c.value ? "OK and a number" : "OK");
    last = *value;
  }
  return last;
}

std::vector<LineEvent> Client::take_line_events() { return std::exchange(events_, {}); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("qtest: QEMU does not listen any more: " + std::string(std::strerror(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// What follows OK; valid until the next line is read.
std::string_view Client::reply_to(const Command& command) {
  for (;;) {
    const std::string_view text = line(command);
    if (text.starts_with("IRQ ")) {
      line_event(text, command);
    } else if (text == "OK") {
      return {};
    } else if (text.starts_with("OK ")) {
      return text.substr(3);
    } else {
      fail(command, "'" + std::string(text) + "' came", "OK");
    }
  }
}

void Client::line_event(std::string_view text, const Command& command) {
  const std::string_view what = text.substr(4);
  const bool high = what.starts_with("raise ");
  const auto which = high || what.starts_with("lower ") ? number(what.substr(6)) : std::nullopt;
  if (!which || *which > ~0u)
    fail(command, "'" + std::string(text) + "' came", "IRQ raise or lower, and a number");
  events_.push_back({static_cast<unsigned>(*which), high});
}

std::string_view Client::line(const Command& command) {
  for (;;) {
    if (const std::size_t end = received_.find('\n', consumed_); end != std::string::npos) {
      const std::size_t start = std::exchange(consumed_, end + 1);
      return std::string_view(received_).substr(start, end - start);
    }
    received_.erase(0, std::exchange(consumed_, 0));
    if (received_.size() > kLongestLine) fail(command, "a line without end came", "OK");
    if (!readable(fd_.get(), patience_ms_))
      fail(command, "no answer in " + std::to_string(patience_ms_) + " ms", "OK");
    std::array<char, 4096> more;
    const ssize_t n = ::recv(fd_.get(), more.data(), more.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(command, std::strerror(errno), "OK");
    if (n == 0) fail(command, "QEMU closed the connection", "OK");
    received_.append(more.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace niclab::bridge::qtest
