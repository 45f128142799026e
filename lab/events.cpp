#include "lab/events.hpp"

#include <cstdio>

#include "base/addresses.hpp"
#include "lab/summary.hpp"

namespace niclab::lab {
namespace {

Event make(EventKind kind, Time t, unsigned host, unsigned port) {
  Event e;
  e.kind = static_cast<std::uint8_t>(kind);
  e.host = static_cast<std::uint8_t>(host);
  e.port = static_cast<std::uint8_t>(port);
  e.time_ps = t.ps();
  return e;
}

std::string hex(std::uint64_t v) {
  char s[19];
  std::snprintf(s, sizeof s, "0x%llx", static_cast<unsigned long long>(v));
  return s;
}

std::string number(std::uint64_t v) { return std::to_string(v); }

}  // namespace

Event Event::tlp(Time t, unsigned host, unsigned port, bool up, TlpType type, std::uint64_t address,
                 std::uint32_t bytes, std::uint32_t tag, std::uint64_t content) {
  Event e = make(EventKind::tlp, t, host, port);
  e.outbound = up;
  e.number = static_cast<std::uint32_t>(type);
  e.words[0] = address;
  e.words[1] = bytes;
  e.words[2] = tag;
  e.words[3] = content;
  return e;
}

Event Event::frame(Time t, unsigned host, unsigned port, bool transmitted, std::uint32_t bytes,
                   std::uint64_t content) {
  Event e = make(EventKind::frame, t, host, port);
  e.outbound = transmitted;
  e.words[1] = bytes;
  e.words[3] = content;
  return e;
}

Event Event::interrupt(Time t, unsigned host, unsigned port, unsigned vector, unsigned cpu) {
  Event e = make(EventKind::interrupt, t, host, port);
  e.number = vector;
  e.words[0] = cpu;
  return e;
}

Event Event::delivery(Time t, unsigned host, unsigned socket, std::uint32_t bytes, std::uint64_t source,
                      std::uint64_t content) {
  Event e = make(EventKind::delivery, t, host, 0);
  e.number = socket;
  e.words[0] = source;
  e.words[1] = bytes;
  e.words[3] = content;
  return e;
}

std::string describe(const Event& e) {
  const std::string place = "host " + number(e.host) + " nic " + number(e.port);
  const std::string content = ", content " + hex16(e.words[3]);
  switch (static_cast<EventKind>(e.kind)) {
    case EventKind::tlp: {
      const std::string type =
          e.number < std::size(kTlpNames) ? std::string(kTlpNames[e.number]) : "type " + number(e.number);
      return place + ": TLP " + (e.outbound != 0 ? "up " : "down ") + type + " " + number(e.words[1]) +
             " B at " + hex(e.words[0]) + ", tag " + number(e.words[2]) + content;
    }
    case EventKind::frame:
      return place + ": frame " + (e.outbound != 0 ? "sent " : "received ") + number(e.words[1]) + " B" +
             content;
    case EventKind::interrupt:
      return place + ": interrupt vector " + number(e.number) + " to CPU " + number(e.words[0]);
    case EventKind::delivery:
      return "host " + number(e.host) + ": delivery to socket " + number(e.number) + " of " +
             number(e.words[1]) + " B from " +
             Ipv4Address{static_cast<std::uint32_t>(e.words[0] >> 16)}.to_string() + ":" +
             number(e.words[0] & 0xffff) + content;
  }
  return "unknown event";
}

std::string describe_time(std::uint64_t ps) {
  std::string us = number(ps / 1'000'000);
  for (std::size_t i = us.size(); i > 3; i -= 3) us.insert(i - 3, ",");
  const std::string fraction = number(1'000'000 + ps % 1'000'000).substr(1);
  return us + "." + fraction + " us";
}

}  // namespace niclab::lab
