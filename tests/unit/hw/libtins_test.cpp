// Packets that libtins built, with random headers and options: their checksums are right to the receiver, the
// transmitter inserts the same ones, segments are the packets libtins makes of the pieces (fact base 4.2 to
// 4.4). Beside scapy's vectors (tests/data): another hand, and new packets for each seed.
#include <gtest/gtest.h>
#include <tins/tins.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/splitmix64.hpp"
#include "frames.hpp"
#include "hw/crc32.hpp"
#include "hw/descriptors.hpp"
#include "hw/packet_parser.hpp"
#include "hw/tx_checksum.hpp"
#include "hw/tx_segmenter.hpp"

namespace niclab::hw {
namespace {

using namespace test;

constexpr ParserConfig kParser{0x2B00, 0};
constexpr std::uint16_t kFirstAndMiddle = 0xFF6, kLast = 0xF7F;

/// A flow of random addresses, options and extension headers; packets of it at any place in its stream.
class Flow {
 public:
  explicit Flow(SplitMix64& random) : random_(random) {
    v4_ = below(5) < 3;
    tcp_ = below(2) == 0;
    tagged_ = below(4) == 0;
    ports_ = {static_cast<std::uint16_t>(below(65536)), static_cast<std::uint16_t>(below(65536))};
    id_ = static_cast<std::uint16_t>(below(3) == 0 ? 0xFFFE : below(65536));
    sequence_ = static_cast<std::uint32_t>(random_.next());
    flags_ = static_cast<std::uint16_t>(below(512));
    for (auto& side : v4_addresses_) side = Tins::IPv4Address(static_cast<std::uint32_t>(random_.next()));
    for (auto& side : v6_addresses_) {
      std::array<std::uint8_t, 16> octets;
      for (auto& o : octets) o = static_cast<std::uint8_t>(random_.next());
      side = Tins::IPv6Address(octets.data());
    }
    options_ = below(2) == 0 ? 0 : below(41);
    tcp_options_ = below(5);
    extensions_ = below(3);
    hop_limit_ = static_cast<std::uint8_t>(1 + below(255));
  }
  bool v4() const { return v4_; }
  bool tcp() const { return tcp_; }
  std::uint16_t flags() const { return flags_; }

  /// Ethernet, tags, IP and layer 4 around `data`, which is `offset` bytes and `number` packets into the
  /// stream.
  Bytes packet(const Bytes& data, std::uint32_t offset = 0, unsigned number = 0,
               std::uint16_t flag_mask = 0xFFF) const {
    Tins::EthernetII frame("02:00:00:00:00:01", "02:00:00:00:00:02");
    if (tagged_) frame /= Tins::Dot1Q(100);
    if (v4_) {
      frame /= ip(number);
    } else {
      frame /= ipv6();
    }
    if (tcp_) {
      frame /= tcp_header(offset, flag_mask);
    } else {
      frame /= Tins::UDP(ports_[1], ports_[0]);
    }
    if (!data.empty())
      frame /= Tins::RawPDU(reinterpret_cast<const std::uint8_t*>(data.data()),
                            static_cast<std::uint32_t>(data.size()));
    const auto octets = frame.serialize();
    Bytes all(octets.size());
    std::memcpy(all.data(), octets.data(), octets.size());
    all.resize(header_bytes() + data.size());  // without libtins' padding
    return all;
  }
  unsigned mac_bytes() const { return tagged_ ? 18 : 14; }
  unsigned ip_bytes() const { return v4_ ? ip(0).header_size() : ipv6().header_size(); }
  unsigned l4_bytes() const { return tcp_ ? tcp_header(0, 0xFFF).header_size() : 8; }
  unsigned header_bytes() const { return mac_bytes() + ip_bytes() + l4_bytes(); }
  std::size_t l4_field() const { return mac_bytes() + ip_bytes() + (tcp_ ? 16 : 6); }

