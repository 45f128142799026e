// Building and sending IPv4 packets (path-map B-31 to B-36, B-45 to B-54).
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/function_trace.hpp"
#include "stack/ip.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

constexpr std::uint32_t kLinkHeadroom = 16;  // LL_RESERVED_SPACE of Ethernet
constexpr std::uint32_t kMaxDatagram = 0xffff;

/// truesize of an skb whose head came from kmalloc: the size class's whole room counts.
std::uint32_t kmalloc_truesize(std::uint32_t bytes) {
  const std::uint32_t wanted = ((bytes + 63) & ~63u) + 320;
  std::uint32_t size = 512;
  while (size < wanted) size *= 2;
  return size + 256;
}

}  // namespace

Ip::Ip(NetStack& stack, Kernel& kernel) : stack_(stack), kernel_(kernel) {
  Random random(kernel.random_seed() + 3);
  ident_secret_ = random.next();
  for (std::uint16_t& id : ident_) id = static_cast<std::uint16_t>(random.next());
}

std::uint16_t Ip::select_ident(Ipv4Address daddr) {
  kernel_.sync();
  return ident_[jhash_1word(daddr.value, ident_secret_) % ident_.size()]++;
}

int Ip::append_data(SkbQueue& queue, IpCork& cork, const PayloadSource& source, std::uint32_t length,
                    std::uint32_t transport_header, unsigned flags, UdpSocket* sk, Time deadline) {
  const FunctionSpan span(kernel_, "__ip_append_data");
  const std::uint32_t header = kIpHeaderLength;
  const std::uint32_t mtu = cork.fragsize;
  const std::uint32_t max_fragment = ((mtu - header) & ~7u) + header;
  const std::uint32_t max_datagram = cork.pmtu >= PmtuDiscovery::always ? mtu : kMaxDatagram;
  if (cork.length + length > max_datagram - header) return -EMSGSIZE;
  const bool hw_csum =
      cork.want_hw_csum && transport_header != 0 && length + header <= mtu && cork.route->dev->hw_ip_csum;
  cork.length += length;
  std::uint32_t offset = 0;
  SkBuff* last = queue.back();
  while (length > 0) {
    std::uint32_t room = 0;  // what still fits the last piece
    if (last != nullptr) {
      if (mtu >= last->len + length)
        room = mtu - last->len;
      else
        room = max_fragment > last->len ? max_fragment - last->len : 0;
      room = std::min(room, last->tailroom());
    }
    if (room > 0) {
      const std::uint32_t n = std::min(room, length);
      std::byte* to = last->put(n);
      kernel_.charge(kernel_.cost.copy(n));
      source.copy(source.from, offset, to, n);
      offset += n;
      length -= n;
      continue;
    }
    const std::uint32_t gap = last != nullptr && last->len > max_fragment ? last->len - max_fragment : 0;
    std::uint32_t data_length = length + gap;
    if (data_length > mtu - header) data_length = max_fragment - header;
    const std::uint32_t piece = data_length + header;
    const std::uint32_t allocate = (flags & msg::kMore) != 0 ? std::max(mtu, piece) : piece;
    kernel_.charge(kernel_.cost.instructions(path_cost::kIpAppendSkb));
    const std::uint32_t truesize = kmalloc_truesize(allocate + kLinkHeadroom + 15);
    if (sk != nullptr) {
      const int err = transport_header != 0 ? sk->wait_for_wmem((flags & msg::kDontwait) != 0, deadline)
                                            : sk->check_wmem_follow_up();
      if (err != 0) {
        cork.length -= length;
        ++stack_.mib.ip.OutDiscards;
        return err;
      }
    }
    SkbPtr skb = stack_.skb_pool().alloc(allocate + kLinkHeadroom);
    skb->truesize = truesize;
    skb->end = skb->data + kLinkHeadroom + allocate;
    skb->reserve(kLinkHeadroom);
    skb->network_header = skb->offset();
    skb->transport_header = static_cast<std::uint16_t>(skb->network_header + header);
    std::byte* to = skb->put(piece) + header;
    if (sk != nullptr) sk->set_owner_w(*skb);
    skb->ip_summed = hw_csum ? IpSummed::partial : IpSummed::none;
    if (gap > 0) {
      std::memcpy(to + transport_header, last->data + max_fragment, gap);
      last->trim(max_fragment);
    }
    const std::uint32_t n = data_length - gap - transport_header;
    if (n > 0) {
      kernel_.charge(kernel_.cost.copy(n));
      source.copy(source.from, offset, to + transport_header + gap, n);
    }
    offset += n;
    length -= data_length - gap;
    transport_header = 0;
    last = skb.get();
    queue.push_back(std::move(skb));
  }
  return 0;
}

