// Flow control, speeds and the counters of the MAC, by the frames on the wire (fact
// base 2.10, 2.12, 3.6, 4.7, 4.8).
#include "hw/flow_control.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "bench.hpp"

namespace niclab::sim {
namespace {

using namespace hw;

constexpr MacAddress kNeighbour{{2, 0, 0, 0, 0, 2}};
constexpr MacAddress kPauseGroup{{0x01, 0x80, 0xC2, 0, 0, 1}};

std::vector<std::byte> frame_to(const MacAddress& destination, std::size_t bytes_with_fcs,
                                std::uint16_t ether_type = 0x88B5) {
  std::vector<std::byte> f(bytes_with_fcs - kFcsBytes);
  destination.store(f.data());
  kNeighbour.store(f.data() + 6);
  store_be16(f.data() + 12, ether_type);
  return f;
}

std::vector<std::byte> pause_frame(std::uint16_t quanta, const MacAddress& destination = kPauseGroup) {
  std::vector<std::byte> f(kMinimumFrame);
  write_pause_frame(f, {.station = kNeighbour, .group = destination}, quanta);
  return f;
}

/// Frames at instants of the test's choice, good or damaged.
class Script final : public TrafficSource {
 public:
  struct Line {
    Time at;
    std::vector<std::byte> bytes;
    bool fcs_good = true;
  };
  explicit Script(std::vector<Line> lines) : lines_(std::move(lines)) {}
  std::optional<Time> next_due(Time) override {
    return next_ < lines_.size() ? std::optional(lines_[next_].at) : std::nullopt;
  }
  Frame* take(FramePool& pool) override {
    const Line& l = lines_[next_++];
    Frame* f = pool.get(static_cast<std::uint32_t>(l.bytes.size()));
    std::copy(l.bytes.begin(), l.bytes.end(), f->data);
    f->fcs_good = l.fcs_good;
    return f;
  }

 private:
  std::vector<Line> lines_;
  std::size_t next_ = 0;
};

/// What the PHY reads and writes is negotiated anew in a microsecond.
void set_speed(CardBench& b, LinkSpeed speed) {
  const auto mii_write = [&](unsigned number, std::uint16_t value) {
    b.wr(reg::MDIC, reg::mdic::OP_WRITE | reg::mdic::PHYADD.put(1) | reg::mdic::REGADD.put(number) | value);
  };
  mii_write(mii::CTRL1000, speed == LinkSpeed::mbps1000 ? mii::CTRL1000_FD : 0);
  mii_write(mii::ANAR, speed == LinkSpeed::mbps10 ? mii::ANAR_10FD | 1 : mii::ANAR_100FD | 1);
  mii_write(mii::BMCR, 0x1340);
  b.wait(5_us);
  const std::uint32_t status = b.rd(reg::STATUS);
  EXPECT_EQ(reg::status::SPEED.get(status), static_cast<std::uint32_t>(speed));
  EXPECT_TRUE(status & reg::status::FD);
  EXPECT_TRUE(status & reg::status::LU);
}

std::vector<Time> ends(const CardBench& b, bool transmitted, std::size_t from = 0) {
  std::vector<Time> v;
  for (std::size_t i = from; i < b.recorder.frames.size(); ++i)
    if (b.recorder.frames[i].transmitted == transmitted) v.push_back(b.recorder.frames[i].end);
  return v;
}

void expect_spacing(const std::vector<Time>& t, std::size_t count, Duration spacing,
                    const std::string& what) {
  ASSERT_EQ(t.size(), count) << what;
  for (std::size_t i = 1; i < t.size(); ++i)
    EXPECT_EQ((t[i] - t[i - 1]).ps(), spacing.ps()) << what << ", frame " << i;
}

constexpr LinkSpeed kSpeeds[] = {LinkSpeed::mbps1000, LinkSpeed::mbps100, LinkSpeed::mbps10};
constexpr unsigned kSizes[] = {64, 512, 1514, 9000};  // with FCS
constexpr unsigned kFrames = 12;

/// Time of the theory, in whole bit times.
constexpr Duration bits(LinkSpeed s, std::uint64_t n) { return Duration::from_ns(1000 / megabits(s)) * n; }

std::string case_name(LinkSpeed s, unsigned size, unsigned gap) {
  return std::to_string(megabits(s)) + " Mb/s, " + std::to_string(size) + " B, gap " + std::to_string(gap);
}

/// A new ring with `count` frames of `size` goes out.
void transmit(CardBench& b, unsigned count, unsigned size) {
  b.wr(reg::TXDCTL(0), 0);
  b.wr(reg::TDT(0), 0);
  b.wr(reg::TDH(0), 0);
  const auto packet = b.buffer(size);
  const auto length = static_cast<std::uint16_t>(size - kFcsBytes);
  b.transmit_ring(count, {&packet, 1}, {&length, 1});
  b.wr(reg::TDT(0), count);
}

TEST(Spacing, FactBase_3_6_4_8_FramesLeaveBackToBackToTheBitTime) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    for (const LinkSpeed speed : kSpeeds) {
      set_speed(b, speed);
      for (const unsigned size : kSizes)
        for (const unsigned gap : {12u, 30u}) {
          b.wr(reg::TIPG, reg::tipg::IPGT.replace(0x00601008, gap - 4));
          const std::size_t from = b.recorder.frames.size();
          transmit(b, kFrames, size);
          b.wait(20_us + bits(speed, 8) * (kFrames * (size + 40)));
          expect_spacing(ends(b, true, from), kFrames, bits(speed, 8) * (size + 8 + gap),
                         case_name(speed, size, gap));
        }
    }
  });
  b.run(10_s);
}

