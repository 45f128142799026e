#include "tests/peer/qtest/far_end.hpp"

#include <algorithm>

namespace niclab::peer {

using bridge::OutsideWire;

Bytes numbered(std::uint32_t number, std::size_t size) {
  Bytes b = stack::pattern(size, number);
  store_be32(b.data(), number);
  return b;
}

void FarEnd::Traffic::count(const Bytes& frame) {
  ++frames;
  bytes += frame.size() + 4;
  ++sizes[frame.size()];
  const std::uint8_t first = load_u8(frame.data());
  if ((first & 1) != 0) ++(first == 0xFF ? broadcast : multicast);
}

void FarEnd::fault(const std::string& what) {
  if (faults_.size() < 5) faults_.push_back(what);
}

void FarEnd::send_waiting(std::uint64_t most) {
  for (; most != 0 && !waiting_.empty(); --most) {
    if (wire_.write(waiting_.front()) != OutsideWire::Given::taken) return;
    sent.count(waiting_.front());
    waiting_.pop_front();
  }
}

void FarEnd::look(Time now) {
  for (;;) {
    const auto got = wire_.read(buffer_);
    if (got.what != OutsideWire::Got::What::frame) break;
    shortest = std::min(shortest, got.bytes);
    longest = std::max(longest, got.bytes);
    Bytes frame(buffer_.begin(),
                buffer_.begin() + static_cast<std::ptrdiff_t>(std::min(got.bytes, buffer_.size())));
    received.count(frame);
    judge(frame);
  }
  const std::uint64_t due = pace == Duration{} ? ~std::uint64_t{0} : (now - last_) / pace;
  if (due == 0) return;
  last_ = now;
  send_waiting(std::min<std::uint64_t>(due, pace == Duration{} ? due : 4));
}

void FarEnd::judge(Bytes& frame) {
  if (frame.size() < 34) return fault("a frame of " + std::to_string(frame.size()) + " bytes");
  const std::uint16_t type = stack::ether_type(frame);
  if (type == stack::kEthPArp) {
    const Ipv4Address wanted{load_be32(frame.data() + 38)}, asker{load_be32(frame.data() + 28)};
    if (load_be16(frame.data() + 20) == 1 && wanted == stack::kPeer)
      send(stack::arp_frame(2, stack::kPeerMac, stack::kPeer, asker, stack::kHostMac, stack::kHostMac));
  } else if (type == stack::kEthPIp) {
    judge_ip(frame);
  } else {
    fault("a frame of type " + std::to_string(type));
  }
}

void FarEnd::judge_ip(Bytes& frame) {
  const stack::IpHeader ip = stack::ip_of(frame);
  if (!ip.checksum_ok()) return fault("a wrong IP checksum");
  if (frame.size() < 14u + ip.tot_len()) return fault("an IP packet that was cut off");
  const Bytes whole = stack::ip_payload(frame);
  if (ip.protocol() == stack::kIpProtoIgmp) return;
  if (ip.protocol() == stack::kIpProtoIcmp) {
    echo_replies += load_u8(whole.data()) == 0;
    return;
  }
  InetChecksum sum =
      ipv4_pseudo_header(ip.saddr(), ip.daddr(), ip.protocol(), static_cast<std::uint16_t>(whole.size()));
  sum.add(whole);
  const bool udp = ip.protocol() == stack::kIpProtoUdp;
  const std::size_t header = udp ? 8 : 20;
  const std::string what = udp ? "a datagram" : "a segment";
  if (whole.size() < header + 4) return fault(what + " without a number");
  if (udp && load_be16(whole.data() + 6) == 0) return fault(what + " without a checksum");
  if (!sum.verifies()) return fault(what + " with a wrong checksum");
  const Bytes payload(whole.begin() + static_cast<std::ptrdiff_t>(header), whole.end());
  const std::uint32_t number = load_be32(payload.data());
  if (payload != numbered(number, payload.size())) return fault(what + " with wrong contents");
  if (!good_.emplace(number, payload.size()).second) fault(what + " that came twice");
}

}  // namespace niclab::peer
