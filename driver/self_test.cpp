// ethtool -t: what igb tests of its port (fact base 2.2 for the registers and their masks, 2.6.1 for the
// causes).
#include <array>
#include <cstdio>
#include <cstring>
#include <new>
#include <span>

#include "driver/igb.hpp"

namespace niclab::igb {
namespace {

// --- registers -----------------------------------------------------------------------------------

enum class Check : std::uint8_t {
  pattern,        ///< four patterns come back, but for what the mask hides
  set_and_check,  ///< one value comes back under the mask
  set             ///< written only: the registers after it need it
};

struct RegTest {
  reg::Offset first;
  std::uint32_t stride;
  unsigned count;
  Check check;
  std::uint32_t mask, write;
};

constexpr std::uint32_t kAll = 0xFFFFFFFF;
constexpr std::uint32_t kBase = 0xFFFFFF80, kLength = 0x000FFF80, kLengthWrite = 0x000FFFFF,
                        kTail = 0x0000FFFF;
constexpr std::uint32_t kRctlMask = 0x04CFB0FE, kRctlPattern = 0x003FFFFB, kRahMask = 0xC3FFFFFF;

// The queues of each range, four at their old addresses and four at the new ones (2.1).
constexpr RegTest queues(reg::Offset first, Check check, std::uint32_t mask, std::uint32_t write) {
  return {first, first < 0xC000 ? 0x100u : 0x40u, 4, check, mask, write};
}

// A tail can be written while its queue is on only, and before the queue has a ring: with one the device
// would fetch from wherever the patterns point.
constexpr std::array kRegTests{
    RegTest{reg::FCAL, 0, 1, Check::pattern, kAll, kAll},
    RegTest{reg::FCAH, 0, 1, Check::pattern, 0x0000FFFF, kAll},
    RegTest{reg::FCT, 0, 1, Check::pattern, 0x0000FFFF, kAll},
    queues(0x02828, Check::set, 0, reg::rxdctl::ENABLE),
    queues(reg::RXDCTL(4), Check::set, 0, reg::rxdctl::ENABLE),
    queues(0x02818, Check::pattern, kTail, kTail),
    queues(reg::RDT(4), Check::pattern, kTail, kTail),
    queues(0x02828, Check::set, 0, 0),
    queues(reg::RXDCTL(4), Check::set, 0, 0),
    queues(0x02800, Check::pattern, kBase, kAll),
    queues(0x02804, Check::pattern, kAll, kAll),
    queues(0x02808, Check::pattern, kLength, kLengthWrite),
    queues(reg::RDBAL(4), Check::pattern, kBase, kAll),
    queues(reg::RDBAH(4), Check::pattern, kAll, kAll),
    queues(reg::RDLEN(4), Check::pattern, kLength, kLengthWrite),
    RegTest{reg::FCRTH, 0, 1, Check::pattern, 0x0000FFF0, 0x0000FFF0},
    RegTest{reg::FCTTV, 0, 1, Check::pattern, 0x0000FFFF, 0x0000FFFF},
    RegTest{reg::TIPG, 0, 1, Check::pattern, 0x3FFFFFFF, 0x3FFFFFFF},
    queues(0x03828, Check::set, 0, 0),
    queues(0x03818, Check::pattern, kTail, kTail),
    queues(reg::TDT(4), Check::pattern, kTail, kTail),
    queues(0x03800, Check::pattern, kBase, kAll),
    queues(0x03804, Check::pattern, kAll, kAll),
    queues(0x03808, Check::pattern, kLength, kLengthWrite),
    queues(reg::TDBAL(4), Check::pattern, kBase, kAll),
    queues(reg::TDBAH(4), Check::pattern, kAll, kAll),
    queues(reg::TDLEN(4), Check::pattern, kLength, kLengthWrite),
    RegTest{reg::RCTL, 0, 1, Check::set_and_check, kAll, 0},
    RegTest{reg::RCTL, 0, 1, Check::set_and_check, kRctlMask, kRctlPattern},
    RegTest{reg::RCTL, 0, 1, Check::set_and_check, kRctlMask, kAll},
    RegTest{reg::TCTL, 0, 1, Check::set_and_check, kAll, 0},
    RegTest{reg::RAL(0), 8, 16, Check::pattern, kAll, kAll},
    RegTest{reg::RAH(0), 8, 16, Check::pattern, kRahMask, kAll},
    RegTest{reg::RAL(16), 8, 16, Check::pattern, kAll, kAll},
    RegTest{reg::RAH(16), 8, 16, Check::pattern, kRahMask, kAll},
    RegTest{reg::MTA(0), 4, reg::kTableWords, Check::pattern, kAll, kAll},
};
constexpr std::array kPatterns{0x5A5A5A5Au, 0xA5A5A5A5u, 0x00000000u, 0xFFFFFFFFu};
constexpr std::uint32_t kStatusToggle = 0x7FEFF3FF;  // STATUS without what a write may change

// --- interrupts ----------------------------------------------------------------------------------

constexpr std::uint32_t kTestableCauses = 0x77DCFED5;  // 2.6.1
constexpr unsigned kInterruptMs = 10;

// --- loopback ------------------------------------------------------------------------------------

constexpr unsigned kTestRing = 256, kFramesALoop = 64, kLoops = 2 * (kTestRing / kFramesALoop) + 2;
constexpr unsigned kLoopMs = 200;
constexpr std::uint32_t kFrameBytes = 256;

// The frame of igb's test: it is a broadcast, and its middle shows that nothing was shifted.
void fill_test_frame(std::span<std::byte> frame) {
  const std::size_t half = frame.size() / 2;
  std::memset(frame.data(), 0xFF, frame.size());
  std::memset(frame.data() + half, 0xAA, half - 1);
  frame[half + 10] = std::byte{0xBE};
  frame[half + 12] = std::byte{0xAF};
}

bool is_test_frame(const std::byte* data) {
  const std::size_t half = kFrameBytes / 2;
  return data[3] == std::byte{0xFF} && data[half + 10] == std::byte{0xBE} &&
         data[half + 12] == std::byte{0xAF};
}

template <class... Numbers>
std::string print(const char* format, Numbers... numbers) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), format, numbers...);
  return text.data();
}