TEST(Spacing, FactBase_3_6_4_8_TheFarEndFollowsTheSpeed) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    for (const LinkSpeed speed : kSpeeds) {
      set_speed(b, speed);
      for (const unsigned size : kSizes) {
        const std::size_t from = b.recorder.frames.size();
        const std::vector<RecordedSource::Recorded> frames(kFrames, {Duration{}, frame_to(kStation, size)});
        b.far.add_source(std::make_unique<RecordedSource>(frames, b.host.kernel().now(), Duration{}));
        b.wait(20_us + bits(speed, 8) * (kFrames * (size + 20)));
        expect_spacing(ends(b, false, from), kFrames, bits(speed, 8) * (size + 20),
                       case_name(speed, size, 12));
      }
    }
  });
  b.run(10_s);
}

// --- PAUSE received ------------------------------------------------------------------------------

/// First bit of the preamble of a frame of 64 bytes at 1 Gb/s.
constexpr Time begin_of(Time end) { return end - 8_ns * 72; }

TEST(PauseReceived, FactBase_4_7_StopsNewFramesForItsQuanta) {
  CardBench b;
  std::array<Time, 4> sent{};  // first bits of the PAUSE frames
  b.task([&] {
    b.bring_up();
    b.receive_ring(200, b.buffer(2048), 0);
    b.wr(reg::CTRL, b.rd(reg::CTRL) | reg::ctrl::RFCE);
    const Time start = b.host.kernel().now() + 10_us;
    sent = {start + 5_us, start + 9_us, start + 30_us, start + 50_us};
    b.far.add_source(std::make_unique<Script>(
        std::vector<Script::Line>{{sent[0], pause_frame(40)},
                                  {sent[1], pause_frame(4)},
                                  {sent[1] + 8_us, pause_frame(0xFFFF), false},  // damaged: nothing
                                  {sent[2], pause_frame(0xFFFF, kStation)},
                                  {sent[3], pause_frame(0)}}));
    b.wait(9_us);
    const auto packet = b.buffer(64);
    const std::uint16_t length = 60;
    b.transmit_ring(200, {&packet, 1}, {&length, 1});
    b.wr(reg::TDT(0), 200);
    b.wait(35_us);
    EXPECT_TRUE(b.rd(reg::STATUS) & reg::status::TXOFF);
    b.wait(300_us);
    EXPECT_FALSE(b.rd(reg::STATUS) & reg::status::TXOFF);
    EXPECT_EQ(b.rd(reg::XOFFRXC), 3u);
    EXPECT_EQ(b.rd(reg::XONRXC), 1u);
    EXPECT_EQ(b.rd(reg::CRCERRS), 1u);
    EXPECT_EQ(b.rd(reg::DC), 2u) << "two frames had to wait, one of them for two pauses";
    EXPECT_EQ(b.rd(reg::TPR), 5u);
    EXPECT_EQ(b.rd(reg::GPRC), 0u) << "PAUSE is none of the good packets";
  });
  b.run(10_ms);
  const auto out = ends(b, true);
  ASSERT_EQ(out.size(), 200u) << "the frame in flight finished, and all the others came";
  const auto heard = [](Time first_bit) { return (first_bit + 8_ns * 72 + 50_ns).ceil(kDeviceClock); };
  const auto first_from = [&](Time t) {
    return begin_of(*std::find_if(out.begin(), out.end(), [&](Time e) { return begin_of(e) >= t; }));
  };
  // The second PAUSE replaced the first, the XON cleared the third.
  EXPECT_EQ(first_from(heard(sent[0])), heard(sent[1]) + 512_ns * 4);
  EXPECT_EQ(first_from(heard(sent[2])), heard(sent[3]));
  const auto in_flight = [&](Time t) {
    return std::any_of(out.begin(), out.end(), [&](Time e) { return begin_of(e) < t && t < e; });
  };
  EXPECT_TRUE(in_flight(heard(sent[0])) || in_flight(heard(sent[2]))) << "a frame in flight is not stopped";
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.injected, 5u);
  EXPECT_EQ(a.filtered, 3u) << "the group's address is in no filter";
  EXPECT_EQ(a.delivered, 1u) << "the one sent to the station";
  EXPECT_EQ(a.error_drops, 1u);
}

