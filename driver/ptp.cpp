#include "driver/ptp.hpp"

#include <cerrno>
#include <string>

#include "base/bytes.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kOverflowPeriod = 9 * 60, kTxTimeout = 15;            // seconds
constexpr std::uint32_t kPtpEtherType = 0x88F7, kPtpEventPort = 0x3F01;  // 319, its bytes in network order
constexpr unsigned kFilter = 3;  // ETQF, IMIR, IMIREXT and FTQF that belong to PTP (fact base 2.6.8)
constexpr std::uint32_t kNoTuple = 0xF0000000, kVfBypass = 1u << 15, kUdp = 17;

}  // namespace

/// tmreg_lock, which hard interrupts of the same CPU may want too.
class IgbPtp::Guard {
 public:
  explicit Guard(IgbPtp& p) : ptp_(p), were_enabled_(p.kernel_.local_irq_save()) {
    ptp_.kernel_.lock(ptp_.lock_);
  }
  ~Guard() {
    ptp_.kernel_.unlock(ptp_.lock_);
    ptp_.kernel_.local_irq_restore(were_enabled_);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  IgbPtp& ptp_;
  const bool were_enabled_;
};

IgbPtp::IgbPtp(Hardware& hw, stack::NetdevCore& core, Callback overflow_due)
    : hw_(hw), core_(core), kernel_(core.kernel()), overflow_timer_(overflow_due) {}

IgbPtp::~IgbPtp() {
  if (overflow_timer_.pending()) kernel_.del_timer(overflow_timer_);
}

// --- the clock -----------------------------------------------------------------------------------

void IgbPtp::start_clock() {
  hw_.wr32(reg::TSAUXC, 0);
  hw_.wr32(reg::TSIM, reg::tsicr::TXTS);
  hw_.wr32(hw_.row().ims, reg::icr::TIME_SYNC);
  const Guard guard(*this);
  const std::uint64_t cycles = read_cycles();
  tc_.init(cycles, kernel_.now().ns());
}

void IgbPtp::init() {
  start_clock();
  arm_overflow();
  index_ = core_.ptp_clock_register(*this);
}

void IgbPtp::reset() {
  if (index_ < 0) return;
  freq_ = 0;
  write_ts_config(config_.rx_filter != stack::HwtstampFilter::none);
  start_clock();
  arm_overflow();
}

void IgbPtp::suspend() {
  kernel_.del_timer(overflow_timer_);
  kernel_.sync();
  tx_skb_.reset();
}

void IgbPtp::stop() {
  suspend();
  index_ = -1;
}

void IgbPtp::arm_overflow() {
  kernel_.mod_timer(overflow_timer_, kernel_.jiffies() + std::uint64_t{kOverflowPeriod} * kernel_.profile.hz);
}

/// Reading SYSTIMR latches the pair.
std::uint64_t IgbPtp::read_cycles() {
  hw_.rd32(reg::SYSTIMR);
  return read_pair(reg::SYSTIML, reg::SYSTIMH);
}

std::uint64_t IgbPtp::read_pair(reg::Offset low, reg::Offset high) {
  const std::uint64_t l = hw_.rd32(low);
  return std::uint64_t{hw_.rd32(high)} << 32 | l;
}

std::uint64_t IgbPtp::gettime64() {
  const Guard guard(*this);
  return tc_.read(read_cycles());
}

void IgbPtp::settime64(std::uint64_t ns) {
  const Guard guard(*this);
  tc_.init(read_cycles(), ns);
}

void IgbPtp::adjtime(std::int64_t ns) {
  const Guard guard(*this);
  tc_.adjust(ns);
}

/// A tick of 8 ns changes by 8 * 2^32 * ppb / 10^9 = ppb * 2^26 / 1953125 parts.
int IgbPtp::adjfreq(std::int64_t ppb) {
  if (ppb > kMaxAdj || ppb < -kMaxAdj) return -ERANGE;
  const auto parts = static_cast<std::uint64_t>(ppb < 0 ? -ppb : ppb);
  const auto inca = static_cast<std::uint32_t>((parts << 26) / 1953125);
  freq_ = ppb;
  hw_.wr32(reg::TIMINCA, inca | (ppb < 0 ? reg::timinca::LESS : 0));
  return 0;
}

void IgbPtp::overflow_check() {
  gettime64();
  kernel_.sync();
  if (index_ >= 0 && !hw_.removed()) arm_overflow();
}

// --- what is stamped -----------------------------------------------------------------------------

int IgbPtp::set_ts_config(stack::HwtstampConfig& wanted) {
  using stack::HwtstampFilter;
  if (wanted.rx_filter == HwtstampFilter::some) return -ERANGE;
  // Stamps in packets come for all of them or for none.
  if (wanted.rx_filter != HwtstampFilter::none) wanted.rx_filter = HwtstampFilter::all;
  kernel_.sync();
  config_ = wanted;
  write_ts_config(wanted.rx_filter == HwtstampFilter::all);
  return 0;
}

/// Filters mark PTP messages beside: by EtherType, and UDP to the event port.
void IgbPtp::write_ts_config(bool rx_all) {
  using namespace reg;
  hw_.rmw32(TSYNCTXCTL, tsynctxctl::EN, config_.tx_on ? tsynctxctl::EN : 0);
  hw_.rmw32(TSYNCRXCTL, tsyncrxctl::EN | tsyncrxctl::TYPE.mask(),
            rx_all ? tsyncrxctl::EN | tsyncrxctl::TYPE.put(tsyncrxctl::TYPE_ALL) : 0);
  hw_.wr32(TSYNCRXCFG, 0);
  hw_.wr32(ETQF(kFilter), rx_all ? etqf::FILTER_ENABLE | etqf::TIMESTAMP | kPtpEtherType : 0);
  if (rx_all) {
    hw_.wr32(IMIR(kFilter), kPtpEventPort);
    hw_.wr32(IMIREXT(kFilter), imirext::SIZE_BP | imirext::CTRL_BP);
    hw_.wr32(FTQF(kFilter), (kNoTuple & ~ftqf::PROTOCOL_BP) | ftqf::TIMESTAMP | kVfBypass | kUdp);
  } else {
    hw_.wr32(FTQF(kFilter), kNoTuple);
  }
  hw_.wrfl();
  read_pair(TXSTMPL, TXSTMPH);  // stale ones are let go
  read_pair(RXSTMPL, RXSTMPH);
}

// --- transmit ------------------------------------------------------------------------------------

/// One at a time; a clone waits for the stamp, as the packet itself may be done before.
bool IgbPtp::tx_start(stack::SkBuff& skb) {
  kernel_.sync();
  if (!config_.tx_on || tx_skb_) return false;
  tx_skb_ = core_.skb_pool().clone(skb);
  tx_skb_->owner = skb.owner;
  tx_since_ = kernel_.jiffies();
  return true;
}

void IgbPtp::tx_work() {
  kernel_.sync();
  if (!tx_skb_ || (hw_.rd32(reg::TSYNCTXCTL) & reg::tsynctxctl::VALID) == 0) return;
  const std::uint64_t cycles = read_pair(reg::TXSTMPL, reg::TXSTMPH);
  std::uint64_t ns = 0;
  {
    const Guard guard(*this);
    ns = tc_.cyc2time(cycles);
  }
  kernel_.sync();
  core_.skb_tstamp_tx(std::move(tx_skb_), ns);
}

void IgbPtp::tx_hang() {
  kernel_.sync();
  if (!tx_skb_ || kernel_.jiffies() <= tx_since_ + std::uint64_t{kTxTimeout} * kernel_.profile.hz) return;
  tx_skb_.reset();
  ++tx_timeouts_;
  hw_.rd32(reg::TXSTMPH);  // lets go of one that came too late
  kernel_.log("igb clearing Tx timestamp hang");
}

// --- receive -------------------------------------------------------------------------------------

std::uint64_t IgbPtp::rx_pktstamp(const std::byte* header) {
  const Guard guard(*this);
  return tc_.cyc2time(load_le<std::uint64_t>(header + 8));
}

std::uint64_t IgbPtp::rx_rgtstamp() {
  if ((hw_.rd32(reg::TSYNCRXCTL) & reg::tsyncrxctl::VALID) == 0) return 0;
  const std::uint64_t cycles = read_pair(reg::RXSTMPL, reg::RXSTMPH);
  const Guard guard(*this);
  return tc_.cyc2time(cycles);
}

}  // namespace niclab::igb
