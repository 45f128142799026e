// Priority of MSI-X, MSI and INTx; what pends and what is let go (fact base 1.4.2, 1.4.3, 1.6); and the whole
// way from a cause to a message, counted.
#include "hw/interrupt_delivery.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "hw/interrupt_causes.hpp"
#include "hw/interrupts.hpp"

namespace niclab::hw {
namespace {

using reg::bit;
using Way = InterruptDelivery::Way;

constexpr MsixMessage kMsi{0x1FEE01000, 0x55};
constexpr std::uint16_t kIntxDisable = 0x400;

/// Configuration space with its delivery, as the function uses them.
struct Pins {
  PciConfigSpace pci{PciIdentity{}};
  InterruptDelivery delivery;
  bool bus_master = true;
  std::uint32_t lines = 0;
  std::vector<MsixMessage> sent;

  Pins() {
    pci.write(0x54, 0xFEE01000);
    pci.write(0x58, 1);
    pci.write(0x5C, 0x55);
    changed();
    for (unsigned v = 0; v < Msix::kEntries; ++v) table(v * 16 + 8, 0x100 + v), table(v * 16 + 12, 0);
  }
  void changed() {
    delivery.configure(pci, bus_master, lines, [&](const MsixMessage& m) { sent.push_back(m); });
  }
  void table(std::uint32_t offset, std::uint32_t value, unsigned byte_enable = 0xF) {
    delivery.write_table(offset, value, byte_enable, [&](const MsixMessage& m) { sent.push_back(m); });
  }
  void command(std::uint16_t v) { pci.write16(0x04, v), changed(); }
  void msi(bool on) { pci.write16(0x52, on), changed(); }
  void mask_msi(bool on) { pci.write(0x60, on), changed(); }
  void msix(bool on, bool function_mask = false) {
    pci.write16(0x72, static_cast<std::uint16_t>((on ? 0x8000 : 0) | (function_mask ? 0x4000 : 0)));
    changed();
  }
  void master(bool on) { bus_master = on, changed(); }
  void grant(unsigned v) {
    lines |= bit(v);
    if (const auto m = delivery.grant(v)) sent.push_back(*m);
  }
  void fall() { lines = 0, delivery.lines_are(0); }
};

TEST(Delivery, FactBase_1_6_IntxIsALevelThatRisesAtAGrantAndFallsWithTheLine) {
  Pins p;
  EXPECT_EQ(p.delivery.way(), Way::intx);
  EXPECT_FALSE(p.delivery.pin());
  EXPECT_FALSE(p.delivery.watches_lines());
  p.grant(0);
  EXPECT_TRUE(p.delivery.pin());
  EXPECT_TRUE(p.delivery.watches_lines());
  p.delivery.lines_are(1);
  EXPECT_TRUE(p.delivery.pin());
  p.fall();
  EXPECT_FALSE(p.delivery.pin());
  EXPECT_TRUE(p.sent.empty());
}

TEST(Delivery, FactBase_1_6_IntxDisableSilencesThePinNotTheStatus) {
  Pins p;
  p.command(kIntxDisable);
  p.grant(0);
  EXPECT_FALSE(p.delivery.pin());
  EXPECT_TRUE(p.delivery.interrupt_status());
  p.command(0);
  EXPECT_TRUE(p.delivery.pin());
}

TEST(Delivery, FactBase_1_6_IntxNeedsNoBusMastering) {
  Pins p;
  p.master(false);
  p.grant(0);
  EXPECT_TRUE(p.delivery.pin());
}

TEST(Delivery, FactBase_1_4_2_MaskedMsiPendsOnceAndFiresAtTheUnmask) {
  Pins p;
  p.msi(true);
  p.grant(0);
  EXPECT_EQ(p.sent, std::vector{kMsi});
  EXPECT_FALSE(p.delivery.msi_pending());
  p.mask_msi(true);
  p.grant(0);
  p.grant(0);
  EXPECT_EQ(p.sent.size(), 1u);
  EXPECT_TRUE(p.delivery.msi_pending());
  p.mask_msi(false);
  EXPECT_EQ(p.sent.size(), 2u);
  EXPECT_FALSE(p.delivery.msi_pending());
  p.mask_msi(false);
  EXPECT_EQ(p.sent.size(), 2u);
}

TEST(Delivery, FactBase_1_4_2_PendingMsiWhoseCauseIsGoneIsForgotten) {
  Pins p;
  p.msi(true);
  p.mask_msi(true);
  p.grant(0);
  p.fall();
  p.mask_msi(false);
  EXPECT_TRUE(p.sent.empty());
}

TEST(Delivery, FactBase_1_4_3_WithoutBusMasteringMessagesAreHeldNotLost) {
  Pins p;
  p.msi(true);
  p.master(false);
  p.grant(0);
  EXPECT_TRUE(p.sent.empty());
  EXPECT_TRUE(p.delivery.msi_pending());
  p.master(true);
  EXPECT_EQ(p.sent, std::vector{kMsi});
  p.msix(true);
  p.master(false);
  p.grant(4);
  EXPECT_EQ(p.delivery.read_table(Msix::kPbaOffset), bit(4));
  p.master(true);
  EXPECT_EQ(p.sent.back(), (MsixMessage{0, 0x104}));
  EXPECT_EQ(p.sent.size(), 2u);
}

TEST(Delivery, FactBase_1_6_MsixOverridesMsiOverridesIntx) {
  Pins p;
  p.msix(true);
  p.msi(true);
  p.grant(3);
  EXPECT_EQ(p.sent, (std::vector{MsixMessage{0, 0x103}}));
  p.msix(false);
  p.grant(3);
  EXPECT_EQ(p.sent.back(), kMsi);
  EXPECT_FALSE(p.delivery.interrupt_status());
  p.msi(false);
  p.grant(3);
  EXPECT_EQ(p.sent.size(), 2u);
  EXPECT_TRUE(p.delivery.pin());
}

TEST(Delivery, LevelStillPendingGoesTheNewWay) {
  Pins p;
  p.grant(0);
  p.msi(true);
  EXPECT_FALSE(p.delivery.pin());
  EXPECT_EQ(p.sent, std::vector{kMsi});
  p.msi(false);
  EXPECT_TRUE(p.delivery.pin()) << "the line never fell";
  p.fall();
  p.msi(true);
  EXPECT_EQ(p.sent.size(), 1u);
}

TEST(Delivery, FactBase_2_6_3_VectorsBeyondTheTableSendNothing) {
  Pins p;
  p.msix(true);
  for (unsigned v = Msix::kEntries; v < reg::kVectors; ++v) p.grant(v);
  EXPECT_TRUE(p.sent.empty());
  EXPECT_EQ(p.delivery.read_table(Msix::kPbaOffset), 0u);
}

TEST(Delivery, PortResetForgetsWhatPendedAndKeepsTheTable) {
  Pins p;
  p.msix(true, true);
  p.grant(1);
  p.delivery.reset_port();
  p.msix(true);
  EXPECT_TRUE(p.sent.empty());
  EXPECT_EQ(p.delivery.read_table(16 + 8), 0x101u);
}

// --- the whole way -------------------------------------------------------------------------------

/// Causes, throttle and delivery in one of the three modes, with software that does as igb does, and somebody
/// who masks and unmasks whatever the mode has at random. A *period* begins with a cause while none is
/// pending, and ends when software learns of it (MSI-X: when the message is emitted, which clears the cause).
class WholeWay {
 public:
  WholeWay(Way way, std::uint32_t seed) : way_(way), rng_(seed) {
    p_.msi(way == Way::msi);
    p_.msix(way == Way::msix);
    if (way == Way::msix) throttle_.write_gpie(0xC0000011, {});
    causes_.set_rules({.nsicr = way == Way::msix, .multiple_msix = way == Way::msix});
    for (unsigned v = 0; v < kVectors; ++v) throttle_.write_eitr(v, below(3) * 20 << 2, {});
    throttle_.write_eiac(kVectorMask, {});
    throttle_.write_eiam(kVectorMask, {});
    enable(0);
    for (unsigned v = 1; v < kVectors; ++v) enable(v);
  }