constexpr unsigned kAutonegMs = 5000, kAfterTestsMs = 4000;

}  // namespace

// --- the whole -----------------------------------------------------------------------------------

SelfTest IgbAdapter::diag_test(bool offline) {
  kernel_.sync();
  testing_ = true;
  SelfTest result;
  if (offline && hw_.row().offline_tests) {
    log(pdev_.address().to_string() + ": offline testing starting");
    result = offline_test();
  } else {
    log(pdev_.address().to_string() + ": online testing starting");
    if (running_) result.data[SelfTest::link] = igb_link_test();  // without an interface the PHY sleeps
  }
  kernel_.sync();
  testing_ = false;
  hw_.msleep(kAfterTestsMs);
  return result;
}

// The reset before each part makes it independent of what the one before left behind.
SelfTest IgbAdapter::offline_test() {
  SelfTest result;
  const bool reopen = running_;
  igb_power_up_link();
  result.data[SelfTest::link] = igb_link_test();
  if (reopen) core_.dev_close(*this);
  begin_reconfiguration();
  if (!reopen) igb_reset();
  result.data[SelfTest::registers] = igb_reg_test();
  igb_reset();
  result.data[SelfTest::eeprom] = igb_eeprom_test();
  igb_reset();
  result.data[SelfTest::interrupts] = igb_intr_test();
  igb_reset();
  igb_power_up_link();
  result.data[SelfTest::loopback] = igb_loopback_test();
  hw_.autoneg_wait_to_complete = true;
  igb_reset();
  hw_.autoneg_wait_to_complete = false;
  end_reconfiguration();
  kernel_.sync();
  testing_ = false;
  if (reopen) core_.dev_open(*this);
  return result;
}

