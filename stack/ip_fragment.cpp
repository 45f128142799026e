// ip_fragment: cutting packets that exceed the route's MTU (path-map B-50, B-51).
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "stack/ip.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {

int Ip::fragment(SkbPtr skb) {
  journey_dropped(kernel_, *skb);
  const IpHeader ip{skb->data};
  const Route& route = *static_cast<Route*>(skb->dst);
  if ((ip.frag_off() & kIpDf) != 0 && !skb_cb<IpCb>(*skb).local_df) {
    ++stack_.mib.ip.FragFails;
    stack_.icmp().send_error(*skb, icmp_type::kDestUnreach, icmp_code::kFragNeeded, route.mtu());
    return -EMSGSIZE;
  }
  const std::uint32_t header = ip.header_length();
  const std::uint32_t payload_mtu = (route.mtu() - header) & ~7u;
  return pieces_are_fragments(*skb, header, payload_mtu) ? fragment_fast(std::move(skb))
                                                         : fragment_slow(std::move(skb));
}

/// ip_append_data has cut the datagram already: each piece only needs a header.
bool Ip::pieces_are_fragments(const SkBuff& skb, std::uint32_t header, std::uint32_t payload_mtu) const {
  if (skb.frag_list == nullptr || skb.buffer->refs != 1) return false;
  const std::uint32_t first = skb.len - header;
  if (first > payload_mtu || (first & 7) != 0) return false;
  for (const SkBuff* s = skb.frag_list; s != nullptr; s = s->next)
    if (s->len > payload_mtu || (s->next != nullptr && (s->len & 7) != 0) ||
        s->headroom() < header + kEthHeaderLength || s->buffer->refs != 1)
      return false;
  return true;
}

int Ip::finish_fragments(int error) {
  if (error == 0)
    ++stack_.mib.ip.FragOKs;
  else
    ++stack_.mib.ip.FragFails;
  return error;
}

int Ip::fragment_fast(SkbPtr skb) {
  const std::uint32_t header = IpHeader{skb->data}.header_length();
  SkBuff* rest = std::exchange(skb->frag_list, nullptr);
  skb->data_len = 0;
  // The pieces answer to the socket on their own from now on.
  for (SkBuff* s = rest; s != nullptr; s = s->next) {
    skb->truesize -= s->truesize;
    s->destructor = skb->destructor;
    s->owner = skb->owner;
  }
  std::uint32_t offset = 0;
  int error = 0;
  SkbPtr piece = std::move(skb);
  IpHeader ip{piece->data};
  ip.set_tot_len(static_cast<std::uint16_t>(piece->len));
  ip.set_frag_off(kIpMf);
  ip.update_checksum();
  while (true) {
    kernel_.charge(kernel_.cost.instructions(path_cost::kIpFragmentPerPiece));
    SkbPtr next(rest);
    if (next) {
      rest = std::exchange(next->next, nullptr);
      offset += piece->len - header;
      next->ip_summed = IpSummed::none;
      next->dev = piece->dev;
      next->dst = piece->dst;
      next->protocol = piece->protocol;
      next->priority = piece->priority;
      next->stamp = piece->stamp;
      std::memcpy(next->push(header), piece->data, header);
      next->network_header = next->offset();
      next->transport_header = static_cast<std::uint16_t>(next->network_header + header);
      const IpHeader h{next->data};
      h.set_tot_len(static_cast<std::uint16_t>(next->len));
      h.set_frag_off(static_cast<std::uint16_t>(offset / 8 | (rest != nullptr ? kIpMf : 0)));
      h.update_checksum();
    }
    error = finish_output2(std::move(piece));
    if (error == 0) ++stack_.mib.ip.FragCreates;
    if (error != 0 || !next) {
      next.reset();
      break;
    }
    piece = std::move(next);
  }
  while (rest != nullptr) SkbPtr(std::exchange(rest, rest->next)).reset();
  return finish_fragments(error);
}

int Ip::fragment_slow(SkbPtr skb) {
  const IpHeader ip{skb->data};
  const std::uint32_t header = ip.header_length();
  const std::uint32_t payload_mtu = static_cast<Route*>(skb->dst)->mtu() - header;
  const bool more_after = (ip.frag_off() & kIpMf) != 0;
  const std::uint32_t first_offset = (ip.frag_off() & kIpOffsetMask) * 8u;
  const std::uint32_t total = skb->total_len() - header;
  for (std::uint32_t done = 0; done < total;) {
    std::uint32_t n = std::min(total - done, payload_mtu);
    if (done + n < total) n &= ~7u;
    kernel_.charge(kernel_.cost.instructions(path_cost::kIpFragmentPerPiece) + kernel_.cost.copy(n));
    SkbPtr piece = stack_.skb_pool().alloc(16 + header + n);
    piece->reserve(16);
    piece->network_header = piece->offset();
    piece->transport_header = static_cast<std::uint16_t>(piece->network_header + header);
    std::memcpy(piece->put(header), skb->data, header);
    skb_copy_bits(*skb, header + done, {piece->put(n), n});
    if (UdpSocket* sk = UdpSocket::of(*skb)) sk->set_owner_w(*piece);
    piece->protocol = skb->protocol;
    piece->priority = skb->priority;
    piece->dev = skb->dev;
    piece->dst = skb->dst;
    piece->stamp = skb->stamp;
    const IpHeader h{piece->data};
    const bool more = more_after || done + n < total;
    h.set_tot_len(static_cast<std::uint16_t>(header + n));
    h.set_frag_off(static_cast<std::uint16_t>((first_offset + done) / 8 | (more ? kIpMf : 0)));
    h.update_checksum();
    done += n;
    if (const int error = finish_output2(std::move(piece)); error != 0) return finish_fragments(error);
    ++stack_.mib.ip.FragCreates;
  }
  return finish_fragments(0);
}

}  // namespace niclab::stack
