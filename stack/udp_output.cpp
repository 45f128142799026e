// udp_sendmsg and what it builds (path-map B-10 to B-44).
#include <cerrno>
#include <cstring>

#include "base/function_trace.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"
#include "stack/udp.hpp"

namespace niclab::stack {
namespace {

PayloadSource user_memory(std::span<const std::byte> payload) {
  return {[](const void* from, std::uint32_t offset, std::byte* to, std::uint32_t n) {
            std::memcpy(to, static_cast<const std::byte*>(from) + offset, n);
          },
          payload.data()};
}

}  // namespace

/// One datagram's way: struct flowi4 and ipcm_cookie.
struct Udp::Flow {
  Ipv4Address daddr{}, saddr{};
  std::uint16_t dport = 0;
  NetDevice* oif = nullptr;
  bool connected = false;  ///< of this call: the cached route may serve
  bool onlink = false;     ///< RTO_ONLINK
  std::uint8_t ttl = 0, tos = 0, priority = 0;
  const Route* route = nullptr;

  IpCork cork(const UdpSocket& sk, const SendTimes& times) const {
    IpCork c;
    c.route = route;
    c.saddr = saddr;
    c.daddr = daddr;
    c.protocol = kIpProtoUdp;
    c.tos = tos;
    c.ttl = ttl;
    c.priority = priority;
    c.pmtu = sk.pmtu_;
    c.tx_flags = sk.timestamping_ & so_timestamping::kTxHardware ? kSkbTxHwTstamp : 0;
    c.want_hw_csum = true;
    c.fragsize = route->mtu();
    c.times = times;
    return c;
  }
};

/// Finds the route (B-22 to B-27); 0 or a negative errno.
int Udp::route(UdpSocket& sk, Flow& f) {
  if (f.connected && sk.cached_route_ != nullptr) {
    kernel_.charge(kernel_.cost.instructions(path_cost::kSkDstCheck));
    if (sk.cached_generation_ == stack_.routes().generation()) {
      f.route = sk.cached_route_;
      f.saddr = sk.cached_saddr_;
      return 0;
    }
    sk.cached_route_ = nullptr;
  }
  const auto found = stack_.routes().output(f.daddr, f.saddr, f.oif);
  int err = found.error;
  if (found.route != nullptr && f.onlink && !found.route->gateway.is_any()) err = -ENETUNREACH;
  if (err != 0) {
    if (err == -ENETUNREACH) ++stack_.mib.ip.OutNoRoutes;
    return err;
  }
  f.route = found.route;
  f.saddr = found.saddr;
  if (f.route->type == RouteType::broadcast && !sk.broadcast_) return -EACCES;
  if (f.connected) {
    sk.cached_route_ = f.route;
    sk.cached_saddr_ = f.saddr;
    sk.cached_generation_ = stack_.routes().generation();
  }
  return 0;
}

int Udp::sendmsg(UdpSocket& sk, std::span<const std::byte> payload, const Endpoint* to, unsigned flags,
                 const SendControl* control, SendTimes times) {
  const FunctionSpan span(kernel_, "udp_sendmsg");
  if (kernel_.journeys() != nullptr) times.protocol = kernel_.moment();
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpSendmsg));
  if (payload.size() > 0xffff) return -EMSGSIZE;
  if ((flags & msg::kOob) != 0) return -EOPNOTSUPP;
  const auto length = static_cast<std::uint32_t>(payload.size());
  const bool corkreq = sk.corkflag_ || (flags & msg::kMore) != 0;
  const Time deadline = sk.sndtimeo_ == Duration{} ? Time::never() : kernel_.now() + sk.sndtimeo_;
  const auto finish = [&](int err) {  // B-39
    if (err == 0) return static_cast<int>(length);
    if (err == -ENOBUFS || sk.nospace_) ++stack_.mib.udp.SndbufErrors;
    return err;
  };

  kernel_.sync();
  if (sk.pending_) {  // B-12: destination and control data of this call are ignored
    sk.lock_sock();
    if (sk.pending_) {
      const int err = append(sk, payload, length, corkreq, flags, deadline);
      sk.release_sock();
      return finish(err);
    }
    sk.release_sock();
  }

  Flow f;
  if (to != nullptr) {
    if (to->port == 0) return -EINVAL;
    f.daddr = to->address;
    f.dport = to->port;
    if (f.daddr.is_any()) f.daddr = sk.saddr_;  // INADDR_ANY means this host
  } else {
    if (!sk.connected_) return -EDESTADDRREQ;
    f.daddr = sk.peer_.address;
    f.dport = sk.peer_.port;
    f.connected = true;
  }
  f.saddr = sk.saddr_;
  f.oif = sk.bound_dev_;
  f.tos = sk.tos_;
  f.priority = sk.priority_;
  const bool multicast = f.daddr.is_multicast();
  f.ttl = multicast ? sk.mc_ttl_ : sk.ttl_;
  if (control != nullptr) {
    if (control->ttl < 0 || control->ttl > 255 || control->tos > 255) return -EINVAL;
    f.connected = false;
    if (!control->source.is_any()) f.saddr = control->source;
    if (control->device != nullptr) f.oif = control->device;
    if (control->ttl != 0) f.ttl = static_cast<std::uint8_t>(control->ttl);
    if (control->tos >= 0) {
      f.tos = static_cast<std::uint8_t>(control->tos);
      f.priority = tos_to_priority(control->tos);
    }
  }
  if (sk.dontroute_ || (flags & msg::kDontroute) != 0) {
    f.onlink = true;
    f.connected = false;
  }
  if (multicast) {  // B-22
    if (f.oif == nullptr) f.oif = sk.mc_dev_;
    if (f.saddr.is_any()) f.saddr = sk.mc_addr_;
    f.connected = false;
  }
  if (const int err = route(sk, f); err != 0) return finish(err);

  if ((flags & msg::kConfirm) != 0) {
    if (Neighbour* n =
            stack_.neighbours().lookup(*f.route->dev, f.route->gateway.is_any() ? f.daddr : f.route->gateway))
      stack_.neighbours().confirm(*n);
    if ((flags & msg::kProbe) != 0 && length == 0) return 0;
  }
  if (!corkreq) return finish(send_uncorked(sk, payload, f, flags, times, deadline));

  sk.lock_sock();
  int err = 0;
  if (sk.pending_) {
    kernel_.log("UDP: cork app bug 2");
    err = -EINVAL;
  } else {
    sk.cork_ = f.cork(sk, times);
    sk.cork_dport_ = f.dport;
    sk.pending_ = true;
    err = append(sk, payload, length + kUdpHeaderLength, corkreq, flags, deadline);
  }
  sk.release_sock();
  return finish(err);
}