TEST(PauseReceived, FactBase_4_7_DeliveryByRfceDpfAndPmcf) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    b.receive_ring(250, b.buffer(2048), 0);
    const std::uint32_t ctrl = b.rd(reg::CTRL), rctl = b.rd(reg::RCTL);
    auto unsupported = pause_frame(1, kStation);
    store_be16(unsupported.data() + 14, 0x0101);
    // One PAUSE and one other MAC control frame to the station: how many does the host see?
    const auto seen = [&](bool rfce, std::uint32_t forwarding) {
      b.wr(reg::CTRL, ctrl | (rfce ? reg::ctrl::RFCE : 0));
      b.wr(reg::RCTL, rctl | forwarding);
      const auto before = b.nic.function(0).account().delivered;
      const Time t = b.host.kernel().now() + 2_us;
      b.far.add_source(std::make_unique<Script>(
          std::vector<Script::Line>{{t, pause_frame(1, kStation)}, {t + 1_us, unsupported}}));
      b.wait(10_us);
      return b.nic.function(0).account().delivered - before;
    };
    EXPECT_EQ(seen(false, 0), 2u) << "ordinary frames";
    EXPECT_EQ(b.rd(reg::XOFFRXC) + b.rd(reg::FCRUC), 0u);
    EXPECT_EQ(b.rd(reg::GPRC), 2u);
    EXPECT_EQ(seen(true, 0), 1u) << "the PAUSE";
    EXPECT_EQ(seen(true, reg::rctl::DPF), 0u);
    EXPECT_EQ(seen(true, reg::rctl::PMCF), 2u);
    EXPECT_EQ(seen(true, reg::rctl::DPF | reg::rctl::PMCF), 1u) << "the other one";
    EXPECT_EQ(b.rd(reg::XOFFRXC), 4u);
    EXPECT_EQ(b.rd(reg::FCRUC), 4u);
    EXPECT_EQ(b.rd(reg::GPRC), 0u);
  });
  b.run(10_ms);
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.injected, 10u);
  EXPECT_EQ(a.delivered, 6u);
  EXPECT_EQ(a.rx_control, 4u);
}

// --- PAUSE sent ----------------------------------------------------------------------------------