  void run(unsigned events) {
    for (unsigned i = 0; i < events; ++i) {
      advance(now_ + kDeviceClock * (1 + below(below(4) == 0 ? 5000 : 200)));
      if (below(20) == 0) disturb();
      cause();
    }
    p_.mask_msi(false);
    p_.msix(way_ == Way::msix);
    for (unsigned v = 0; v < kVectors; ++v) p_.table(v * 16 + 12, 0);
    p_.command(0);
    p_.master(true);
    deliver();
    advance(now_ + 1_ms);
  }

  unsigned periods = 0, messages = 0, spurious = 0;
  bool quiet() const { return pending_ == 0 && throttle_.next_grant() == Time::never(); }

 private:
  static constexpr unsigned kVectors = 4;
  static constexpr std::uint32_t kVectorMask = bit(kVectors) - 1, kCauses = 0x4000009D;

  unsigned below(unsigned n) { return static_cast<unsigned>(rng_() % n); }
  bool rarely() { return below(5) == 0; }

  void cause() {
    const unsigned v = way_ == Way::msix ? below(kVectors) : 0;
    if ((pending_ & bit(v)) == 0) ++periods;
    pending_ |= bit(v);
    if (way_ == Way::msix) {
      throttle_.set_causes(bit(v), now_);
    } else {
      constexpr std::uint32_t kChoice[] = {reg::icr::RXDW, reg::icr::TXDW, reg::icr::LSC, reg::icr::RXDMT0};
      causes_.set(kChoice[below(4)]);
      level();
    }
  }
  void level() {
    throttle_.set_other_level(causes_.active() != 0, now_);
    p_.lines = throttle_.line(0);
    p_.delivery.lines_are(p_.lines);
  }
  void enable(unsigned v) {
    if (way_ == Way::msix) return throttle_.write_eims(bit(v), now_);
    causes_.write_ims(kCauses);
    causes_.write_iam(kCauses);
    level();
  }
  /// Runs grants and handlers up to `end`.
  void advance(Time end) {
    for (;;) {
      const Time next = niclab::min(throttle_.next_grant(), next_step());
      if (next > end) break;
      now_ = niclab::max(now_, next);
      if (throttle_.next_grant() <= now_) {
        std::uint32_t granted = throttle_.grants(now_);
        if (way_ == Way::msix) pending_ &= ~granted;
        for (; granted != 0; granted &= granted - 1) {
          const auto v = static_cast<unsigned>(std::countr_zero(granted));
          if (const auto m = p_.delivery.grant(v)) p_.sent.push_back(*m);
        }
        deliver();
      }
      for (unsigned v = 0; v < kVectors; ++v) step(v);
    }
    now_ = end;
  }
  /// Messages, or the level of the pin, reach their handlers.
  void deliver() {
    for (const MsixMessage& m : p_.sent) called(way_ == Way::msix ? m.data - 0x100 : 0);
    p_.sent.clear();
    if (way_ == Way::intx && p_.delivery.pin() && handler_[0] == Time::never()) called(0);
  }
  void called(unsigned v) {
    ++messages;
    EXPECT_EQ(handler_[v], Time::never()) << "a second message before the first was served";
    handler_[v] = now_ + 1_us;
  }
  Time next_step() const {
    Time t = Time::never();
    for (unsigned v = 0; v < kVectors; ++v) t = niclab::min(t, niclab::min(handler_[v], enable_[v]));
    return t;
  }
  void step(unsigned v) {
    if (handler_[v] <= now_) {
      handler_[v] = Time::never();
      if (way_ == Way::intx && !p_.delivery.pin()) {  // disabled meanwhile
        --messages;
      } else {
        if (way_ != Way::msix) {
          if ((causes_.read_icr() & ~reg::icr::INTA) == 0) ++spurious;
          pending_ = 0;
          level();
        }
        enable_[v] = now_ + 3_us;
      }
    }
    if (enable_[v] <= now_) {
      enable_[v] = Time::never();
      enable(v);
    }
  }
  void disturb() {
    switch (below(4)) {
      case 0:
        if (way_ == Way::msi) p_.mask_msi(rarely());
        if (way_ == Way::msix) p_.table(below(kVectors) * 16 + 12, rarely());
        break;
      case 1:
        if (way_ == Way::msix) p_.msix(true, rarely());
        break;
      case 2: p_.master(!rarely()); break;
      default: p_.command(rarely() ? kIntxDisable : 0);
    }
    deliver();
  }

