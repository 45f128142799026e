#include "stack/icmp.hpp"

#include <algorithm>
#include <cerrno>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

constexpr unsigned kRateMask = 1u << icmp_type::kDestUnreach | 1u << icmp_type::kSourceQuench |
                               1u << icmp_type::kTimeExceeded | 1u << icmp_type::kParameterProb;
constexpr unsigned kBurst = 6;  // XRLIM_BURST_FACTOR
constexpr std::uint32_t kErrorRoom = 576;

/// A packet as payload; `offset` counts from its data pointer.
void copy_from_skb(const void* from, std::uint32_t offset, std::byte* to, std::uint32_t length) {
  skb_copy_bits(*static_cast<const SkBuff*>(from), offset, {to, length});
}

/// The errno of a destination-unreachable code, and whether it is fatal to a connected socket
/// (icmp_err_convert).
struct Converted {
  int error;
  bool fatal;
};
constexpr Converted kUnreachable[] = {
    {ENETUNREACH, false},  {EHOSTUNREACH, false}, {ENOPROTOOPT, true},  {ECONNREFUSED, true},
    {EMSGSIZE, false},     {EOPNOTSUPP, false},   {ENETUNREACH, true},  {EHOSTDOWN, true},
    {ENONET, true},        {ENETUNREACH, true},   {EHOSTUNREACH, true}, {ENETUNREACH, false},
    {EHOSTUNREACH, false}, {EHOSTUNREACH, true},  {EHOSTUNREACH, true}, {EHOSTUNREACH, true},
};

}  // namespace

void Icmp::count_in(std::uint8_t type) {
  IcmpMib& m = stack_.mib.icmp;
  ++stack_.mib.icmp_msg.InType[type];
  switch (type) {
    case icmp_type::kEchoReply: ++m.InEchoReps; break;
    case icmp_type::kDestUnreach: ++m.InDestUnreachs; break;
    case icmp_type::kSourceQuench: ++m.InSrcQuenchs; break;
    case icmp_type::kRedirect: ++m.InRedirects; break;
    case icmp_type::kEcho: ++m.InEchos; break;
    case icmp_type::kTimeExceeded: ++m.InTimeExcds; break;
    case icmp_type::kParameterProb: ++m.InParmProbs; break;
    case icmp_type::kTimestamp: ++m.InTimestamps; break;
    case icmp_type::kTimestampReply: ++m.InTimestampReps; break;
    case icmp_type::kAddress: ++m.InAddrMasks; break;
    case icmp_type::kAddressReply: ++m.InAddrMaskReps; break;
    default: break;
  }
}

void Icmp::count_out(std::uint8_t type) {
  IcmpMib& m = stack_.mib.icmp;
  ++m.OutMsgs;
  ++stack_.mib.icmp_msg.OutType[type];
  switch (type) {
    case icmp_type::kEchoReply: ++m.OutEchoReps; break;
    case icmp_type::kDestUnreach: ++m.OutDestUnreachs; break;
    case icmp_type::kEcho: ++m.OutEchos; break;
    case icmp_type::kTimeExceeded: ++m.OutTimeExcds; break;
    case icmp_type::kParameterProb: ++m.OutParmProbs; break;
    case icmp_type::kTimestampReply: ++m.OutTimestampReps; break;
    default: break;
  }
}

void Icmp::rcv(SkbPtr skb) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIcmpRcv));
  IcmpMib& mib = stack_.mib.icmp;
  ++mib.InMsgs;
  if (skb->ip_summed != IpSummed::unnecessary) {
    kernel_.charge(kernel_.cost.checksum(skb->total_len()));
    InetChecksum sum;
    skb_checksum(*skb, 0, skb->total_len(), sum);
    if (!sum.verifies()) {
      ++mib.InCsumErrors;
      ++mib.InErrors;
      return;
    }
  }
  if (!pskb_may_pull(skb, kIcmpHeaderLength)) {
    ++mib.InErrors;
    return;
  }
  const IcmpHeader icmp{skb->data};
  const std::uint8_t type = icmp.type();
  if (type > icmp_type::kMax) {
    ++mib.InErrors;
    return;
  }
  count_in(type);
  const RouteType route = static_cast<const Route*>(skb->dst)->type;
  if (route == RouteType::broadcast || route == RouteType::multicast) {
    // icmp_echo_ignore_broadcasts; of the rest only address masks are allowed.
    if (type != icmp_type::kAddress && type != icmp_type::kAddressReply) {
      ++mib.InErrors;
      return;
    }
  }
  skb->pull(kIcmpHeaderLength);
  switch (type) {
    case icmp_type::kEcho: echo(*skb, icmp_type::kEchoReply); break;
    case icmp_type::kTimestamp: timestamp(*skb); break;
    case icmp_type::kEchoReply: PingSocket::deliver(stack_, std::move(skb)); break;
    case icmp_type::kDestUnreach:
    case icmp_type::kTimeExceeded:
    case icmp_type::kSourceQuench:
    case icmp_type::kParameterProb:
      if (!error_about_us(skb)) ++mib.InErrors;
      break;
    default: break;
  }
}