TEST(PauseSent, FactBase_2_10_WatermarksRefreshAndXon) {
  constexpr unsigned kCount = 500;
  CardBench b;
  b.far.link_end().set_abilities(LinkSignal::everything(LinkSpeed::mbps1000, true));
  b.task([&] {
    b.bring_up();
    b.wr(reg::CTRL, b.rd(reg::CTRL) | reg::ctrl::TFCE);
    b.wr(reg::FCTTV, 0x40);
    b.wr(reg::FCRTV, 0x20);
    b.wr(reg::FCRTL, 0x2000 | reg::fcrtl::XONE);
    b.wr(reg::FCRTH, 0x4000);
    b.receive_ring(0, b.buffer(2048), 0);  // never given a descriptor, for now
    b.far.add_source(
        std::make_unique<UdpSource>(CardBench::to_station(64, kCount, b.host.kernel().now() + 5_us)));
    b.wait(300_us);
    EXPECT_TRUE(b.rd(reg::FCSTS0) & reg::fcsts0::XOFF);
    EXPECT_FALSE(b.rd(reg::FCSTS0) & reg::fcsts0::BELOW_LOW);
    EXPECT_GE(reg::fcsts0::REFRESH.get(b.rd(reg::FCSTS0)), 0x20u);
    b.wr(reg::RDT(0), 255);
    b.wait(200_us);
    b.wr(reg::RDT(0), 254);
    b.wait(200_us);
    EXPECT_EQ(b.rd(reg::FCSTS0), reg::fcsts0::BELOW_LOW);
    EXPECT_EQ(b.rd(reg::MPC), 0u);
    EXPECT_EQ(b.rd(reg::XONTXC), 1u);
    EXPECT_EQ(b.rd(reg::GPTC), 0u);
    EXPECT_EQ(b.rd(reg::TCTL) & reg::tctl::SWXOFF, 0u);
    b.wr(reg::TCTL, b.rd(reg::TCTL) | reg::tctl::SWXOFF);
    b.wait(2_us);
    EXPECT_EQ(b.rd(reg::TCTL) & reg::tctl::SWXOFF, 0u) << "clears itself";
    EXPECT_EQ(b.rd(reg::XOFFTXC), b.far.pauses() - 1);
    EXPECT_EQ(b.rd(reg::TPT), b.far.pauses());
    EXPECT_EQ(b.rd(reg::PTC64), b.far.pauses());
  });
  b.run(10_ms);
  const auto out = ends(b, true), in = ends(b, false);
  ASSERT_GE(out.size(), 10u);
  for (std::size_t i = 1; i + 2 < out.size(); ++i)  // XOFFs; then the XON, and software's own
    EXPECT_EQ((out[i] - out[i - 1]).ps(), (512_ns * (0x40 - 0x20) + 8_ns * 72).ps()) << "refresh " << i;
  const Time xoff = out.front(), xon = out[out.size() - 2];
  const auto after = [&](Time t) {
    return std::find_if(in.begin(), in.end(), [&](Time e) { return begin_of(e) > t; });
  };
  EXPECT_GE(begin_of(*after(xoff + 200_ns)), xon) << "the far end was quiet until the XON";
  EXPECT_LT(begin_of(*after(xoff + 200_ns)), xon + 200_ns) << "and no longer";
  EXPECT_EQ(in.size(), kCount);
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.delivered, kCount);
  EXPECT_EQ(a.tx_control, b.far.pauses());
  EXPECT_EQ(a.on_the_wire, 0u);
}

// --- link ----------------------------------------------------------------------------------------

TEST(LinkChange, FactBase_4_8_CutsTheFrameAndForcesTheMac) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    b.receive_ring(200, b.buffer(2048), 0);
    set_speed(b, LinkSpeed::mbps10);
    b.rd(reg::ICR);
    const Time t = b.host.kernel().now() + 5_us;
    // 1.2 ms on the wire each; in the first of them negotiation begins anew.
    b.far.add_source(std::make_unique<Script>(
        std::vector<Script::Line>{{t, frame_to(kStation, 1518)}, {t + 1300_us, frame_to(kStation, 1518)}}));
    b.wait(600_us);
    b.wr(reg::MDIC, reg::mdic::OP_WRITE | reg::mdic::PHYADD.put(1) | 0x1340);
    EXPECT_FALSE(b.rd(reg::STATUS) & reg::status::LU);
    EXPECT_EQ(b.rd(reg::ICR) & reg::icr::LSC, reg::icr::LSC);
    b.wait(5_us);
    EXPECT_TRUE(b.rd(reg::STATUS) & reg::status::LU);
    EXPECT_EQ(b.rd(reg::ICR) & reg::icr::LSC, reg::icr::LSC);
    b.wait(3_ms);
    EXPECT_EQ(b.rd(reg::GPRC), 1u) << "of a frame whose beginning is gone nothing is received";

    set_speed(b, LinkSpeed::mbps1000);
    using namespace reg::ctrl;
    const std::uint32_t ctrl = b.rd(reg::CTRL);
    b.wr(reg::CTRL, SPEED.replace(ctrl, 1) | FRCSPD | FRCDPX);
    EXPECT_EQ(reg::status::SPEED.get(b.rd(reg::STATUS)), 1u);
    EXPECT_TRUE(b.rd(reg::STATUS) & reg::status::FD);
    b.wr(reg::CTRL, (SPEED.replace(ctrl, 1) & ~FD) | FRCSPD | FRCDPX);
    EXPECT_FALSE(b.rd(reg::STATUS) & reg::status::FD);
    const std::size_t from = b.recorder.frames.size();
    transmit(b, kFrames, 64);
    b.wait(200_us);
    expect_spacing(ends(b, true, from), kFrames, 80_ns * 84, "forced to 100 Mb/s");
    b.wr(reg::CTRL, ctrl);
    EXPECT_EQ(reg::status::SPEED.get(b.rd(reg::STATUS)), 2u);
  });
  b.run(1_s);
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.injected, 2u);
  EXPECT_EQ(a.delivered, 1u);
  EXPECT_EQ(a.filtered, 1u);
}

