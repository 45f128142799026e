// EITR on the whole card: software sets causes by EICS over the bus, messages come back, and each must be
// where the law puts it, within the one clock it allows (fact base 2.6.6; docs/architecture.md, "The
// device").
#include <gtest/gtest.h>

#include "base/splitmix64.hpp"
#include "bench.hpp"

namespace niclab::sim {
namespace {

using namespace hw;

constexpr unsigned kVectors = Msix::kEntries, kCauses = 40;

struct NoHandler {
  void run() {}
};

TEST(ThrottleOnTheCard, FactBase_2_6_6_EveryVectorsMessagesAreThoseOfTheLaw) {
  CardBench b;
  NoHandler handler;
  SplitMix64 random(266);
  std::array<unsigned, kVectors> interval{};
  b.task([&] {
    b.bring_up();
    b.wr(reg::GPIE, reg::gpie::NSICR | reg::gpie::Multiple_MSIX | reg::gpie::EIAME | reg::gpie::PBA_support);
    ASSERT_EQ(b.pci.enable_msix(kVectors), 0);
    b.wr(reg::EIAC, (1u << kVectors) - 1);
    b.wr(reg::EIMS, (1u << kVectors) - 1);
    for (unsigned v = 0; v < kVectors; ++v) {
      ASSERT_EQ(b.pci.request_irq(v, Callback::to<&NoHandler::run>(handler), "test"), 0);
      interval[v] = static_cast<unsigned>(2 + random.next() % 60);
      b.wr(reg::EITR(v), interval[v] << 2);
      for (unsigned k = 0; k < kCauses; ++k) {
        b.wr(reg::EICS, reg::bit(v));
        b.wait(Duration::from_ns(random.next() % (2000 * interval[v])));
      }
      b.wait(Duration::from_us(interval[v] + 5));
    }
  });
  b.run(100_ms);

  std::vector<Time> causes;
  for (const TlpEvent& e : b.recorder.select(false, TlpType::MWr))
    if (e.address == HostPci::bar_base(0, 0) + reg::EICS) causes.push_back(e.start);
  ASSERT_EQ(causes.size(), kVectors * kCauses);
  std::vector<Time> messages;
  for (const TlpEvent& e : b.recorder.select(true, TlpType::MWr))
    if (e.address >> 20 == 0xFEE) messages.push_back(e.start);
  ASSERT_FALSE(messages.empty());

  // A lone event fires at once: what it takes is the way of the write over the bus.
  const Duration way = messages[0] - causes[0];
  std::size_t next = 0, waited = 0;
  for (unsigned v = 0; v < kVectors; ++v) {
    Time not_before{}, granted{};
    for (unsigned k = 0; k < kCauses; ++k) {
      const Time cause = causes[v * kCauses + k] + way;
      if (cause <= granted) continue;  // it is told by the message before
      granted = max(cause, not_before);
      waited += granted != cause;
      ASSERT_LT(next, messages.size());
      EXPECT_LE(granted, messages[next] + kDeviceClock) << "vector " << v << ", cause " << k;
      EXPECT_LE(messages[next], granted + kDeviceClock) << "vector " << v << ", cause " << k;
      granted = messages[next++];
      not_before = granted + Duration::from_us(interval[v]);
    }
  }
  EXPECT_EQ(next, messages.size()) << "one cause, one message";
  EXPECT_EQ(messages.size(), b.recorder.interrupts.size());
  EXPECT_GT(waited, kVectors * kCauses / 8);
}

}  // namespace
}  // namespace niclab::sim