/// icmp_echo: the same payload back, from the address that was asked.
void Icmp::echo(SkBuff& skb, std::uint8_t reply_type) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIcmpReply));
  const IpHeader ip{skb.at(skb.network_header)};
  IpCork cork;
  cork.tos = ip.tos();
  const auto route = stack_.routes().output(ip.saddr(), ip.daddr(), nullptr);
  if (route.route == nullptr) return;
  cork.route = route.route;
  cork.saddr = route.saddr;
  cork.daddr = ip.saddr();
  const std::uint32_t id_and_sequence = load_be32(skb.data - 4);
  push({reply_type, 0, id_and_sequence, {copy_from_skb, &skb}, skb.total_len()}, cork);
}

void Icmp::timestamp(SkBuff& skb) {
  if (skb.total_len() < 4) {
    ++stack_.mib.icmp.InErrors;
    return;
  }
  const IpHeader ip{skb.at(skb.network_header)};
  const auto route = stack_.routes().output(ip.saddr(), ip.daddr(), nullptr);
  if (route.route == nullptr) return;
  IpCork cork;
  cork.tos = ip.tos();
  cork.route = route.route;
  cork.saddr = route.saddr;
  cork.daddr = ip.saddr();
  // The clock of the run starts at midnight.
  std::byte times[12] = {};
  skb_copy_bits(skb, 0, {times, 4});
  const auto ms = static_cast<std::uint32_t>(kernel_.now().ns() / 1'000'000 % 86'400'000);
  store_be32(times + 4, ms);
  store_be32(times + 8, ms);
  const PayloadSource source{[](const void* from, std::uint32_t offset, std::byte* to, std::uint32_t n) {
                               std::copy_n(static_cast<const std::byte*>(from) + offset, n, to);
                             },
                             times};
  push({icmp_type::kTimestampReply, 0, load_be32(skb.data - 4), source, sizeof times}, cork);
}

/// icmp_push_reply
int Icmp::push(const Message& m, IpCork& cork) {
  cork.protocol = kIpProtoIcmp;
  cork.pmtu = PmtuDiscovery::dont;
  cork.fragsize = cork.route->mtu();
  SkbQueue queue;
  const int err = stack_.ip().append_data(queue, cork, m.payload, m.length + kIcmpHeaderLength,
                                          kIcmpHeaderLength, 0, nullptr, Time::never());
  if (err != 0) {
    ++stack_.mib.icmp.OutErrors;
    return err;
  }
  SkbPtr skb = stack_.ip().make_skb(queue, cork);
  const IcmpHeader icmp{skb->at(skb->transport_header)};
  icmp.set(m.type, m.code, m.rest);
  const std::uint32_t length = m.length + kIcmpHeaderLength;
  kernel_.charge(kernel_.cost.checksum(length));
  InetChecksum sum;
  skb_checksum(*skb, kIpHeaderLength, length, sum);
  icmp.set_check(sum.finish());
  count_out(m.type);
  return stack_.ip().send_skb(std::move(skb));
}

