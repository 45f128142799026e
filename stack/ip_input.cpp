// ip_rcv and what follows, up to the transport protocols (path-map C-54 to C-62).
#include <cerrno>

#include "base/function_trace.hpp"
#include "stack/ip.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

/// ip_options_compile's syntax check: every option but END and NOP has a length that fits.
bool options_well_formed(const std::byte* p, std::uint32_t n) {
  while (n > 0) {
    const std::uint8_t kind = load_u8(p);
    if (kind == 0) return true;
    if (kind == 1) {
      ++p, --n;
      continue;
    }
    if (n < 2) return false;
    const std::uint32_t length = load_u8(p + 1);
    if (length < 2 || length > n) return false;
    p += length;
    n -= length;
  }
  return true;
}

}  // namespace

void Ip::rcv(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_rcv");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpRcv));
  if (skb->pkt_type == PacketType::otherhost) return;
  IpMib& mib = stack_.mib.ip;
  IpExtMib& ext = stack_.mib.ip_ext;
  ++mib.InReceives;
  ext.InOctets += skb->total_len();
  if (!pskb_may_pull(skb, kIpHeaderLength)) {
    ++mib.InHdrErrors;
    return;
  }
  skb->network_header = skb->offset();
  IpHeader ip{skb->data};
  if (ip.header_length() < kIpHeaderLength || ip.version() != 4) {
    ++mib.InHdrErrors;
    return;
  }
  switch (ip.tos() & 3) {
    case 0: ++ext.InNoECTPkts; break;
    case 1: ++ext.InECT1Pkts; break;
    case 2: ++ext.InECT0Pkts; break;
    case 3: ++ext.InCEPkts; break;
  }
  if (!pskb_may_pull(skb, ip.header_length())) {
    ++mib.InHdrErrors;
    return;
  }
  ip.p = skb->data;
  skb->network_header = skb->offset();
  if (!ip.checksum_ok()) {
    ++ext.InCsumErrors;
    ++mib.InHdrErrors;
    return;
  }
  const std::uint32_t length = ip.tot_len();
  if (skb->total_len() < length) {
    ++ext.InTruncatedPkts;
    return;
  }
  if (length < ip.header_length()) {
    ++mib.InHdrErrors;
    return;
  }
  pskb_trim(*skb, length);
  skb->transport_header = static_cast<std::uint16_t>(skb->network_header + ip.header_length());
  skb_cb<IpCb>(*skb) = IpCb{};
  rcv_finish(std::move(skb));
}

bool Ip::rcv_options(SkBuff& skb) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpOptions));
  const IpHeader ip{skb.data};
  skb_cb<IpCb>(skb).option_bytes = static_cast<std::uint8_t>(ip.header_length() - kIpHeaderLength);
  return options_well_formed(skb.data + kIpHeaderLength, ip.header_length() - kIpHeaderLength);
}

void Ip::rcv_finish(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_rcv_finish");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpRcvFinish));
  if (IpHeader{skb->data}.protocol() == kIpProtoUdp && !IpHeader{skb->data}.is_fragment())
    kernel_.charge(kernel_.cost.instructions(path_cost::kIpEarlyDemux) + kernel_.cost.l3_hit);
  IpMib& mib = stack_.mib.ip;
  IpExtMib& ext = stack_.mib.ip_ext;
  const IpHeader ip{skb->data};
  const auto found = stack_.routes().input(ip.daddr(), ip.saddr(), *skb->dev);
  if (found.route == nullptr) {  // path-map C-59, with the 4.0 differences of Appendix 3
    const bool v4_0 = kernel_.profile.version == KernelVersion::v4_0;
    if (v4_0 && found.error != -EINVAL)
      ++mib.InAddrErrors;
    else if (found.error == -ENETUNREACH)
      ++ext.InNoRoutes;
    return;
  }
  skb->dst = const_cast<Route*>(found.route);
  if (ip.header_length() > kIpHeaderLength && !rcv_options(*skb)) {
    ++mib.InHdrErrors;
    return;
  }
  if (found.route->type == RouteType::multicast) {
    ++ext.InMcastPkts;
    ext.InMcastOctets += skb->total_len();
  } else if (found.route->type == RouteType::broadcast) {
    ++ext.InBcastPkts;
    ext.InBcastOctets += skb->total_len();
  }
  local_deliver(std::move(skb));
}

void Ip::local_deliver(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_local_deliver");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpLocalDeliver));
  if (IpHeader{skb->data}.is_fragment()) {
    skb = stack_.frags().defrag(std::move(skb));
    if (!skb) return;
  }
  local_deliver_finish(std::move(skb));
}

void Ip::local_deliver_finish(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_local_deliver_finish");
  const IpHeader ip{skb->data};
  skb->transport_header = static_cast<std::uint16_t>(skb->network_header + ip.header_length());
  skb->pull(ip.header_length());
  IpMib& mib = stack_.mib.ip;
  switch (ip.protocol()) {
    case kIpProtoUdp: stack_.udp().rcv(std::move(skb)); break;
    case kIpProtoIcmp: stack_.icmp().rcv(std::move(skb)); break;
    case kIpProtoIgmp: stack_.igmp().rcv(std::move(skb)); break;
    default:
      ++mib.InUnknownProtos;
      stack_.icmp().send_error(*skb, icmp_type::kDestUnreach, icmp_code::kProtUnreach, 0);
      return;
  }
  ++mib.InDelivers;
}

}  // namespace niclab::stack
