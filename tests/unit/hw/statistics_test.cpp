// Statistics registers (fact base 2.12).
#include "hw/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "hw/registers.hpp"

namespace niclab::hw {
namespace {

TEST(Statistics, ReadClearsTheRegisterNotTheLifetime) {
  Statistics s;
  s.count(reg::MPC, 5);
  EXPECT_EQ(s.snapshot(reg::MPC), 5u);
  EXPECT_EQ(s.read(reg::MPC), 5u);
  EXPECT_EQ(s.read(reg::MPC), 0u);
  s.count(reg::MPC);
  EXPECT_EQ(s.lifetime(reg::MPC), 6u);
}

TEST(Statistics, HighHalfOfAPairClearsBoth) {
  Statistics s;
  for (int i = 0; i < 3; ++i) s.count_rx_good(1518, DestinationKind::unicast);
  EXPECT_EQ(s.read(reg::GORCL), 4554u);
  EXPECT_EQ(s.read(reg::GORCL), 4554u) << "the low half keeps";
  EXPECT_EQ(s.read(reg::GORCH), 0u);
  EXPECT_EQ(s.read(reg::GORCL), 0u);
  EXPECT_EQ(s.lifetime(reg::GORCL), 4554u);
}

TEST(Statistics, PairCarriesIntoTheHighHalf) {
  Statistics s;
  for (int i = 0; i < 3; ++i) s.count_rx_arrival(0x70000000);
  EXPECT_EQ(s.snapshot(reg::TORL), 0x50000000u);
  EXPECT_EQ(s.read(reg::TORH), 1u);
  EXPECT_EQ(s.read(reg::TORL), 0u);
  EXPECT_EQ(s.lifetime(reg::TORL), 0x150000000u);
}

TEST(Statistics, CountersSaturate) {
  Statistics s;
  s.count(reg::RNBC, 0xFFFFFFF0);
  s.count(reg::RNBC, 0x20);
  EXPECT_EQ(s.read(reg::RNBC), 0xFFFFFFFFu);
}

TEST(Statistics, ReceiveSizeBinsAndKinds) {
  const std::pair<unsigned, reg::Offset> bins[] = {
      {64, reg::PRC64},     {65, reg::PRC127},    {127, reg::PRC127},   {128, reg::PRC255},
      {255, reg::PRC255},   {256, reg::PRC511},   {511, reg::PRC511},   {512, reg::PRC1023},
      {1023, reg::PRC1023}, {1024, reg::PRC1522}, {1518, reg::PRC1522}, {9728, reg::PRC1522}};
  for (const auto& [length, bin] : bins) {
    Statistics s;
    s.count_rx_good(length, DestinationKind::multicast);
    for (const reg::Offset other :
         {reg::PRC64, reg::PRC127, reg::PRC255, reg::PRC511, reg::PRC1023, reg::PRC1522})
      EXPECT_EQ(s.read(other), other == bin ? 1u : 0u) << length;
    EXPECT_EQ(s.read(reg::MPRC), 1u);
    EXPECT_EQ(s.read(reg::BPRC), 0u);
  }
}

TEST(Statistics, TransmitCounters) {
  Statistics s;
  s.count_tx_good(64, DestinationKind::broadcast, 3);
  s.count_tx_good(1518, DestinationKind::unicast, 3);
  s.count_tx_good(64, DestinationKind::multicast, 1);
  s.count_tx_mac(64);
  EXPECT_EQ(s.read(reg::GPTC), 3u) << "a PAUSE frame is none of the good ones";
  EXPECT_EQ(s.read(reg::TPT), 4u);
  EXPECT_EQ(s.read(reg::HGPTC), 3u) << "nor the host's";
  EXPECT_EQ(s.snapshot(reg::TOTL), 1710u);
  EXPECT_EQ(s.snapshot(reg::GOTCL), 1646u);
  EXPECT_EQ(s.snapshot(reg::HGOTCL), 1646u);
  EXPECT_EQ(s.read(reg::PTC64), 3u);
  EXPECT_EQ(s.read(reg::PTC1522), 1u);
  EXPECT_EQ(s.read(reg::BPTC), 1u);
  EXPECT_EQ(s.read(reg::MPTC), 1u);
  EXPECT_EQ(s.queue(3).tx_packets, 2u);
  EXPECT_EQ(s.queue(3).tx_octets, 1582u);
}

TEST(Statistics, QueueCountersAreNotClearedByReading) {
  Statistics s;
  s.count_rx_host(100, DestinationKind::multicast, 2);
  s.count_rx_host(200, DestinationKind::unicast, 2);
  EXPECT_EQ(s.queue(2).rx_packets, 2u);
  EXPECT_EQ(s.queue(2).rx_octets, 300u);
  EXPECT_EQ(s.queue(2).rx_multicast, 1u);
  EXPECT_EQ(s.read(reg::RPTHC), 2u);
  EXPECT_EQ(s.queue(2).rx_packets, 2u);
}

TEST(Statistics, RqdpcIsPerQueueAndReadToClear) {
  Statistics s;
  s.count_queue_drop(1);
  s.count_queue_drop(1);
  EXPECT_EQ(s.read_rqdpc(0), 0u);
  EXPECT_EQ(s.read_rqdpc(1), 2u);
  EXPECT_EQ(s.read_rqdpc(1), 0u);
  EXPECT_EQ(s.lifetime_rqdpc(1), 2u);
}

TEST(Statistics, PortResetClearsRegistersOnly) {
  Statistics s;
  s.count_rx_good(64, DestinationKind::unicast);
  s.count_queue_drop(0);
  s.reset();
  EXPECT_EQ(s.read(reg::GPRC), 0u);
  EXPECT_EQ(s.read_rqdpc(0), 0u);
  EXPECT_EQ(s.lifetime(reg::GPRC), 1u);
  EXPECT_EQ(s.lifetime_rqdpc(0), 1u);
}

TEST(Statistics, EveryImplementedCounterOfTheTableIsOwned) {
  for (const char* name : {"CRCERRS", "MPC", "GPRC", "GORCH", "TSCTFC", "IAC", "HGOTCH", "O2BSPC"}) {
    const auto* row = reg::find(name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_TRUE(Statistics::owns(row->offset)) << name;
  }
  EXPECT_FALSE(Statistics::owns(reg::SSVPC));
  Statistics s;
  EXPECT_EQ(s.read(reg::B2OSPC), 0u);
}

// --- every counter of 2.12.1, by name -------------------------------------------------------------

/// What moves a counter. Frames of 100 bytes, through queue 2.
enum class By : std::uint8_t {
  rx_arrival,  ///< any frame off the wire
  rx_good,     ///< a good one into the packet buffer
  rx_group,    ///< the same, to a multicast group
  rx_all,      ///< the same, to everybody
  rx_host,     ///< one delivered
  tx_good,     ///< a packet of a queue put on the wire
  tx_group,    ///< the same, to a multicast group
  tx_all,      ///< the same, to everybody
  tx_mac,      ///< any frame put on the wire, PAUSE too
  its_name,    ///< count() of the chapter that sees the event
  nothing,     ///< half duplex, SerDes, management, EEE: not modelled
};

constexpr struct {
  std::string_view name;
  By by;
} kCounters[] = {
    {"CRCERRS", By::its_name}, {"ALGNERRC", By::nothing}, {"SYMERRS", By::nothing},
    {"RXERRC", By::nothing},   {"MPC", By::its_name},     {"SCC", By::nothing},
    {"ECOL", By::nothing},     {"MCC", By::nothing},      {"LATECOL", By::nothing},
    {"COLC", By::nothing},     {"CBTMPC", By::nothing},   {"DC", By::its_name},
    {"TNCRS", By::nothing},    {"SEC", By::nothing},      {"HTDPMC", By::its_name},
    {"RLEC", By::its_name},    {"CBRDPC", By::nothing},   {"XONRXC", By::its_name},
    {"XONTXC", By::its_name},  {"XOFFRXC", By::its_name}, {"XOFFTXC", By::its_name},
    {"FCRUC", By::its_name},   {"PRC64", By::rx_good},    {"PRC127", By::rx_good},
    {"PRC255", By::rx_good},   {"PRC511", By::rx_good},   {"PRC1023", By::rx_good},
    {"PRC1522", By::rx_good},  {"GPRC", By::rx_good},     {"BPRC", By::rx_all},
    {"MPRC", By::rx_group},    {"GPTC", By::tx_good},     {"GORCL", By::rx_good},
    {"GORCH", By::rx_good},    {"GOTCL", By::tx_good},    {"GOTCH", By::tx_good},
    {"RNBC", By::its_name},    {"RUC", By::its_name},     {"RFC", By::its_name},
    {"ROC", By::its_name},     {"RJC", By::its_name},     {"MGTPRC", By::nothing},
    {"MGTPDC", By::nothing},   {"MGTPTC", By::nothing},   {"TORL", By::rx_arrival},
    {"TORH", By::rx_arrival},  {"TOTL", By::tx_mac},      {"TOTH", By::tx_mac},
    {"TPR", By::rx_arrival},   {"TPT", By::tx_mac},       {"PTC64", By::tx_mac},
    {"PTC127", By::tx_mac},    {"PTC255", By::tx_mac},    {"PTC511", By::tx_mac},
    {"PTC1023", By::tx_mac},   {"PTC1522", By::tx_mac},   {"MPTC", By::tx_group},
    {"BPTC", By::tx_all},      {"TSCTC", By::its_name},   {"TSCTFC", By::its_name},
    {"IAC", By::its_name},     {"RPTHC", By::rx_host},    {"ICRXATC", By::nothing},
    {"ICTXPTC", By::nothing},  {"ICTXATC", By::nothing},  {"HGPTC", By::tx_good},
    {"ICTXQMTC", By::nothing}, {"ICRXDMTC", By::nothing}, {"HTCBDPC", By::nothing},
    {"HGORCL", By::rx_host},   {"HGORCH", By::rx_host},   {"HGOTCL", By::tx_good},
    {"HGOTCH", By::tx_good},   {"LENERRS", By::its_name}, {"TLPIC", By::nothing},
    {"RLPIC", By::nothing},    {"MNGFBDPC", By::nothing}, {"B2OGPRC", By::nothing},
    {"O2BSPC", By::nothing},   {"SSVPC", By::nothing},    {"SCVPC", By::nothing},
    {"B2OSPC", By::nothing},   {"O2BGPTC", By::nothing},  {"PQGPRC", By::rx_host},
    {"PQGPTC", By::tx_good},   {"PQGORC", By::rx_host},   {"PQGOTC", By::tx_good},
    {"PQMPRC", By::rx_host},
};

constexpr unsigned kQueue = 2;

void happen(Statistics& s, By by, unsigned length) {
  const auto unicast = DestinationKind::unicast;
  switch (by) {
    case By::rx_arrival: return s.count_rx_arrival(length);
    case By::rx_good: return s.count_rx_good(length, unicast);
    case By::rx_group: return s.count_rx_good(length, DestinationKind::multicast);
    case By::rx_all: return s.count_rx_good(length, DestinationKind::broadcast);
    case By::rx_host: return s.count_rx_host(length, DestinationKind::multicast, kQueue);
    case By::tx_good: return s.count_tx_good(length, unicast, kQueue);
    case By::tx_group: return s.count_tx_good(length, DestinationKind::multicast, kQueue);
    case By::tx_all: return s.count_tx_good(length, DestinationKind::broadcast, kQueue);
    case By::tx_mac: return s.count_tx_mac(length);
    default: return;
  }
}

TEST(EveryCounter, FactBase_2_12_1_IsInTheTableWithItsStatus) {
  std::size_t rows = 0;
  for (const reg::Register& r : reg::registers()) {
    if (r.chapter != reg::Chapter::statistics || r.status == reg::Status::omitted) continue;
    ++rows;
    const auto* counter = std::find_if(std::begin(kCounters), std::end(kCounters),
                                       [&](const auto& c) { return c.name == r.name; });
    ASSERT_NE(counter, std::end(kCounters)) << r.name;
    EXPECT_EQ(r.status == reg::Status::implemented, counter->by != By::nothing) << r.name;
  }
  EXPECT_EQ(rows, std::size(kCounters));
}

/// 0 for the high half of a pair, whose low half is looked at instead.
unsigned step_of(std::string_view name, unsigned length) {
  const bool high = name.ends_with("RCH") || name.ends_with("TCH") || name == "TORH" || name == "TOTH";
  if (high) return 0;
  return name.find("OR") != name.npos || name.find("OT") != name.npos ? length : 1;
}

bool in_bin(std::string_view name, unsigned length) {
  constexpr std::pair<std::string_view, std::pair<unsigned, unsigned>> kBins[] = {
      {"64", {0, 64}},     {"127", {65, 127}},    {"255", {128, 255}},
      {"511", {256, 511}}, {"1023", {512, 1023}}, {"1522", {1024, 9728}}};
  if (!name.starts_with("PRC") && !name.starts_with("PTC")) return true;
  for (const auto& [bin, range] : kBins)
    if (name.substr(3) == bin) return length >= range.first && length <= range.second;
  return false;
}

std::uint32_t value_of(Statistics& s, std::string_view name, bool read) {
  const reg::Offset o = reg::find(name)->offset;
  const auto& q = s.queue(kQueue);
  if (o == reg::PQGPRC(0)) return q.rx_packets;
  if (o == reg::PQGPTC(0)) return q.tx_packets;
  if (o == reg::PQGORC(0)) return q.rx_octets;
  if (o == reg::PQGOTC(0)) return q.tx_octets;
  if (o == reg::PQMPRC(0)) return q.rx_multicast;
  return read ? s.read(o) : s.snapshot(o);
}

TEST(EveryCounter, FactBase_2_12_1_CountsItsEventAndIsClearedByReadingOrReset) {
  for (const auto& [name, by] : kCounters) {
    if (by == By::nothing) continue;
    for (const unsigned length : {64u, 100u, 200u, 400u, 800u, 1518u}) {
      Statistics s;
      const reg::Offset o = reg::find(name)->offset;
      const bool free_running = name.starts_with("PQ");
      const unsigned step = !in_bin(name, length) ? 0 : by == By::its_name ? 1 : step_of(name, length);
      const auto twice = [&] {
        for (int i = 0; i < 2; ++i)
          if (by == By::its_name)
            s.count(o);
          else
            happen(s, by, length);
      };
      twice();
      EXPECT_EQ(value_of(s, name, true), 2 * step) << name << " at " << length;
      if (free_running) {
        EXPECT_EQ(value_of(s, name, true), 2 * step) << name << " is not cleared";
        continue;
      }
      const bool low_half = name.ends_with("L") && step == length;
      EXPECT_EQ(value_of(s, name, true), low_half ? 2 * step : 0u) << name << " read again";
      if (low_half) s.read(o + 4);
      EXPECT_EQ(value_of(s, name, true), 0u) << name << " after its high half";
      twice();
      s.reset();
      EXPECT_EQ(value_of(s, name, false), 0u) << name << " after a reset";
    }
  }
}

TEST(EveryCounter, FactBase_2_12_SaturatesAtItsEnd) {
  for (const auto& [name, by] : kCounters) {
    const reg::Offset o = reg::find(name)->offset;
    if (by == By::nothing || name.starts_with("PQ") || step_of(name, 7) != 1) continue;
    Statistics s;
    s.count(o, 0xFFFFFFFE);
    s.count(o);
    s.count(o);
    EXPECT_EQ(s.read(o), 0xFFFFFFFFu) << name;
  }
}

}  // namespace
}  // namespace niclab::hw