  /// The folded sum of the pseudo-header, with a length of `length`, as software seeds the field.
  std::uint16_t seed(std::uint16_t length) const {
    const std::uint16_t protocol = tcp_ ? 6 : 17;
    std::uint32_t sum =
        v4_ ? Tins::Utils::pseudoheader_checksum(v4_addresses_[0], v4_addresses_[1], length, protocol)
            : Tins::Utils::pseudoheader_checksum(v6_addresses_[0], v6_addresses_[1], length, protocol);
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(sum >> 8 | (sum & 0xFF) << 8);  // libtins adds words as a PC reads them
  }
  AdvTxContext context(unsigned mss = 0) const {
    return AdvTxContext{}
        .set_lengths(mac_bytes(), ip_bytes(), l4_bytes())
        .set_tucmd((tcp_ ? txd::L4T_TCP : 0) | (v4_ ? txd::IPV4 : 0))
        .set_mss(mss);
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_.next() % n); }

  Tins::IP ip(unsigned number) const {
    Tins::IP p(v4_addresses_[1], v4_addresses_[0]);
    p.id(static_cast<std::uint16_t>(id_ + number));
    p.ttl(hop_limit_);
    p.tos(static_cast<std::uint8_t>(sequence_));
    p.flags(Tins::IP::DONT_FRAGMENT);
    // Only these: libtins 4.0 writes IP options that hold data a byte too long. Scapy's vectors have others.
    for (unsigned i = 0; i < options_; ++i) p.noop();
    p.protocol(tcp_ ? 6 : 17);
    return p;
  }
  Tins::IPv6 ipv6() const {
    Tins::IPv6 p(v6_addresses_[1], v6_addresses_[0]);
    p.hop_limit(hop_limit_);
    p.flow_label(id_);
    const std::array<std::uint8_t, 14> padding{1, 4};
    using Header = Tins::IPv6::ext_header;
    if (extensions_ == 1) p.add_header(Header(Tins::IPv6::HOP_BY_HOP, padding.begin(), padding.begin() + 6));
    if (extensions_ == 2)
      p.add_header(Header(Tins::IPv6::DESTINATION_ROUTING_OPTIONS, padding.begin(), padding.begin() + 6));
    p.next_header(tcp_ ? 6 : 17);
    return p;
  }
  Tins::TCP tcp_header(std::uint32_t offset, std::uint16_t flag_mask) const {
    Tins::TCP p(ports_[1], ports_[0]);
    p.seq(sequence_ + offset);
    p.ack_seq(~sequence_);
    p.window(id_);
    p.flags(static_cast<Tins::small_uint<12>>(static_cast<std::uint16_t>(flags_ & flag_mask)));
    if (tcp_options_ == 1) p.mss(1460);
    if (tcp_options_ == 2) p.timestamp(sequence_, 7);
    if (tcp_options_ == 3) p.sack({{1, 2, 3, 4}});
    if (tcp_options_ == 4) p.winscale(7), p.sack_permitted();
    return p;
  }