// --- registers and EEPROM ------------------------------------------------------------------------

bool IgbAdapter::reg_pattern_test(reg::Offset offset, std::uint32_t mask, std::uint32_t write) {
  for (const std::uint32_t pattern : kPatterns) {
    hw_.wr32(offset, pattern & write);
    const std::uint32_t got = hw_.rd32(offset), expected = pattern & write & mask;
    if (got == expected) continue;
    log(pdev_.address().to_string() +
        print(": pattern test reg %04X failed: got 0x%08X expected 0x%08X", offset, got, expected));
    return false;
  }
  return true;
}

bool IgbAdapter::reg_set_and_check(reg::Offset offset, std::uint32_t mask, std::uint32_t write) {
  hw_.wr32(offset, write & mask);
  const std::uint32_t got = hw_.rd32(offset) & mask, expected = write & mask;
  if (got == expected) return true;
  log(pdev_.address().to_string() +
      print(": set/check reg %04X test failed: got 0x%08X expected 0x%08X", offset, got, expected));
  return false;
}

std::uint64_t IgbAdapter::igb_reg_test() {
  const std::uint32_t before = hw_.rd32(reg::STATUS);
  const std::uint32_t expected = hw_.rd32(reg::STATUS) & kStatusToggle;
  hw_.wr32(reg::STATUS, kStatusToggle);
  const std::uint32_t after = hw_.rd32(reg::STATUS) & kStatusToggle;
  if (after != expected) {
    log(pdev_.address().to_string() +
        print(": failed STATUS register test got: 0x%08X expected: 0x%08X", after, expected));
    return 1;
  }
  hw_.wr32(reg::STATUS, before);
  for (const RegTest& test : kRegTests) {
    for (unsigned i = 0; i < test.count; ++i) {
      const reg::Offset offset = test.first + i * test.stride;
      switch (test.check) {
        case Check::pattern:
          if (!reg_pattern_test(offset, test.mask, test.write)) return offset;
          break;
        case Check::set_and_check:
          if (!reg_set_and_check(offset, test.mask, test.write)) return offset;
          break;
        case Check::set: hw_.wr32(offset, test.write); break;
      }
    }
  }
  return 0;
}

std::uint64_t IgbAdapter::igb_eeprom_test() { return hw_.validate_nvm_checksum() == 0 ? 0 : 2; }

// --- interrupts ----------------------------------------------------------------------------------

std::uint64_t IgbAdapter::igb_intr_test() {
  if (pdev_.request_irq(0, Callback::to<&IgbAdapter::igb_test_intr>(*this), name) != 0) return 1;
  const bool shared = pdev_.irq_is_shared(0);
  log(pdev_.address().to_string() + ": testing " + (shared ? "shared" : "unshared") + " interrupt");
  hw_.wr32(hw_.row().imc, ~std::uint32_t{0});
  hw_.wrfl();
  hw_.msleep(kInterruptMs);
  const std::uint64_t result = igb_test_causes(shared);
  hw_.wr32(hw_.row().imc, ~std::uint32_t{0});
  hw_.wrfl();
  hw_.msleep(kInterruptMs);
  pdev_.free_irq(0);
  return result;
}

/// The causes the handler saw after software has set `causes`.
std::uint32_t IgbAdapter::caused_by(std::uint32_t causes) {
  hw_.wr32(hw_.row().ics, causes);
  hw_.wrfl();
  hw_.msleep(kInterruptMs);
  kernel_.sync();
  return test_icr_;
}

// On a shared line nobody can say whose interrupt it was: then only that it comes is tested.
std::uint64_t IgbAdapter::igb_test_causes(bool shared) {
  const auto quiet = [this] {
    kernel_.sync();
    test_icr_ = 0;
    hw_.wr32(hw_.row().icr, ~std::uint32_t{0});
  };
  for (std::uint32_t left = kTestableCauses; left != 0; left &= left - 1) {
    const std::uint32_t cause = left & (~left + 1);
    if (!shared) {
      quiet();
      hw_.wr32(hw_.row().imc, cause);
      if ((caused_by(cause) & cause) != 0) return 3;
    }
    quiet();
    hw_.wr32(hw_.row().ims, cause);
    if ((caused_by(cause) & cause) == 0) return 4;
    if (!shared) {
      quiet();
      hw_.wr32(hw_.row().imc, ~cause);
      if ((caused_by(~cause) & cause) != 0) return 5;
    }
  }
  return 0;
}

