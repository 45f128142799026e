// The keys of [host.nic.quirk]: table, page and card agree (fact base 7).
#include "tlm/i350/quirks.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;

sim::I350Quirks with(std::string_view key, unsigned reading) {
  sim::I350Quirks quirks;
  for (const sim::Quirk& q : sim::quirk_table())
    if (q.key == key) return q.choose(quirks, reading), quirks;
  throw std::out_of_range(std::string(key));
}

TEST(Quirks, TheFirstReadingIsTheDefaultAndEachCanBeChosen) {
  std::set<std::string_view> keys;
  for (const sim::Quirk& q : sim::quirk_table()) {
    EXPECT_TRUE(keys.insert(q.key).second) << q.key;
    EXPECT_EQ(q.chosen(sim::I350Quirks{}), 0u) << q.key;
    ASSERT_GE(q.readings.size(), 2u) << q.key;
    for (unsigned n = 0; n < q.readings.size(); ++n) {
      const sim::I350Quirks chosen = with(q.key, n);
      EXPECT_EQ(q.chosen(chosen), n) << q.key;
      for (const sim::Quirk& other : sim::quirk_table())
        EXPECT_EQ(other.chosen(chosen), other.key == q.key ? n : 0u) << q.key << " changes " << other.key;
    }
  }
}

/// The cells of a row of a Markdown table.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all;
  std::istringstream text(line.substr(2));
  for (std::string cell; std::getline(text, cell, '|');) {
    const auto first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
    all.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return all;
}

TEST(Quirks, ThePageHasARowForEachKeyAndForEachItem_FactBase_7) {
  std::ifstream file(NICLAB_SOURCE_DIR "/docs/uncertain.md");
  ASSERT_TRUE(file);
  std::map<std::string, std::vector<std::string>> rows;
  std::set<unsigned> items;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ") || line.starts_with("| Key") || line.starts_with("| Item")) continue;
    const auto row = cells(line);
    if (row[0][0] == '`') {
      rows[row[0]] = row;
      EXPECT_EQ(row.size(), 6u) << line;
    }
    const std::string& item = row[0][0] == '`' ? row.at(2) : row[0];
    if (const auto end = item.find_first_not_of("0123456789"); end == std::string::npos || item[end] == ',')
      items.insert(static_cast<unsigned>(std::stoul(item)));
  }
  for (const sim::Quirk& q : sim::quirk_table()) {
    const auto row = rows.find("`" + std::string(q.key) + "`");
    ASSERT_NE(row, rows.end()) << q.key << " has no row in docs/uncertain.md";
    std::string readings;
    for (const auto r : q.readings) readings += (readings.empty() ? "`\"" : ", `\"") + std::string(r) + "\"`";
    EXPECT_EQ(row->second[1], readings) << q.key;
    EXPECT_EQ(row->second[3], q.section) << q.key;
    for (const auto& cell : row->second) EXPECT_FALSE(cell.empty()) << q.key;
    rows.erase(row);
  }
  for (const auto& [key, row] : rows) ADD_FAILURE() << key << " is no key";
  EXPECT_EQ(items.size(), 23u) << "fact base 7 has 23 items";
  EXPECT_EQ(*items.rbegin(), 23u);
}

/// What a register reads after power-on with the first and with another reading.
struct ResetReading {
  const char* key;
  unsigned reading;
  reg::Offset offset;
  std::uint32_t by_default, other;
};

TEST(Quirks, ResetValuesFollowTheReading_FactBase_7) {
  const ResetReading readings[] = {{"ctrl_lrst", 1, reg::CTRL, 0x00100201, 0x00100209},
                                   {"status_bits_9_8", 1, reg::STATUS, 0x00280600, 0x00280400},
                                   {"status_bit_30", 1, reg::STATUS, 0x00280600, 0x40280600},
                                   {"status_bit_31", 1, reg::STATUS, 0x00280600, 0x80280600},
                                   {"nvm_load", 1, reg::EECD, 0x00003F10, 0x00003D10},
                                   {"eims_reset", 1, reg::EIMS, 0x80000000, 0},
                                   {"rxdctl_reset", 1, reg::RXDCTL(0), 0x02010A0C, 0x02010000},
                                   {"rxdctl_reset", 1, reg::RXDCTL(7), 0x00010A0C, 0x00010000},
                                   {"srrctl_reset", 1, reg::SRRCTL(3), 0x00000400, 0},
                                   {"dvmolr_reset", 1, reg::DVMOLR(3), 0x80000000, 0},
                                   {"tctl_reset", 1, reg::TCTL, 0xA40400F8, 0x000400F8},
                                   {"tso_middle_flags", 1, reg::DTXTCPFLGL, 0x0FF60FF6, 0x0F760FF6},
                                   {"rx_buffer", 1, reg::RXPBS, 0, 1},
                                   {"rx_buffer", 2, reg::RXPBS, 0, 2},
                                   {"eee_advertised", 1, reg::IPCNFG, 0x0000000C, 0}};
  for (const ResetReading& r : readings) {
    EXPECT_EQ(QuietPort().read(r.offset), r.by_default) << r.key;
    QuietPort port(with(r.key, r.reading));
    EXPECT_EQ(port.read(r.offset), r.other) << r.key;
    port.write(reg::CTRL, reg::ctrl::RST);
    EXPECT_EQ(port.read(r.offset), r.other) << r.key << " after RST";
  }
  EXPECT_NE(QuietPort(with("rss_reset", 1)).read(reg::RETA(3)), 0u);
  EXPECT_NE(QuietPort(with("rss_reset", 1)).read(reg::RSSRK(9)), 0u);
}