/// inet_peer_xrlim_allow: a second's worth of tokens buys one message, six may be saved.
bool Icmp::xrlim_allow(Ipv4Address peer, std::uint8_t type) {
  if (type > icmp_type::kMax || (kRateMask >> type & 1) == 0 || ratelimit_ms == 0) return true;
  const std::uint64_t now = kernel_.jiffies();
  const std::uint64_t timeout = std::uint64_t{ratelimit_ms} * kernel_.profile.hz / 1000;
  Bucket* bucket = nullptr;
  for (Bucket& b : buckets_)
    if (b.used && b.peer == peer) {
      bucket = &b;
      break;
    }
  if (bucket == nullptr) {
    bucket = &buckets_[next_victim_++ % buckets_.size()];
    *bucket = {.peer = peer, .used = true, .tokens = kBurst * timeout, .last = now};
  }
  bucket->tokens = std::min(bucket->tokens + (now - bucket->last), kBurst * timeout);
  bucket->last = now;
  if (bucket->tokens < timeout) return false;
  bucket->tokens -= timeout;
  return true;
}

void Icmp::send_error(SkBuff& about, std::uint8_t type, std::uint8_t code, std::uint32_t info) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIcmpReply));
  const auto* in_route = static_cast<const Route*>(about.dst);
  if (in_route == nullptr || about.pkt_type != PacketType::host) return;
  if (in_route->type == RouteType::broadcast || in_route->type == RouteType::multicast) return;
  const IpHeader ip{about.at(about.network_header)};
  if ((ip.frag_off() & kIpOffsetMask) != 0) return;
  const std::uint32_t back = about.offset() - about.network_header;
  about.push(back);  // at the IP header, until the end of this function
  const auto done = [&] { about.pull(back); };
  if (ip.protocol() == kIpProtoIcmp) {
    std::byte inner_type{};
    if (!skb_copy_bits(about, ip.header_length(), {&inner_type, 1})) return done();
    const auto t = std::to_integer<std::uint8_t>(inner_type);
    if (t > icmp_type::kMax || icmp_type::is_error(t)) return done();
  }
  const Ipv4Address source = stack_.routes().is_local(ip.daddr()) ? ip.daddr() : Ipv4Address{};
  const auto route = stack_.routes().output(ip.saddr(), source, nullptr);
  if (route.route == nullptr || !xrlim_allow(ip.saddr(), type)) return done();
  IpCork cork;
  cork.tos = static_cast<std::uint8_t>((ip.tos() & 0x1e) | 0xc0);  // internetwork control
  cork.route = route.route;
  cork.saddr = route.saddr;
  cork.daddr = ip.saddr();
  const std::uint32_t room = std::min(cork.route->mtu(), kErrorRoom) - kIpHeaderLength - kIcmpHeaderLength;
  push({type, code, info, {copy_from_skb, &about}, std::min(about.total_len(), room)}, cork);
  done();
}

bool Icmp::error_about_us(SkbPtr& skb) {
  const IcmpHeader icmp{skb->data - kIcmpHeaderLength};
  const std::uint8_t type = icmp.type(), code = icmp.code();
  // The headers of the packet it is about: IP with options, and eight bytes.
  if (!pskb_may_pull(skb, kIpHeaderLength)) return false;
  const std::uint32_t inner_header = IpHeader{skb->data}.header_length();
  if (inner_header < kIpHeaderLength) return false;
  if (!pskb_may_pull(skb, inner_header + 8)) return false;
  const IpHeader inner{skb->data};
  if (inner.protocol() != kIpProtoUdp) return true;
  Converted c{EHOSTUNREACH, false};
  if (type == icmp_type::kDestUnreach) {
    if (code >= std::size(kUnreachable)) return true;
    c = kUnreachable[code];
  } else if (type == icmp_type::kParameterProb) {
    c = {EPROTO, true};
  }
  const UdpHeader udp{skb->data + inner_header};
  stack_.udp().err(inner.saddr(), udp.source(), inner.daddr(), udp.dest(), c.error, c.fatal);
  return true;
}

int Icmp::send_echo(Ipv4Address to, std::uint16_t id, std::uint16_t sequence, const PayloadSource& payload,
                    std::uint32_t length, Time stamp) {
  const auto route = stack_.routes().output(to, {}, nullptr);
  if (route.route == nullptr) return route.error;
  if (route.route->type == RouteType::broadcast) return -EACCES;
  IpCork cork;
  cork.route = route.route;
  cork.saddr = route.saddr;
  cork.daddr = to;
  cork.times.stamp = stamp;
  return push({icmp_type::kEcho, 0, std::uint32_t{id} << 16 | sequence, payload, length}, cork);
}

}  // namespace niclab::stack