  const Way way_;
  std::mt19937 rng_;
  Pins p_;
  InterruptThrottle throttle_;
  InterruptCauses causes_;
  Time now_{};
  std::uint32_t pending_ = 0;
  std::array<Time, kVectors> handler_{Time::never(), Time::never(), Time::never(), Time::never()};
  std::array<Time, kVectors> enable_ = handler_;
};

class OneCauseOneMessage : public testing::TestWithParam<Way> {};

TEST_P(OneCauseOneMessage, OfAHundredThousandRandomEvents) {
  WholeWay w(GetParam(), 7);
  w.run(100'000);
  EXPECT_EQ(w.messages, w.periods);
  EXPECT_EQ(w.spurious, 0u);
  EXPECT_TRUE(w.quiet()) << "a cause was lost";
  EXPECT_GT(w.periods, 10'000u);
  EXPECT_LT(w.periods, 90'000u) << "some causes must share a message";
}

std::string name_of(const testing::TestParamInfo<Way>& way) {
  if (way.param == Way::msix) return "msix";
  return way.param == Way::msi ? "msi" : "intx";
}
INSTANTIATE_TEST_SUITE_P(Ways, OneCauseOneMessage, testing::Values(Way::intx, Way::msi, Way::msix), name_of);

}  // namespace
}  // namespace niclab::hw