// --- loopback ------------------------------------------------------------------------------------

std::uint64_t IgbAdapter::igb_loopback_test() {
  if (hw_.phy_reset_blocked()) {
    log(pdev_.address().to_string() + ": Cannot do PHY loopback test when SoL/IDER is active.");
    return 0;
  }
  TxRing tx;
  RxRing rx;
  tx.queue = &tx_queues[0];
  try {
    igb_setup_tx_resources(tx, kTestRing);
  } catch (const std::bad_alloc&) {
    return 1;
  }
  try {
    igb_setup_rx_resources(rx, kTestRing);
  } catch (const std::bad_alloc&) {
    igb_free_tx_resources(tx);
    return 3;
  }
  igb_setup_tctl();
  igb_configure_tx_ring(tx);
  hw_.wr32(reg::MRQC, 0);  // everything to queue 0
  igb_setup_rctl();
  igb_configure_rx_ring(rx);
  igb_alloc_rx_buffers(rx, rx.unused());
  hw_.set_phy_loopback();
  const std::uint64_t result = igb_run_loopback_test(tx, rx);
  hw_.clear_phy_loopback();
  igb_reset();  // the device lets go of the rings
  igb_free_tx_resources(tx);
  igb_free_rx_resources(rx);
  return result;
}

std::uint64_t IgbAdapter::igb_run_loopback_test(TxRing& tx, RxRing& rx) {
  for (unsigned loop = 0; loop < kLoops; ++loop) {
    for (unsigned i = 0; i < kFramesALoop; ++i) {
      stack::SkbPtr skb = core_.skb_pool().alloc(kFrameBytes);
      fill_test_frame({skb->put(kFrameBytes), kFrameBytes});
      BhGuard bh(kernel_);
      if (igb_xmit_frame_ring(skb, tx) != stack::NetdevTx::ok) return 12;
    }
    hw_.msleep(kLoopMs);
    if (igb_clean_test_rings(tx, rx) != kFramesALoop) return 13;
  }
  return 0;
}

/// The good frames that have come back; their descriptors of both rings are free again.
unsigned IgbAdapter::igb_clean_test_rings(TxRing& tx, RxRing& rx) {
  unsigned good = 0, cleaned = 0;
  for (; cleaned < kTestRing - 1; ++cleaned) {
    const auto wb = rx.desc.load(kernel_, rx.next_to_clean).as<hw::AdvRxWriteback>();
    if ((wb.status_errors() & hw::rxd::DD) == 0) break;
    const RxBuffer& buffer = rx.buffers[rx.next_to_clean];
    if (wb.length() == kFrameBytes && is_test_frame(buffer.page->base + buffer.page_offset)) ++good;
    rx.next_to_clean = rx.next(rx.next_to_clean);
    TxBuffer& sent = tx.buffers[tx.next_to_clean];
    igb_unmap_tx(sent);
    sent.next_to_watch = TxBuffer::kNothing;
    sent.skb.reset();
    if (tx_meter_) tx_ring_cleaned(tx, tx.next(tx.next_to_clean), kernel_.now());
    tx.next_to_clean = tx.next(tx.next_to_clean);
  }
  if (cleaned != 0) igb_alloc_rx_buffers(rx, cleaned);
  return good;
}

// --- link ----------------------------------------------------------------------------------------

std::uint64_t IgbAdapter::igb_link_test() {
  hw_.check_for_link();
  hw_.msleep(kAutonegMs);
  return (hw_.rd32(reg::STATUS) & reg::status::LU) != 0 ? 0 : 1;
}

}  // namespace niclab::igb