  SplitMix64& random_;
  bool v4_, tcp_, tagged_;
  unsigned options_, tcp_options_, extensions_;
  std::array<std::uint16_t, 2> ports_;
  std::uint16_t id_, flags_;
  std::uint8_t hop_limit_;
  std::uint32_t sequence_;
  std::array<Tins::IPv4Address, 2> v4_addresses_;
  std::array<Tins::IPv6Address, 2> v6_addresses_;
};

Bytes some_data(SplitMix64& random, std::size_t size) {
  Bytes data(size);
  for (auto& b : data) b = static_cast<std::byte>(random.next());
  return data;
}
std::size_t some_size(SplitMix64& random) {
  const std::uint64_t n = random.next();
  return n % 4 == 0 ? n / 4 % 4 : n / 4 % 1500;
}
/// NICLAB_SEED chooses other packets.
std::uint64_t first_seed() {
  const char* text = std::getenv("NICLAB_SEED");
  return text == nullptr ? 43 : std::strtoull(text, nullptr, 0);
}

TEST(Libtins, FactBase_4_2_ItsPacketsAreRightToTheReceiver) {
  SplitMix64 random(first_seed());
  for (unsigned n = 0; n < 2000; ++n) {
    const Flow flow(random);
    const Bytes f = flow.packet(some_data(random, some_size(random)));
    const ParsedPacket p = parse_packet(f, kParser);
    const std::uint32_t ip = flow.v4() ? rxd::IPCS : 0, l4 = flow.tcp() ? rxd::L4CS : rxd::L4CS | rxd::UDPCS;
    ASSERT_EQ(p.status_errors, ip | l4) << n;
    ASSERT_EQ(p.l4_offset, flow.mac_bytes() + flow.ip_bytes()) << n;
    ASSERT_EQ(p.l4, flow.tcp() ? L4::tcp : L4::udp) << n;
    Bytes broken = f;
    broken[p.l4_offset + random.next() % (f.size() - p.l4_offset)] ^= std::byte{0x10};
    const std::uint32_t error = parse_packet(broken, kParser).status_errors & rxd::L4E;
    const bool length_changed = !flow.tcp() && load_be16(&broken[p.l4_offset + 4u]) != f.size() - p.l4_offset;
    const bool has_none = load_be16(&broken[flow.l4_field()]) == 0;
    ASSERT_TRUE(error != 0 || length_changed || has_none) << n;
  }
}

TEST(Libtins, FactBase_4_3_TheTransmitterInsertsItsChecksums) {
  SplitMix64 random(first_seed() + 1);
  for (unsigned n = 0; n < 2000; ++n) {
    const Flow flow(random);
    const Bytes whole = flow.packet(some_data(random, some_size(random)));
    Bytes f = whole;
    const std::size_t l3 = flow.mac_bytes(), l4 = l3 + flow.ip_bytes();
    if (flow.v4()) store_be16(&f[l3 + 10], static_cast<std::uint16_t>(random.next()));
    store_be16(&f[flow.l4_field()], flow.seed(static_cast<std::uint16_t>(f.size() - l4)));
    ASSERT_EQ(insert_checksums(f, flow.context(), flow.v4(), true), TxChecksumResult::ok) << n;
    ASSERT_EQ(f, whole) << n;
  }
}

TEST(Libtins, FactBase_4_4_SegmentsAreItsPackets) {
  SplitMix64 random(first_seed() + 2);
  unsigned segments = 0;
  for (unsigned n = 0; n < 300; ++n) {
    const Flow flow(random);
    const unsigned mss = 1 + static_cast<unsigned>(random.next() % (n % 8 == 0 ? 9000 : 1500));
    const Bytes data = some_data(random, 1 + random.next() % (8 * mss));
    // The prototype: lengths and the sum of the IP header are anything.
    Bytes prototype = flow.packet({});
    const std::size_t l3 = flow.mac_bytes(), l4 = l3 + flow.ip_bytes();
    store_be16(&prototype[l3 + (flow.v4() ? 2 : 4)], static_cast<std::uint16_t>(random.next()));
    if (flow.v4()) store_be16(&prototype[l3 + 10], 0);
    if (!flow.tcp()) store_be16(&prototype[l4 + 4], static_cast<std::uint16_t>(random.next()));
    store_be16(&prototype[flow.l4_field()], flow.seed(0));
    const AdvTxContext context = flow.context(mss);
    const auto first = AdvTxData::make({}, 0, txd::TSE | txd::EOP | txd::IFCS,
                                       static_cast<std::uint32_t>(data.size()), txd::IXSM | txd::TXSM);
    TxSegmenter segmenter(context, first, TcpFlagMasks::of(kFirstAndMiddle << 16 | kFirstAndMiddle, kLast));
    while (!segmenter.done()) {
      const TxSegment s = segmenter.next();
      const Bytes piece(data.begin() + s.offset, data.begin() + s.offset + s.bytes);
      Bytes f(prototype.size());
      append(f, piece);
      segmenter.write_header(s, prototype, f);
      ASSERT_EQ(insert_checksums(f, context, true, true), TxChecksumResult::ok) << n;
      const std::uint16_t mask = s.last ? kLast : kFirstAndMiddle;
      ASSERT_EQ(f, flow.packet(piece, s.offset, s.number, mask)) << n << " segment " << s.number;
      ++segments;
    }
  }
  EXPECT_GT(segments, 1000u);
}

TEST(Libtins, FactBase_4_2_TheFrameCheckSequenceIsItsCrc32) {
  SplitMix64 random(first_seed() + 3);
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes f = some_data(random, size);
    EXPECT_EQ(ethernet_fcs(f), Tins::Utils::crc32(reinterpret_cast<const std::uint8_t*>(f.data()),
                                                  static_cast<std::uint32_t>(size)));
  }
}

}  // namespace
}  // namespace niclab::hw
