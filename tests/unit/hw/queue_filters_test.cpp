// Queue filters and immediate interrupts (fact base 2.6.8, 4.6), each alone and in random company against a
// reference that knows filters and packets by their meaning, not by registers and bytes.
#include "hw/queue_filters.hpp"

#include <gtest/gtest.h>

#include <random>

#include "frames.hpp"

namespace niclab::hw {
namespace {

using namespace test;

constexpr ParserConfig kParser{0x2B00, 0};
constexpr std::uint32_t kAllBypassed = reg::imirext::SIZE_BP | reg::imirext::CTRL_BP;

Bytes udp_to(unsigned port) {
  const Ipv4 h;
  return frame(0x0800, ipv4(h, udp(h, 1000, port, Bytes(20))));
}
Bytes tcp_to(unsigned port, unsigned flags) {
  Ipv4 h;
  h.protocol = 6;
  Bytes f = frame(0x0800, ipv4(h, tcp(h, 1000, port, Bytes(20))));
  f[14 + 20 + 13] = static_cast<std::byte>(flags);
  return f;
}
QueueMatch match(const QueueFilters& filters, const Bytes& f) {
  return filters.match(parse_packet(f, kParser), static_cast<std::uint32_t>(f.size()));
}
/// A port as IMIR holds it.
constexpr std::uint32_t imir_port(unsigned port) { return (port & 0xFF) << 8 | port >> 8; }

TEST(QueueFilters, FactBase_2_6_8_ResetValuesMatchNothing) {
  QueueFilters f;
  EXPECT_FALSE(f.active());
  for (unsigned i = 0; i < 8; ++i) f.write_ftqf(i, 0xF0000000);
  EXPECT_FALSE(f.active());
  const QueueMatch m = match(f, udp_to(0));
  EXPECT_FALSE(m.queue || m.ethertype || m.immediate || m.timestamp);
}

TEST(QueueFilters, FactBase_2_6_8_EtherType) {
  QueueFilters f;
  f.write_etqf(5, 0x88F7 | reg::etqf::FILTER_ENABLE | reg::etqf::TIMESTAMP);
  const Bytes ptp = frame(0x88F7, Bytes(46)), eapol = frame(0x888E, Bytes(46));
  QueueMatch m = match(f, ptp);
  EXPECT_EQ(m.ethertype, 5);
  EXPECT_FALSE(m.queue) << "QUEUE_ENABLE = 0: only the packet type is reported";
  EXPECT_TRUE(m.timestamp);
  EXPECT_FALSE(m.immediate);
  f.write_etqf(5,
               0x88F7 | reg::etqf::FILTER_ENABLE | reg::etqf::QUEUE_ENABLE | reg::etqf::IMMEDIATE | 3u << 16);
  m = match(f, ptp);
  EXPECT_EQ(m.queue, 3);
  EXPECT_TRUE(m.immediate);
  EXPECT_FALSE(match(f, eapol).ethertype);
  // Behind a VLAN tag the type is still found.
  Bytes tagged = ethernet(0x8100);
  append(tagged, be16(7));
  append(tagged, be16(0x88F7));
  tagged.resize(60);
  EXPECT_EQ(match(f, tagged).queue, 3);
  f.write_etqf(6, 0x88F7 | reg::etqf::FILTER_ENABLE | reg::etqf::QUEUE_ENABLE | 1u << 16);
  EXPECT_EQ(match(f, ptp).queue, 1) << "the last of several decides";
  EXPECT_EQ(match(f, ptp).ethertype, 6);
  f.write_etqf(6, 0x88F7 | reg::etqf::QUEUE_ENABLE);
  f.write_etqf(5, 0);
  EXPECT_FALSE(f.active()) << "FILTER_ENABLE = 0";
}

TEST(QueueFilters, FactBase_2_6_8_Syn) {
  QueueFilters f;
  f.write_synqf(1 | 6u << 1);
  EXPECT_EQ(match(f, tcp_to(80, 0x02)).queue, 6);
  EXPECT_EQ(match(f, tcp_to(80, 0x12)).queue, 6);
  EXPECT_FALSE(match(f, tcp_to(80, 0x10)).queue);
  EXPECT_FALSE(match(f, udp_to(80)).queue);
}

// What igb writes for PTP event messages over UDP: port 319 as 0x3F01 (fact base 2.6.8).
TEST(QueueFilters, FactBase_2_6_8_PtpByPort) {
  QueueFilters f;
  f.write_imir(3, 0x3F01);
  f.write_imirext(3, kAllBypassed);
  f.write_ftqf(3, 17 | 1u << 15 | reg::ftqf::TIMESTAMP | 0xE0000000);
  EXPECT_TRUE(match(f, udp_to(319)).timestamp);
  EXPECT_FALSE(match(f, udp_to(319)).queue);
  EXPECT_FALSE(match(f, udp_to(320)).timestamp);
  EXPECT_FALSE(match(f, tcp_to(319, 0)).timestamp) << "protocol";
}

TEST(QueueFilters, FactBase_2_6_8_EachConditionOfATwoTupleFilter) {
  struct Case {
    std::uint32_t ftqf, imir, imirext;
    Bytes packet;
    bool matches;
  };
  const std::uint32_t q = reg::ftqf::QUEUE_ENABLE | 4u << 16, bp = reg::ftqf::PROTOCOL_BP;
  const std::uint32_t any_port = reg::imir::PORT_BP;
  const auto size = [](unsigned n) { return n | reg::imirext::CTRL_BP; };
  const auto flags = [](std::uint32_t f) { return f | reg::imirext::SIZE_BP; };
  const auto length = static_cast<unsigned>(udp_to(9).size());
  const Case cases[] = {
      {q | bp, any_port, kAllBypassed, udp_to(9), true},
      {q | bp, any_port, kAllBypassed, frame(0x0806, Bytes(46)), false},
      {q | 17, any_port, kAllBypassed, udp_to(9), true},
      {q | 6, any_port, kAllBypassed, udp_to(9), false},
      {q | bp, imir_port(9), kAllBypassed, udp_to(9), true},
      {q | bp, imir_port(10), kAllBypassed, udp_to(9), false},
      {q | bp, imir_port(80), kAllBypassed, tcp_to(80, 0), true},
      {q | bp, any_port, size(length), udp_to(9), false},
      {q | bp, any_port, size(length + 1), udp_to(9), true},
      {q | bp, any_port, flags(reg::imirext::FIN), tcp_to(80, 0x01), true},
      {q | bp, any_port, flags(reg::imirext::SYN), tcp_to(80, 0x02), true},
      {q | bp, any_port, flags(reg::imirext::RST), tcp_to(80, 0x04), true},
      {q | bp, any_port, flags(reg::imirext::PSH), tcp_to(80, 0x08), true},
      {q | bp, any_port, flags(reg::imirext::ACK), tcp_to(80, 0x10), true},
      {q | bp, any_port, flags(reg::imirext::URG), tcp_to(80, 0x20), true},
      {q | bp, any_port, flags(reg::imirext::URG), tcp_to(80, 0x1F), false},
      {q | bp, any_port, flags(reg::imirext::URG), udp_to(80), false},
  };
  for (unsigned i = 0; i < std::size(cases); ++i) {
    QueueFilters f;
    f.write_ftqf(7, cases[i].ftqf);
    f.write_imir(7, cases[i].imir);
    f.write_imirext(7, cases[i].imirext);
    EXPECT_EQ(match(f, cases[i].packet).queue.has_value(), cases[i].matches) << "case " << i;
  }
}

TEST(QueueFilters, TcpFlagsAllOrAny) {
  for (const bool all : {false, true}) {
    QueueFilters f({.all_tcp_flags = all});
    f.write_ftqf(0, reg::ftqf::QUEUE_ENABLE | reg::ftqf::PROTOCOL_BP);
    f.write_imir(0, reg::imir::PORT_BP);
    f.write_imirext(0, reg::imirext::SIZE_BP | reg::imirext::SYN | reg::imirext::ACK);
    EXPECT_EQ(match(f, tcp_to(1, 0x02)).queue.has_value(), !all);
    EXPECT_TRUE(match(f, tcp_to(1, 0x12)).queue);
  }
}

TEST(QueueFilters, FactBase_4_6_VlanPriority) {
  QueueFilters f;
  f.write_imirvp(reg::imirvp::ENABLE | 5);
  for (unsigned priority = 0; priority < 8; ++priority) {
    Bytes tagged = ethernet(0x8100);
    append(tagged, be16(priority << 13 | 9));
    append(tagged, be16(0x0806));
    tagged.resize(60);
    EXPECT_EQ(match(f, tagged).immediate, priority >= 5) << priority;
  }
  EXPECT_FALSE(match(f, udp_to(1)).immediate) << "no tag";
}

TEST(QueueFilters, FlexibleFiltersCompareMaskedBytes) {
  QueueFilters f;
  f.write_wufc(reg::wufc::FLEX_HQ | reg::wufc::FLX(5));
  f.write_mrqc(2);
  // EtherType 0x0800 at byte 12, and the UDP protocol number at byte 23: mask bits 12, 13, 23 of 24 bytes.
  f.write_fhft(5, 4 + 1, 0x00080000 >> 16 | 0);  // bytes 12-15 are dword 1 of row 1
  f.write_fhft(5, 4 + 2, 1u << 4 | 1u << 5);
  f.write_fhft(5, 8 + 1, 17u << 24);
  f.write_fhft(5, 8 + 2, 1u << 7);
  f.write_fhft(5, 63, 24 | 2u << 8 | reg::fhft::IMMEDIATE);
  EXPECT_EQ(match(f, udp_to(4)).queue, 2);
  EXPECT_TRUE(match(f, udp_to(4)).immediate);
  EXPECT_FALSE(match(f, tcp_to(4, 0)).queue);
  f.write_fhft(5, 63, 16 | 2u << 8);
  EXPECT_EQ(match(f, tcp_to(4, 0)).queue, 2) << "the length ends before the protocol";
  EXPECT_FALSE(match(f, Bytes(15)).queue) << "a packet shorter than the filter";
  f.write_mrqc(3);
  EXPECT_FALSE(f.active()) << "not with pools";
  f.write_mrqc(0);
  f.write_wufc(reg::wufc::FLX(5));
  EXPECT_FALSE(f.active()) << "FLEX_HQ = 0";
}

// --- random company ------------------------------------------------------------------------------

/// A packet by its meaning.
struct Meaning {
  unsigned ethertype = 0x0800, protocol = 17, port = 9, flags = 0;  // flags: FIN 1, SYN 2 ... as in TCP
  int priority = -1;                                                // of a tag
  std::size_t size = 60;
};
struct TwoTuple {
  bool steers = false, immediate = false;
  unsigned queue = 0, priority = 0;
  int protocol = -1, port = -1, size = -1, flags = -1;  // -1: bypassed
};
struct Flexible {
  bool on = false, immediate = false;
  unsigned queue = 0, priority = 0;
  int protocol = -1;  // compares the EtherType and this, or only the type
};
struct EtherType {
  bool on = false, steers = false, immediate = false;
  unsigned type = 0, queue = 0;
};
struct Filters {
  TwoTuple tuple[8];
  Flexible flex[8];
  EtherType ether[8];
  bool syn = false, syn_first = false;
  unsigned syn_queue = 0;
  int vlan_priority = -1;
};

bool is_ip(const Meaning& m) { return m.ethertype == 0x0800; }
bool is_tcp(const Meaning& m) { return is_ip(m) && m.protocol == 6; }

struct Expected {
  int queue = -1, ethertype = -1;
  bool immediate = false;
};
Expected reference(const Filters& f, const Meaning& m) {
  Expected e;
  int by_type = -1, by_flex = -1, by_tuple = -1, flex_priority = -1, tuple_priority = -1;
  e.immediate = f.vlan_priority >= 0 && m.priority >= f.vlan_priority;
  const EtherType* last = nullptr;
  for (int i = 0; i < 8; ++i)
    if (f.ether[i].on && f.ether[i].type == m.ethertype) last = &f.ether[i], e.ethertype = i;
  if (last != nullptr) {
    if (last->steers) by_type = static_cast<int>(last->queue);
    if (last->immediate) e.immediate = true;
  }
  for (const Flexible& x : f.flex) {
    if (!x.on || m.priority >= 0 || !is_ip(m)) continue;  // compares an untagged IPv4 type
    if (x.protocol >= 0 && static_cast<unsigned>(x.protocol) != m.protocol) continue;
    if (x.immediate) e.immediate = true;
    if (static_cast<int>(x.priority) > flex_priority)
      flex_priority = static_cast<int>(x.priority), by_flex = static_cast<int>(x.queue);
  }
  for (const TwoTuple& t : f.tuple) {
    if (!t.steers && !t.immediate) continue;
    const bool ported = is_tcp(m) || (is_ip(m) && m.protocol == 17);
    if (!is_ip(m)) continue;
    if (t.protocol >= 0 && static_cast<unsigned>(t.protocol) != m.protocol) continue;
    if (t.port >= 0 && (!ported || static_cast<unsigned>(t.port) != m.port)) continue;
    if (t.size >= 0 && m.size >= static_cast<std::size_t>(t.size)) continue;
    if (t.flags >= 0 && (!is_tcp(m) || (m.flags & static_cast<unsigned>(t.flags)) == 0)) continue;
    if (t.immediate) e.immediate = true;
    if (t.steers && static_cast<int>(t.priority) > tuple_priority)
      tuple_priority = static_cast<int>(t.priority), by_tuple = static_cast<int>(t.queue);
  }
  const int by_syn = f.syn && is_tcp(m) && (m.flags & 2) ? static_cast<int>(f.syn_queue) : -1;
  const int first = f.syn_first ? by_syn : -1;
  for (const int candidate : {by_type, first, by_flex, by_tuple, by_syn})
    if (e.queue < 0) e.queue = candidate;
  return e;
}

/// Into registers, bit by bit from fact base 2.6.8.
QueueFilters program(const Filters& f) {
  QueueFilters q;
  for (unsigned i = 0; i < 8; ++i) {
    const TwoTuple& t = f.tuple[i];
    const auto value = [](int v) { return v < 0 ? 0u : static_cast<std::uint32_t>(v); };
    q.write_ftqf(i, value(t.protocol) | (t.steers ? 1u << 8 : 0) | t.queue << 16 | 0xE0008000 |
                        (t.protocol < 0 ? 1u << 28 : 0));
    q.write_imir(i, imir_port(value(t.port)) | (t.immediate ? 1u << 16 : 0) | (t.port < 0 ? 1u << 17 : 0) |
                        t.priority << 29);
    std::uint32_t flags = 0;
    for (unsigned b = 0; b < 6; ++b)
      if (t.flags >= 0 && (t.flags >> b & 1)) flags |= 1u << (18 - b);  // FIN is bit 18, URG bit 13
    q.write_imirext(i, value(t.size) | (t.size < 0 ? 1u << 12 : 0) | flags | (t.flags < 0 ? 1u << 19 : 0));
    const EtherType& e = f.ether[i];
    q.write_etqf(i, e.type | e.queue << 16 | (e.on ? 1u << 26 : 0) | (e.immediate ? 1u << 29 : 0) |
                        (e.steers ? 1u << 31 : 0));
    const Flexible& x = f.flex[i];
    q.write_fhft(i, 5, 0x0008);
    q.write_fhft(i, 6, 0x30);
    q.write_fhft(i, 9, value(x.protocol) << 24);
    q.write_fhft(i, 10, x.protocol < 0 ? 0 : 0x80);
    q.write_fhft(i, 63, 24 | x.queue << 8 | x.priority << 16 | (x.immediate ? 1u << 24 : 0));
  }
  std::uint32_t wufc = 1u << 14;
  for (unsigned i = 0; i < 8; ++i) wufc |= f.flex[i].on ? 1u << (16 + i) : 0;
  q.write_wufc(wufc);
  q.write_synqf(f.syn | f.syn_queue << 1);
  q.write_rfctl(f.syn_first ? 1u << 19 : 0);
  q.write_imirvp(f.vlan_priority < 0 ? 0 : 8u | static_cast<unsigned>(f.vlan_priority));
  return q;
}

Bytes build(const Meaning& m) {
  Bytes packet(46);
  if (is_ip(m)) {
    Ipv4 h;
    h.protocol = static_cast<std::uint8_t>(m.protocol);
    Bytes inside = m.protocol == 6 ? tcp(h, 1, m.port, {}) : udp(h, 1, m.port, {});
    if (m.protocol == 6) inside[13] = static_cast<std::byte>(m.flags);
    packet = ipv4(h, inside);
  }
  Bytes f = ethernet(m.priority < 0 ? m.ethertype : 0x8100);
  if (m.priority >= 0) {
    append(f, be16(static_cast<unsigned>(m.priority) << 13 | 5));
    append(f, be16(m.ethertype));
  }
  append(f, packet);
  f.resize(std::max(f.size(), m.size));
  return f;
}

TEST(QueueFilters, RandomFiltersAndPacketsAgainstTheReference) {
  std::mt19937 rng(20240);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(rng() % n); };
  const auto maybe = [&](int value, unsigned out_of = 2) { return below(out_of) == 0 ? value : -1; };
  constexpr unsigned kPorts[] = {9, 319, 80, 0x1234}, kProtocols[] = {6, 17, 47},
                     kTypes[] = {0x0800, 0x0806, 0x88F7};
  unsigned steered = 0, immediate = 0, plain = 0;
  for (int round = 0; round < 4000; ++round) {
    Filters f;
    for (unsigned i = 0; i < 8; ++i) {
      f.tuple[i] = {below(3) == 0,
                    below(6) == 0,
                    below(8),
                    below(8),
                    maybe(static_cast<int>(kProtocols[below(3)])),
                    maybe(static_cast<int>(kPorts[below(4)])),
                    maybe(static_cast<int>(56 + below(40)), 4),
                    maybe(static_cast<int>(below(64)), 4)};
      f.flex[i] = {below(6) == 0, below(6) == 0, below(8), below(8),
                   maybe(static_cast<int>(kProtocols[below(3)]))};
      f.ether[i] = {below(6) == 0, below(2) == 0, below(4) == 0, kTypes[below(3)], below(8)};
    }
    f.syn = below(2) == 0, f.syn_first = below(2) == 0, f.syn_queue = below(8);
    f.vlan_priority = maybe(static_cast<int>(below(8)), 4);
    const QueueFilters q = program(f);
    for (int k = 0; k < 5; ++k) {
      Meaning m;
      m.ethertype = kTypes[below(5) % 3], m.protocol = kProtocols[below(3)], m.port = kPorts[below(4)];
      m.flags = below(64), m.size = 60 + below(60);
      m.priority = maybe(static_cast<int>(below(8)), 4);
      const Bytes bytes = build(m);
      m.size = bytes.size();
      const Expected e = reference(f, m);
      const QueueMatch got = match(q, bytes);
      ASSERT_EQ(got.queue ? *got.queue : -1, e.queue) << round;
      ASSERT_EQ(got.ethertype ? *got.ethertype : -1, e.ethertype) << round;
      ASSERT_EQ(got.immediate, e.immediate) << round;
      steered += e.queue >= 0, immediate += e.immediate, plain += e.queue < 0;
    }
  }
  EXPECT_GT(steered, 3000u);
  EXPECT_GT(immediate, 3000u);
  EXPECT_GT(plain, 1000u);
}

}  // namespace
}  // namespace niclab::hw