/// The lock-free way of one send, one datagram (B-30).
int Udp::send_uncorked(UdpSocket& sk, std::span<const std::byte> payload, const Flow& flow, unsigned flags,
                       const SendTimes& times, Time deadline) {
  SkbPtr skb;
  if (const int err = ip_make_skb(sk, payload, flow, flags, times, deadline, skb); err != 0) return err;
  return skb ? send_skb(sk, std::move(skb), flow.dport) : 0;
}

/// One datagram as one sk_buff; null for MSG_PROBE. 0 or a negative errno.
int Udp::ip_make_skb(UdpSocket& sk, std::span<const std::byte> payload, const Flow& flow, unsigned flags,
                     const SendTimes& times, Time deadline, SkbPtr& skb) {
  const FunctionSpan span(kernel_, "ip_make_skb");
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpMakeSkb));
  if ((flags & msg::kProbe) != 0) return 0;  // B-29
  SkbQueue queue;
  IpCork cork = flow.cork(sk, times);
  const auto length = static_cast<std::uint32_t>(payload.size());
  const int err = stack_.ip().append_data(queue, cork, user_memory(payload), length + kUdpHeaderLength,
                                          kUdpHeaderLength, flags, &sk, deadline);
  if (err == 0) skb = stack_.ip().make_skb(queue, cork);
  return err;
}

/// do_append_data: `ulen` includes the UDP header for the first piece. The socket is owned.
int Udp::append(UdpSocket& sk, std::span<const std::byte> payload, std::uint32_t ulen, bool corkreq,
                unsigned flags, Time deadline) {
  sk.cork_len_ += ulen;
  int err = 0;
  if ((flags & msg::kProbe) == 0) {
    const std::uint32_t header = ulen - static_cast<std::uint32_t>(payload.size());
    err = stack_.ip().append_data(sk.write_queue_, sk.cork_, user_memory(payload), ulen, header,
                                  corkreq ? flags | msg::kMore : flags, &sk, deadline);
  }
  if (err != 0) {  // udp_flush_pending_frames
    sk.cork_len_ = 0;
    sk.pending_ = false;
    sk.write_queue_.clear();
    return err;
  }
  if (!corkreq) return push_pending_frames(sk);
  if (sk.write_queue_.empty()) sk.pending_ = false;
  return 0;
}

int Udp::push_pending_frames(UdpSocket& sk) {
  int err = 0;
  if (sk.pending_ && !sk.write_queue_.empty()) {
    kernel_.charge(kernel_.cost.instructions(path_cost::kIpMakeSkb));
    err = send_skb(sk, stack_.ip().make_skb(sk.write_queue_, sk.cork_), sk.cork_dport_);
  }
  sk.cork_len_ = 0;
  sk.pending_ = false;
  return err;
}

/// udp_send_skb: header, checksum, hand-over to IP (B-40 to B-44).
int Udp::send_skb(UdpSocket& sk, SkbPtr skb, std::uint16_t dport) {
  const FunctionSpan span(kernel_, "udp_send_skb");
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpSendSkb));
  const IpHeader ip{skb->data};
  const UdpHeader udp{skb->at(skb->transport_header)};
  const std::uint32_t length = skb->total_len() - kIpHeaderLength;
  udp.set_source(sk.port_);
  udp.set_dest(dport);
  udp.set_length(static_cast<std::uint16_t>(length));
  udp.set_check(0);
  InetChecksum sum =
      ipv4_pseudo_header(ip.saddr(), ip.daddr(), kIpProtoUdp, static_cast<std::uint16_t>(length));
  if (sk.no_check_) {
    skb->ip_summed = IpSummed::none;
  } else if (skb->ip_summed == IpSummed::partial && skb->frag_list == nullptr) {
    skb->csum_start = skb->transport_header;
    skb->csum_offset = 6;
    udp.set_check(sum.partial());
  } else {  // B-42: several fragments are summed here
    skb->ip_summed = IpSummed::none;
    kernel_.charge(kernel_.cost.checksum(length));
    skb_checksum(*skb, kIpHeaderLength, length, sum);
    const std::uint16_t folded = sum.finish();
    udp.set_check(folded == 0 ? 0xffff : folded);
  }
  const int err = stack_.ip().send_skb(std::move(skb));
  if (err == 0) {
    ++stack_.mib.udp.OutDatagrams;
    return 0;
  }
  if (err == -ENOBUFS && !sk.recverr_) {
    ++stack_.mib.udp.SndbufErrors;
    return 0;
  }
  return err;
}

}  // namespace niclab::stack
