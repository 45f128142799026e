// Hostile frames: random and mutated ones, each in a buffer that ends where the frame ends, so that a
// sanitizer sees any read beyond it. The stack must survive, leak nothing and go on working.
#include <random>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

class Fuzz : public StackTest, public testing::WithParamInterface<int> {
 protected:
  Fuzz() {
    know_peer();
    for (const std::uint16_t port : {7, 53, 7000}) sockets.push_back(&bound(port));
    sockets[2]->join_group(kGroup, kHost);
    kernel.advance(3_s);
  }
  ~Fuzz() override { stack.release_packets(); }
  /// As a driver would hand it up: pieces of at most `step` bytes, each at the end of its own allocation.
  void deliver(const Bytes& frame, std::size_t step) {
    SkbPtr head;
    SkBuff** link = nullptr;
    for (std::size_t at = 0; at < frame.size(); at += step) {
      const std::size_t n = std::min(step, frame.size() - at);
      DataBuffer* page = exact.get();
      std::byte* data = page->base + page->size - n;
      std::memcpy(data, frame.data() + at, n);
      SkbPtr s = stack.skb_pool().wrap(page, data, static_cast<std::uint32_t>(n));
      BufferPool::unref(page);
      if (!head) {
        head = std::move(s);
        link = &head->frag_list;
      } else {
        head->data_len += s->len;
        *link = s.release();
        link = &(*link)->next;
      }
    }
    eth_type_trans(*head, device);
    BhGuard bh(kernel);
    stack.napi_gro_receive(napi, std::move(head));
  }
  std::vector<Bytes> seeds() {
    std::vector<Bytes> all = {
        udp_frame(7000, pattern(100)),
        udp_frame(7, pattern(1)),
        udp_frame(5999, pattern(30)),
        udp_frame(7000, pattern(50), kGroup),
        udp_frame(53, pattern(20), {0x0a0900ff}),
        arp_frame(1, kPeerMac, kPeer, kHost),
        arp_frame(2, kPeerMac, kPeer, kHost, kHostMac),
        ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(8, 0, 1, pattern(56))),
        ip_frame({.protocol = kIpProtoIcmp, .options = {}},
                 icmp_message(3, 3, 0,
                              ip_packet({.source = kHost, .destination = kPeer, .options = {}},
                                        udp_datagram(kHost, 7000, kPeer, 9, pattern(8))))),
        ip_frame({.destination = {0xe0000001}, .protocol = kIpProtoIgmp, .ttl = 1, .options = {}},
                 pattern(12)),
        ip_frame(
            {.protocol = kIpProtoTcp, .options = {std::byte{7}, std::byte{7}, std::byte{4}, std::byte{0}}},
            pattern(20)),
        ethernet(kHostMac, kPeerMac, kEthPVlan, pattern(50)),
    };
    for (Bytes& f :
         fragments({.id = 3, .options = {}}, udp_datagram(kPeer, 1, kHost, 7000, pattern(3000)), 1480))
      all.push_back(f);
    return all;
  }
  /// Makes IP and UDP checksums right again, so that mutations get past them half of the time.
  static void repair(Bytes& f) {
    if (f.size() < 34 || ether_type(f) != kEthPIp) return;
    const IpHeader ip{f.data() + 14};
    if (ip.header_length() < 20 || 14 + ip.header_length() > f.size()) return;
    ip.update_checksum();
    const std::size_t l4 = 14 + ip.header_length();
    if (f.size() < l4 + 8) return;
    if (ip.protocol() == kIpProtoUdp) {
      store_be16(f.data() + l4 + 6, 0);
    } else if (ip.protocol() == kIpProtoIcmp || ip.protocol() == kIpProtoIgmp) {
      store_be16(f.data() + l4 + 2, 0);
      InetChecksum sum;
      const std::size_t end = std::min<std::size_t>(f.size(), 14 + ip.tot_len());
      if (end > l4) sum.add(std::span(f).subspan(l4, end - l4));
      store_be16(f.data() + l4 + 2, sum.finish());
    }
  }
  void drain() {
    for (UdpSocket* s : sockets) {
      while (s->rx_queue() > 0) receive(*s);  // a bad checksum is an EAGAIN with more to come
    }
    device.sent.clear();
    device.summed.clear();
    device.queues.clear();
  }
  BufferPool exact{kernel, 65536, 1};
  std::vector<UdpSocket*> sockets;
};

TEST_P(Fuzz, MutatedFrames) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const std::vector<Bytes> corpus = seeds();
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int i = 0; i < 4000; ++i) {
    Bytes f = corpus[below(corpus.size())];
    for (std::size_t flips = below(6); flips > 0; --flips) f[below(f.size())] = std::byte(random());
    if (f.size() >= 38 && below(3) == 0) f[14 + below(24)] = std::byte(random());
    if (below(3) == 0) f.resize(1 + below(f.size() + 40));
    if (below(2) == 0) repair(f);
    deliver(f, below(4) == 0 ? 14 + below(60) : 65536);
    if (i % 50 == 0) {
      kernel.advance(Duration::from_ms(below(2000)));
      drain();
    }
  }
  kernel.advance(40_s);
  drain();
  EXPECT_EQ(stack.frags().memory(), 0u);
  EXPECT_EQ(stack.frags().queues(), 0u);
  for (UdpSocket* s : sockets) {
    EXPECT_EQ(s->rx_queue(), 0u);
    EXPECT_EQ(s->tx_queue(), 0u);
  }
  inject(udp_frame(7000, bytes_of("still alive")));
  EXPECT_EQ(receive(*sockets[2]), bytes_of("still alive"));
}

TEST_P(Fuzz, RandomFragmentsOfOneDatagramNeverGiveWrongBytes) {
  std::mt19937 random(static_cast<unsigned>(GetParam()) + 1000);
  const Bytes payload = pattern(5000);
  const Bytes datagram = udp_datagram(kPeer, 4000, kHost, 7000, payload);
  for (std::uint16_t id = 1; id < 60; ++id) {
    int err = -1;
    for (int i = 0; i < 400 && err != 0; ++i) {
      const std::size_t from = random() % 16 == 0 ? 0 : random() % (datagram.size() / 8) * 8;
      std::size_t to = std::min(datagram.size(), from + (1 + random() % 150) * 8);
      if (random() % 8 == 0) to = datagram.size();
      Bytes f =
          ip_frame({.id = id,
                    .frag_off = static_cast<std::uint16_t>(from / 8 | (to < datagram.size() ? kIpMf : 0)),
                    .options = {}},
                   Bytes(datagram.begin() + static_cast<std::ptrdiff_t>(from),
                         datagram.begin() + static_cast<std::ptrdiff_t>(to)));
      deliver(f, random() % 4 == 0 ? 200 : 65536);
      const Bytes got = receive(*sockets[2], &err);
      if (err == 0) {
        EXPECT_EQ(got, payload);
      }
    }
    EXPECT_EQ(err, 0) << "datagram " << id << " was never completed";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Fuzz, testing::Range(1, 5));

}  // namespace
}  // namespace niclab::stack
