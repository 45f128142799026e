// Receive checksum verdicts and header ends on frames that scapy built, and on every one-bit error of them
// (fact base 4.2, 2.7.4).
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "frames.hpp"
#include "hw/descriptors.hpp"
#include "hw/header_split.hpp"
#include "hw/packet_parser.hpp"

namespace niclab::hw {
namespace {

using namespace test;

constexpr ParserConfig kParser{0x2B00, 0};

/// A line of tests/data/rx_vectors.txt; tests/data/rx_vectors.py says what stands there.
struct Vector {
  std::string kind;
  unsigned version = 0;
  std::size_t l3 = 0, l4 = 0, split = 0, end = 0;
  Bytes frame;

  bool checked() const { return kind == "udp" || kind == "tcp" || kind == "sctp"; }
  std::uint32_t checks() const {
    return (version == 4 ? rxd::IPCS : 0) | (checked() ? rxd::L4CS : 0) | (kind == "udp" ? rxd::UDPCS : 0);
  }
};

std::vector<Vector> vectors() {
  std::vector<Vector> all;
  std::ifstream in(NICLAB_SOURCE_DIR "/tests/data/rx_vectors.txt");
  for (std::string line; std::getline(in, line);) {
    Vector v;
    std::string hex;
    std::istringstream(line) >> v.kind >> v.version >> v.l3 >> v.l4 >> v.split >> v.end >> hex;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      v.frame.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    all.push_back(std::move(v));
  }
  return all;
}

/// Fields whose change makes another packet of it, not a damaged one.
bool decides_structure(const Vector& v, std::size_t at) {
  if (at < v.l3 || at >= v.end) return false;
  if (at < v.l4) {
    const std::size_t field = at - v.l3;
    if (v.version == 4)
      return field == 0 || field == 2 || field == 3 || field == 6 || field == 7 || field == 9;
    return field == 0 || field == 4 || field == 5 || field == 6 || field >= 40;
  }
  const std::size_t field = at - v.l4;
  return v.kind.starts_with("udp") && (field == 4 || field == 5);
}

TEST(ReceiveVectors, FactBase_4_2_RightChecksumsOfAnyHeader) {
  const auto all = vectors();
  ASSERT_EQ(all.size(), 74u);
  for (const Vector& v : all) {
    SCOPED_TRACE(v.kind + " over IPv" + std::to_string(v.version));
    const ParsedPacket p = parse_packet(v.frame, kParser);
    EXPECT_EQ(p.l3, v.version == 4 ? L3::ipv4 : L3::ipv6);
    EXPECT_EQ(p.l3_offset, v.l3);
    EXPECT_EQ(p.l4_offset, v.l4);
    EXPECT_EQ(p.status_errors, v.checks());
    EXPECT_EQ(selected_header(p, 0x7FFFE), v.split);
  }
}

TEST(ReceiveVectors, FactBase_4_2_EveryOneBitErrorIsSeenWhereItBelongs) {
  unsigned header_errors = 0, l4_errors = 0;
  for (const Vector& v : vectors()) {
    for (std::size_t at = 12; at < v.frame.size(); ++at) {
      if (at < v.l3 || decides_structure(v, at)) continue;
      for (unsigned bit = 0; bit < 8; ++bit) {
        Bytes f = v.frame;
        f[at] ^= static_cast<std::byte>(1u << bit);
        const bool v4 = v.version == 4;
        const bool in_header = at < v.l4, in_packet = at < v.end;
        const bool address = in_header && at >= v.l3 + (v4 ? 12 : 8) && at < v.l3 + (v4 ? 20 : 40);
        std::uint32_t expected = v.checks();
        if (in_header && v4) expected |= rxd::IPE;
        const bool pseudo = address && v.kind != "sctp";
        if (v.checked() && in_packet && (!in_header || pseudo)) expected |= rxd::L4E;
        // A UDP checksum over IPv4 that became zero is none; one that was zero is one now.
        if (v.kind.starts_with("udp") && v4 && load_be16(f.data() + v.l4 + 6) == 0)
          expected &= ~(rxd::L4CS | rxd::UDPCS | rxd::L4E);
        if (v.kind == "udp-unchecked" && load_be16(f.data() + v.l4 + 6) != 0)
          expected |= rxd::L4CS | rxd::UDPCS | rxd::L4E;
        const std::uint32_t got = parse_packet(f, kParser).status_errors;
        ASSERT_EQ(got, expected) << v.kind << " over IPv" << v.version << ", byte " << at << " bit " << bit;
        header_errors += (got & rxd::IPE) != 0;
        l4_errors += (got & rxd::L4E) != 0;
      }
    }
  }
  EXPECT_GT(header_errors, 2000u);
  EXPECT_GT(l4_errors, 10'000u);
}

}  // namespace
}  // namespace niclab::hw
