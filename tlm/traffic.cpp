#include "tlm/traffic.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"

namespace niclab::sim {
namespace {

constexpr std::size_t kIp = 14, kUdp = 34, kPayload = 42;

}  // namespace

UdpSource::UdpSource(const UdpTraffic& t) : config_(t), frame_(std::max(60u, t.frame_bytes - 4)) {
  std::byte* f = frame_.data();
  t.destination_mac.store(f);
  t.source_mac.store(f + 6);
  store_be16(f + 12, 0x0800);
  const auto ip_bytes = static_cast<std::uint16_t>(frame_.size() - kIp);
  f[kIp] = std::byte{0x45};
  store_be16(f + kIp + 2, ip_bytes);
  f[kIp + 6] = std::byte{0x40};  // DF
  f[kIp + 8] = std::byte{64};
  f[kIp + 9] = std::byte{17};
  store_be32(f + kIp + 12, t.source.value);
  store_be32(f + kIp + 16, t.destination.value);
  const auto udp_bytes = static_cast<std::uint16_t>(ip_bytes - 20);
  store_be16(f + kUdp, t.source_port);
  store_be16(f + kUdp + 2, t.destination_port);
  store_be16(f + kUdp + 4, udp_bytes);
  for (std::size_t i = kPayload + 8; i < frame_.size(); ++i) f[i] = static_cast<std::byte>(i);
  // Sum of what never changes; source, source port and number are added frame by frame.
  store_be32(f + kIp + 12, 0);
  store_be16(f + kUdp, 0);
  InetChecksum c = ipv4_pseudo_header({0}, t.destination, 17, udp_bytes);
  c.add(std::span<const std::byte>(frame_).subspan(kUdp));
  base_sum_ = c.partial();
  next_ = t.start;
  if (t.poisson_seed && t.interval) {
    gaps_.emplace(*t.interval, *t.poisson_seed);
    next_ += gaps_->next();
  }
}

std::optional<Time> UdpSource::next_due(Time wire_free) {
  if (config_.count != 0 && sent_ == config_.count) return std::nullopt;
  if (!config_.interval) return niclab::max(config_.start, wire_free);
  return next_;
}

Frame* UdpSource::take(FramePool& pool) {
  Frame* frame = pool.get(static_cast<std::uint32_t>(frame_.size()));
  std::byte* f = frame->data;
  std::memcpy(f, frame_.data(), frame_.size());
  const std::uint64_t n = sent_++;
  const Ipv4Address source{config_.source.value + source_turn_};
  const auto port = static_cast<std::uint16_t>(config_.source_port + flow_turn_);
  if (++source_turn_ == config_.sources) {
    source_turn_ = 0;
    if (++flow_turn_ == config_.flows) flow_turn_ = 0;
  }
  if (config_.interval && ++burst_turn_ == config_.burst) {
    burst_turn_ = 0;
    next_ += gaps_ ? gaps_->next() : *config_.interval;
  }
  store_be32(f + kIp + 12, source.value);
  store_be16(f + kIp + 4, static_cast<std::uint16_t>(n));
  InetChecksum ip;
  ip.add(std::span<const std::byte>(f + kIp, 20));
  store_be16(f + kIp + 10, ip.finish());
  store_be16(f + kUdp, port);
  store_le(f + kPayload, n);
  InetChecksum udp(base_sum_);
  udp.add(source);
  udp.add16(port);
  udp.add(std::span<const std::byte>(f + kPayload, 8));
  const std::uint16_t sum = udp.finish();
  store_be16(f + kUdp + 6, sum == 0 ? 0xFFFF : sum);
  return frame;
}

std::optional<MacAddress> UdpSource::mac_of(Ipv4Address a) const {
  if (a.value - config_.source.value < config_.sources) return config_.source_mac;
  return std::nullopt;
}

RecordedSource::RecordedSource(std::vector<Recorded> frames, Time start, std::optional<Duration> interval)
    : frames_(std::move(frames)), start_(start), interval_(interval) {
  for (const Recorded& r : frames_) {
    const std::byte* f = r.bytes.data();
    if (r.bytes.size() < 34) continue;
    const std::uint16_t type = load_be16(f + 12);
    const std::size_t at = type == 0x0800 ? 26 : type == 0x0806 ? 28 : 0;
    if (at == 0) continue;
    const Ipv4Address a{load_be32(f + at)};
    const bool known =
        std::any_of(neighbours_.begin(), neighbours_.end(), [&](const auto& n) { return n.first == a; });
    if (!known && !a.is_any()) neighbours_.emplace_back(a, MacAddress::load(f + 6));
  }
}

std::optional<Time> RecordedSource::next_due(Time wire_free) {
  if (next_ == frames_.size()) return std::nullopt;
  if (!interval_) return start_ + frames_[next_].offset;
  if (*interval_ == Duration{}) return niclab::max(start_, wire_free);
  return start_ + *interval_ * next_;
}

Frame* RecordedSource::take(FramePool& pool) {
  const Recorded& r = frames_[next_++];
  const auto length = static_cast<std::uint32_t>(std::max<std::size_t>(60, r.bytes.size()));
  Frame* frame = pool.get(length);
  std::memset(frame->data, 0, length);
  std::memcpy(frame->data, r.bytes.data(), r.bytes.size());
  return frame;
}

std::optional<MacAddress> RecordedSource::mac_of(Ipv4Address a) const {
  for (const auto& [address, mac] : neighbours_)
    if (address == a) return mac;
  return std::nullopt;
}

}  // namespace niclab::sim