// --- counters ------------------------------------------------------------------------------------

TEST(Counters, FactBase_2_12_MovedByFrames) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    b.receive_ring(200, b.buffer(2048), 0);
    constexpr MacAddress kGroup{{0x01, 0, 0x5E, 0, 0, 5}};
    b.wr(reg::MTA(MacFilter::hash(kGroup, 0) >> 5), 1u << (MacFilter::hash(kGroup, 0) & 31));
    b.wr(reg::CTRL, b.rd(reg::CTRL) | reg::ctrl::RFCE);
    b.wr(reg::RCTL, b.rd(reg::RCTL) | reg::rctl::DPF);
    Time t = b.host.kernel().now() + 5_us;
    std::vector<Script::Line> lines;
    unsigned good = 0, octets = 0, all_octets = 0;
    const auto add = [&](std::vector<std::byte> bytes, bool fcs_good = true) {
      all_octets += static_cast<unsigned>(bytes.size()) + kFcsBytes;
      lines.push_back({t, std::move(bytes), fcs_good});
      t += 20_us;
    };
    for (const unsigned size : {64u, 65u, 127u, 128u, 256u, 512u, 1024u, 1518u}) {
      add(frame_to(kStation, size));
      ++good, octets += size;
    }
    add(frame_to(kGroup, 64));
    add(frame_to(MacAddress{{255, 255, 255, 255, 255, 255}}, 64));
    good += 2, octets += 128;
    add(frame_to(kStation, 64), false);
    add(frame_to(kStation, 60));
    add(frame_to(kStation, 60), false);
    add(frame_to(kStation, 1519));
    add(frame_to(kStation, 1519), false);
    add(pause_frame(1));
    const auto frames = static_cast<unsigned>(lines.size());
    b.far.add_source(std::make_unique<Script>(std::move(lines)));
    transmit(b, 10, 700);
    b.wait(500_us);
    const struct {
      const char* name;
      unsigned value;
    } expected[] = {
        {"PRC64", 3},       {"PRC127", 2},    {"PRC255", 1},      {"PRC511", 1},   {"PRC1023", 1},
        {"PRC1522", 2},     {"GPRC", good},   {"BPRC", 1},        {"MPRC", 1},     {"GORCL", octets},
        {"GORCH", 0},       {"CRCERRS", 2},   {"RUC", 1},         {"RFC", 1},      {"ROC", 1},
        {"RJC", 1},         {"RLEC", 4},      {"XOFFRXC", 1},     {"TPR", frames}, {"TORL", all_octets},
        {"TORH", 0},        {"RPTHC", good},  {"HGORCL", octets}, {"HGORCH", 0},   {"GPTC", 10},
        {"TPT", 10},        {"GOTCL", 7000},  {"GOTCH", 0},       {"TOTL", 7000},  {"TOTH", 0},
        {"HGPTC", 10},      {"HGOTCL", 7000}, {"HGOTCH", 0},      {"PTC1023", 10}, {"PQGPRC", good},
        {"PQGORC", octets}, {"PQGPTC", 10},   {"PQGOTC", 7000},   {"PQMPRC", 1},   {"MPC", 0},
        {"RNBC", 0},        {"XONRXC", 0},    {"FCRUC", 0},       {"RQDPC", 0}};
    for (const auto& [name, value] : expected) EXPECT_EQ(b.rd(reg::find(name)->offset), value) << name;
    for (const auto& [name, value] : expected) {
      const bool free_running = std::string_view(name).starts_with("PQ");
      EXPECT_EQ(b.rd(reg::find(name)->offset), free_running ? value : 0u) << name << " read again";
    }
  });
  b.run(10_ms);
}

}  // namespace
}  // namespace niclab::sim
