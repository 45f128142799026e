#include "stack/arp.hpp"

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

constexpr std::uint16_t kRequest = 1, kReply = 2;
constexpr std::uint32_t kEthMinimum = 60 - kEthHeaderLength;

/// struct arphdr with Ethernet and IPv4 addresses (RFC 826).
struct ArpPacket {
  const std::byte* p;
  std::uint16_t hardware() const { return load_be16(p); }
  std::uint16_t protocol() const { return load_be16(p + 2); }
  std::uint8_t hardware_length() const { return load_u8(p + 4); }
  std::uint8_t protocol_length() const { return load_u8(p + 5); }
  std::uint16_t operation() const { return load_be16(p + 6); }
  MacAddress sha() const { return MacAddress::load(p + 8); }
  Ipv4Address sip() const { return {load_be32(p + 14)}; }
  Ipv4Address tip() const { return {load_be32(p + 24)}; }
};

}  // namespace

void Arp::rcv(SkbPtr skb) {
  if (skb->pkt_type == PacketType::otherhost || !pskb_may_pull(skb, kArpLength)) return;
  const ArpPacket arp{skb->data};
  if (arp.hardware_length() != 6 || arp.protocol_length() != 4) return;
  process(*skb);
}

void Arp::process(SkBuff& skb) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kArpProcess));
  NetDevice& dev = *skb.dev;
  const ArpPacket arp{skb.data};
  if (!dev.up || arp.hardware() != 1 || arp.protocol() != kEthPIp) return;
  if (arp.operation() != kRequest && arp.operation() != kReply) return;
  const MacAddress sha = arp.sha();
  const Ipv4Address sip = arp.sip(), tip = arp.tip();
  if (tip.is_multicast() || tip.is_loopback()) return;
  RouteTable& routes = stack_.routes();
  if (sip.is_any()) {  // duplicate address detection (RFC 2131)
    if (arp.operation() == kRequest && routes.is_local(tip)) send(dev, kReply, sha, sha, tip, tip);
    return;
  }
  NeighbourTable& table = stack_.neighbours();
  if (arp.operation() == kRequest && routes.is_local(tip) && !sip.is_multicast() &&
      !sip.is_limited_broadcast()) {
    // neigh_event_ns: the asker will be spoken to, remember it.
    if (Neighbour* n = table.lookup_or_create(dev, sip)) {
      table.update(*n, sha, kNudStale, true);
      send(dev, kReply, sha, sha, tip, sip);
    }
    return;
  }
  // Anything else only refreshes what is known (arp_accept 0); so unasked announcements create nothing.
  Neighbour* n = table.lookup(dev, sip);
  if (n == nullptr || n->state == kNudPermanent) return;
  const std::uint64_t locktime = std::uint64_t{table.parameters.locktime_seconds} * kernel_.profile.hz;
  const bool override_address = kernel_.jiffies() > n->updated + locktime;
  const bool solicited = arp.operation() == kReply && skb.pkt_type == PacketType::host;
  table.update(*n, sha, solicited ? kNudReachable : kNudStale, override_address);
}

void Arp::send_request(NetDevice& dev, Ipv4Address target, MacAddress to) {
  const InDevice* in_dev = stack_.routes().in_dev(&dev);
  if (in_dev == nullptr) return;
  send(dev, kRequest, to, MacAddress{}, in_dev->select_address(target), target);
}

void Arp::send(NetDevice& dev, std::uint16_t operation, MacAddress to, MacAddress target_ha,
               Ipv4Address source, Ipv4Address target) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kArpSend));
  SkbPtr skb = stack_.skb_pool().alloc(64 + kEthMinimum);
  skb->reserve(16);
  skb->network_header = skb->offset();
  skb->protocol = kEthPArp;
  std::byte* p = skb->put(kArpLength);
  store_be16(p, 1);
  store_be16(p + 2, kEthPIp);
  p[4] = std::byte{6};
  p[5] = std::byte{4};
  store_be16(p + 6, operation);
  dev.dev_addr.store(p + 8);
  store_be32(p + 14, source.value);
  target_ha.store(p + 18);
  store_be32(p + 24, target.value);
  dev_hard_header_and_xmit(stack_, std::move(skb), dev, to);
}

}  // namespace niclab::stack