SkbPtr Ip::make_skb(SkbQueue& queue, const IpCork& cork) {
  const FunctionSpan span(kernel_, "__ip_make_skb");
  SkbPtr skb = queue.pop_front();
  if (!skb) return nullptr;
  SkBuff** link = &skb->frag_list;
  while (SkbPtr piece = queue.pop_front()) {
    piece->pull(kIpHeaderLength);
    skb->data_len += piece->len;
    skb->truesize += piece->truesize;  // the head answers for all of them
    piece->destructor = nullptr;
    piece->owner = nullptr;
    *link = piece.release();
    link = &(*link)->next;
  }
  IpCb& cb = skb_cb<IpCb>(*skb) = IpCb{};
  cb.local_df = cork.pmtu < PmtuDiscovery::always;
  const bool dont_fragment = cork.pmtu == PmtuDiscovery::always || cork.pmtu == PmtuDiscovery::want;
  const bool df =
      cork.pmtu >= PmtuDiscovery::always || (skb->total_len() <= cork.route->mtu() && dont_fragment);
  const IpHeader ip{skb->data};
  ip.set_version_ihl(kIpHeaderLength);
  ip.set_tos(cork.tos);
  ip.set_frag_off(df ? kIpDf : 0);
  // A packet that must not be fragmented needs no identification (RFC 4963, 3.13: unless local_df).
  ip.set_id(df && !cb.local_df ? 0 : select_ident(cork.daddr));
  ip.set_ttl(cork.ttl);
  ip.set_protocol(cork.protocol);
  ip.set_saddr(cork.saddr);
  ip.set_daddr(cork.daddr);
  skb->priority = cork.priority;
  skb->tx_flags = cork.tx_flags;
  skb->stamp = cork.times.stamp;
  if (cork.times.called != Time{}) start_journey(*skb, cork.times);
  skb->dst = const_cast<Route*>(cork.route);
  return skb;
}

void Ip::start_journey(SkBuff& skb, const SendTimes& times) {
  JourneyObserver& journeys = *kernel_.journeys();
  skb.journey = journeys.sent(times.called);
  functions_serve(kernel_, skb.journey);
  journeys.begins(skb.journey, Stage::tx_socket, times.called);
  journeys.ends(skb.journey, Stage::tx_socket, times.socket_done);
  journeys.begins(skb.journey, Stage::tx_stack, times.protocol);
}

int Ip::send_skb(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_send_skb");
  int err = local_out(std::move(skb));
  if (err > 0) err = err == net_xmit::kCn ? 0 : -ENOBUFS;  // net_xmit_errno
  if (err != 0) ++stack_.mib.ip.OutDiscards;
  return err;
}

int Ip::local_out(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_local_out");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpLocalOut));
  const IpHeader ip{skb->data};
  ip.set_tot_len(static_cast<std::uint16_t>(skb->total_len()));
  ip.update_checksum();
  return output(std::move(skb));
}

/// ip_output, or ip_mc_output for broadcast and groups we are in.
int Ip::output(SkbPtr skb) {
  const Route& route = *static_cast<Route*>(skb->dst);
  const bool group = route.type == RouteType::multicast || route.type == RouteType::broadcast;
  const FunctionSpan span(kernel_, group ? "ip_mc_output" : "ip_output");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpOutput));
  ++stack_.mib.ip.OutRequests;
  stack_.mib.ip_ext.OutOctets += skb->total_len();
  skb->dev = route.dev;
  skb->protocol = kEthPIp;
  if (route.type == RouteType::local) {  // there is no lo: what is for us goes straight to the backlog
    loop_back(*skb);
    return 0;
  }
  if (route.loop_back) {
    const UdpSocket* sk = UdpSocket::of(*skb);
    if (route.type == RouteType::broadcast || sk == nullptr || sk->multicast_loop()) loop_back(*skb);
    if (route.type == RouteType::multicast && IpHeader{skb->data}.ttl() == 0) return 0;
  }
  return finish_output(std::move(skb));
}

/// ip_dev_loopback_xmit: a copy for the host's own sockets.
void Ip::loop_back(const SkBuff& original) {
  SkbPtr copy = stack_.skb_pool().clone(original);
  copy->pkt_type = PacketType::host;
  copy->ip_summed = IpSummed::unnecessary;
  copy->dst = nullptr;
  copy->rx_queue_recorded = false;
  copy->stamp = Time{};  // it was never on the wire
  stack_.softnet_rx_ni(std::move(copy));
}

int Ip::finish_output(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_finish_output");
  const Route& route = *static_cast<Route*>(skb->dst);
  if (skb->total_len() > route.mtu()) return fragment(std::move(skb));
  return finish_output2(std::move(skb));
}

int Ip::finish_output2(SkbPtr skb) {
  const FunctionSpan span(kernel_, "ip_finish_output2");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpFinishOutput2));
  const Route& route = *static_cast<Route*>(skb->dst);
  IpExtMib& ext = stack_.mib.ip_ext;
  const Ipv4Address daddr = IpHeader{skb->data}.daddr();
  NetDevice& dev = *route.dev;
  if (route.type == RouteType::multicast) {
    ++ext.OutMcastPkts;
    ext.OutMcastOctets += skb->total_len();
    return dev_hard_header_and_xmit(stack_, std::move(skb), dev, multicast_mac(daddr));
  }
  if (route.type == RouteType::broadcast) {
    ++ext.OutBcastPkts;
    ext.OutBcastOctets += skb->total_len();
    return dev_hard_header_and_xmit(stack_, std::move(skb), dev, MacAddress::broadcast());
  }
  const Ipv4Address next_hop = route.gateway.is_any() ? daddr : route.gateway;
  BhGuard bh(kernel_);  // rcu_read_lock_bh
  Neighbour* n = stack_.neighbours().lookup_or_create(dev, next_hop);
  if (n == nullptr) return -EINVAL;  // path-map B-56
  return stack_.neighbours().output(*n, std::move(skb));
}

}  // namespace niclab::stack
