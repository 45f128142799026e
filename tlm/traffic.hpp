// Sources of frames for the far end of a wire.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/addresses.hpp"
#include "base/exponential.hpp"
#include "base/time.hpp"
#include "tlm/frame.hpp"

namespace niclab::sim {

/// A sequence of frames with the instants before which each may not start.
class TrafficSource {
 public:
  virtual ~TrafficSource() = default;
  /// When the next frame is due; `wire_free` is when the wire could take it (a line-rate source answers
  /// that). nullopt: no more frames.
  virtual std::optional<Time> next_due(Time wire_free) = 0;
  /// The next frame, one reference, padded to 60 bytes.
  virtual Frame* take(FramePool& pool) = 0;
  /// The hardware address of a host behind this source, if it knows.
  virtual std::optional<MacAddress> mac_of(Ipv4Address) const { return std::nullopt; }
};

/// UDP datagrams of one size: real IPv4 and UDP headers and checksums; the first eight payload bytes (as far
/// as they fit) number them. Frames take turns over `flows` source ports and `sources` source addresses.
struct UdpTraffic {
  MacAddress source_mac, destination_mac;
  Ipv4Address source, destination;
  std::uint16_t source_port = 1024, destination_port = 9;
  unsigned flows = 1, sources = 1;
  unsigned frame_bytes = 64;  ///< with FCS, 64..9728
  std::uint64_t count = 0;    ///< 0: for ever
  Time start{};
  std::optional<Duration> interval;  ///< from start to start of bursts, or its mean; none: line rate
  unsigned burst = 1;                ///< frames due at the same instant: they leave back to back
  /// Poisson arrivals: exponential intervals, drawn from this seed. None: all intervals are the same.
  std::optional<std::uint64_t> poisson_seed;
};

class UdpSource final : public TrafficSource {
 public:
  explicit UdpSource(const UdpTraffic& t);
  std::optional<Time> next_due(Time wire_free) override;
  Frame* take(FramePool& pool) override;
  std::optional<MacAddress> mac_of(Ipv4Address a) const override;

 private:
  UdpTraffic config_;
  std::vector<std::byte> frame_;
  std::uint16_t base_sum_ = 0;
  std::uint64_t sent_ = 0;
  unsigned source_turn_ = 0, flow_turn_ = 0;  // sent_ in terms of sources and flows
  unsigned burst_turn_ = 0;                   // and of bursts
  std::optional<ExponentialGaps> gaps_;
  Time next_{};
};

/// Frames given beforehand, e.g. from a capture.
class RecordedSource final : public TrafficSource {
 public:
  struct Recorded {
    Duration offset;  ///< after `start`
    std::vector<std::byte> bytes;
  };
  /// `interval`: nullopt keeps the recorded times; zero is line rate.
  RecordedSource(std::vector<Recorded> frames, Time start, std::optional<Duration> interval);
  std::optional<Time> next_due(Time wire_free) override;
  Frame* take(FramePool& pool) override;
  std::optional<MacAddress> mac_of(Ipv4Address a) const override;

 private:
  std::vector<Recorded> frames_;
  std::vector<std::pair<Ipv4Address, MacAddress>> neighbours_;
  Time start_;
  std::optional<Duration> interval_;
  std::size_t next_ = 0;
};

}  // namespace niclab::sim