TEST(Quirks, NvmAndPhy_FactBase_2_4_2_5) {
  QuietPort late(with("nvm_load", 1));
  late.pass(1_ms);
  EXPECT_EQ(late.read(reg::EECD), 0x00003F10u) << "loaded by then";
  for (const unsigned reading : {0u, 1u}) {
    QuietPort grant(with("eecd_grant", reading)), beyond(with("eerd_beyond", reading)),
        phy(with("phy_address", reading));
    grant.write(reg::EECD, reg::eecd::REQ);
    EXPECT_EQ((grant.read(reg::EECD) & reg::eecd::GNT) != 0, reading == 0);
    grant.pass(50_us);
    EXPECT_NE(grant.read(reg::EECD) & reg::eecd::GNT, 0u);
    beyond.write(reg::EERD, 0x3FFF << 2 | reg::eerd::START);
    EXPECT_EQ((beyond.read(reg::EERD) & reg::eerd::DONE) != 0, reading == 0);
    beyond.write(reg::EERD, 0x0003 << 2 | reg::eerd::START);
    EXPECT_NE(beyond.read(reg::EERD) & reg::eerd::DONE, 0u);
    phy.write(reg::MDIC, reg::mdic::OP_READ | reg::mdic::REGADD.put(2));
    EXPECT_EQ((phy.read(reg::MDIC) & reg::mdic::ERROR) == 0, reading == 1);
    if (reading == 0) continue;
    EXPECT_EQ(phy.read(reg::MDIC), reg::mdic::OP_READ | reg::mdic::REGADD.put(2) | reg::mdic::READY | 0x0154);
  }
}

TEST(Quirks, PinsOfTheFunctions_FactBase_1_2) {
  for (unsigned f = 0; f < 4; ++f) {
    EXPECT_EQ(QuietPort({}, f).function.config_space().interrupt_pin(), f + 1);
    EXPECT_EQ(QuietPort(with("intx_pins", 1), f).function.config_space().interrupt_pin(), 1u);
  }
}

/// How often descriptors are read until 32 frames are received, the cache being empty each time (3.5).
TEST(Quirks, DepthOfTheDescriptorCache_FactBase_3_5) {
  const std::uint64_t reads[] = {3, 5, 2};  // 16, 8 and 32 at once, and what is read ahead of the next
  for (const unsigned reading : {0u, 1u, 2u}) {
    QuietPort port(with("descriptor_cache", reading));
    port.memory.resize(0x1000 + 128 * 2048);
    port.write_config(0x04, 0x0006);
    for (const bool again : {false, true}) {  // a reset keeps the depth
      for (unsigned i = 0; i < 128; ++i)
        Descriptor::of(AdvRxRead::make({0x1000 + 2048 * i})).store(port.memory.data() + 16 * i);
      port.write(reg::CTRL, reg::ctrl::SLU);
      port.pass(10_us);
      port.write(reg::RXDCTL(0), 0);
      port.write(reg::RDLEN(0), 128 * 16);
      port.write(reg::SRRCTL(0), reg::srrctl::BSIZEPACKET.put(2) | reg::srrctl::DESCTYPE.put(1));
      port.write(reg::RXDCTL(0), reg::rxdctl::ENABLE);
      const std::uint64_t before = port.bus().reads();
      port.write(reg::RDT(0), 100);
      port.write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE);
      for (unsigned i = 0; i < 32; ++i) {
        sim::Frame* f = port.frames().get(60);
        std::fill_n(f->data, 60, std::byte{8});
        port.receive(port.now, f);
        port.pass(20_us);
      }
      EXPECT_EQ(port.bus().reads() - before, reads[reading]) << reading << again;
      port.write(reg::CTRL, reg::ctrl::RST);
    }
  }
}

TEST(Quirks, ReadsOfPayloadInFlight_FactBase_3_5) {
  const unsigned most[] = {6, 2, 14};
  for (const unsigned reading : {0u, 1u, 2u}) {
    QuietPort port(with("payload_reads", reading));
    port.memory.resize(0x8000);
    Descriptor::of(AdvTxData::make({0x1000}, 9000, txd::EOP | txd::IFCS | txd::RS, 9000))
        .store(port.memory.data());
    port.write_config(0x04, 0x0006);
    port.write_config(0xA8, 0);  // reads of 128 bytes
    port.write(reg::CTRL, reg::ctrl::SLU);
    port.write(reg::TDLEN(0), 128);
    port.write(reg::TXDCTL(0), reg::txdctl::ENABLE);
    port.write(reg::TCTL, reg::tctl::EN);
    port.pass(10_us);
    port.write(reg::TDT(0), 1);
    port.pass(1_ms);
    EXPECT_EQ(port.bus().most_in_flight(), most[reading]);
    EXPECT_EQ(port.transmitted(), 1u);
  }
}

/// A frame that no queue drops for, then what a reset and reads leave of the counters.
TEST(Quirks, CountersAfterAReset_FactBase_2_12) {
  for (const unsigned reading : {0u, 1u}) {
    QuietPort port(with("statistics_reset", reading));
    port.write(reg::CTRL, reg::ctrl::SLU);
    port.pass(2_us);
    port.write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE);
    sim::FramePool frames;
    port.function.receive_frame(port.now, frames.get(40));
    port.pass(1_us);
    port.write(reg::CTRL, reg::ctrl::RST);
    EXPECT_EQ(port.read(reg::RUC), reading);
  }
}

}  // namespace
}  // namespace niclab::test
