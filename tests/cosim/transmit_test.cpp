// The transmit path of the card, programmed by hand: what descriptors ask for leaves on the wire (fact
// base 3.2, 4.3, 4.4, 4.11), and what makes no sense ends with a fault line and a closed account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench.hpp"

namespace niclab::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using namespace hw;

std::int64_t gap(const PortAccount& a) {
  return static_cast<std::int64_t>(a.handed_to_device - a.on_the_wire - a.tx_errors - a.tx_inside);
}

// 3.5: the cache holds descriptors when the host refuses the next read of them. The queue stops where it is:
// what was taken leaves, what lies in the cache does not, in every fidelity.
TEST(Transmit, RefusedDescriptorFetchStopsTheQueueWithTheCacheHalfFull) {
  CardBench b;
  unsigned head = 0, later = 0;
  b.task([&] {
    b.bring_up();
    const auto packet = b.buffer(128);
    const auto ring = b.buffer(4096);  // half of what TDLEN says
    for (unsigned i = 232; i < 256; ++i)
      Descriptor::of(AdvTxData::make({packet.bus}, 80, txd::EOP | txd::IFCS | txd::RS, 80))
          .store(ring.data + 16 * i);
    b.wr(reg::TDBAL(0), static_cast<std::uint32_t>(ring.bus));
    b.wr(reg::TDBAH(0), static_cast<std::uint32_t>(ring.bus >> 32));
    b.wr(reg::TDLEN(0), 8192);
    b.wr(reg::TDH(0), 232);
    b.wr(reg::TXDCTL(0), reg::txdctl::ENABLE | reg::txdctl::PTHRESH.put(31));
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    b.wr(reg::TDT(0), 300);
    b.wait(20_us);
    head = b.rd(reg::TDH(0));
    b.wait(20_us);
    later = b.rd(reg::TDH(0));
  });
  b.run(100_us);
  EXPECT_GT(head, 233u);
  EXPECT_LT(head, 255u) << "the cache was not empty when the refusal came";
  EXPECT_EQ(head, later);
  const PortAccount a = b.nic.function(0).account();
  EXPECT_EQ(a.handed_to_device, head - 232u);
  EXPECT_LE(a.tx_errors, 1u) << "at most the packet that was being read";
  EXPECT_EQ(b.recorder.frames.size(), a.on_the_wire);
  EXPECT_THAT(b.nic.function(0).faults(),
              Contains(HasSubstr("transmit descriptor fetch of queue 0 refused by the host")));
  EXPECT_EQ(gap(a), 0);
  EXPECT_TRUE(b.nic.function(0).idle());
}

}  // namespace
}  // namespace niclab::sim
