// What a run says about itself while it runs, event by event: the material of `niclab diff`.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "base/trace.hpp"

namespace niclab::lab {

enum class EventKind : std::uint8_t { tlp, frame, interrupt, delivery };

/// One event: fixed size, no padding, written to a pipe as it stands.
struct Event {
  std::uint8_t kind = 0;      ///< EventKind
  std::uint8_t host = 0;      ///< index in the scenario
  std::uint8_t port = 0;      ///< NIC of the host (deliveries: 0)
  std::uint8_t outbound = 0;  ///< tlp: device to host; frame: host to wire
  std::uint32_t number = 0;   ///< tlp: TlpType; interrupt: vector; delivery: socket
  std::uint64_t time_ps = 0;
  std::uint64_t words[4] = {};
  bool operator==(const Event&) const = default;

  /// A TLP at the instant its first symbol leaves. `content` is a hash of its payload.
  static Event tlp(Time t, unsigned host, unsigned port, bool up, TlpType type, std::uint64_t address,
                   std::uint32_t bytes, std::uint32_t tag, std::uint64_t content);
  /// A frame at the end of its last bit. `bytes` without FCS.
  static Event frame(Time t, unsigned host, unsigned port, bool transmitted, std::uint32_t bytes,
                     std::uint64_t content);
  /// An interrupt message reaching its CPU.
  static Event interrupt(Time t, unsigned host, unsigned port, unsigned vector, unsigned cpu);
  /// A datagram returned to an application. `source` is address << 16 | port.
  static Event delivery(Time t, unsigned host, unsigned socket, std::uint32_t bytes, std::uint64_t source,
                        std::uint64_t content);
};
static_assert(sizeof(Event) == 48);

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void event(const Event& e) = 0;
};

/// The event in words, without its time: "TLP up MWr 64 B at 0x1000, tag 3, content 0123…".
std::string describe(const Event& e);

/// "1,234.567890 us": microseconds with six decimals, for people.
std::string describe_time(std::uint64_t ps);

}  // namespace niclab::lab
