#include "tlm/i350/tx_checksum_unit.hpp"

namespace niclab::sim {

using namespace hw;

void TxChecksumUnit::choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent,
                            std::string name) {
  compare_ = fidelity == Fidelity::lockstep;
  if (fidelity != Fidelity::model)
    rtl_ = std::make_unique<RtlTxChecksum>(*world, engine, agent, std::move(name), *this);
}

Time TxChecksumUnit::insert(Frame& frame, const AdvTxContext& context, bool ixsm, bool txsm, Time t) {
  const Time start = niclab::max(t, free_);
  free_ = start + kDeviceClock * tx_checksum_timing::clocks(frame.length);
  const Time known = free_ + kDeviceClock * (tx_checksum_timing::kLatency - 1);
  if (rtl_ == nullptr) {
    apply_checksums(frame.bytes(), compute_checksums(frame.bytes(), context, ixsm, txsm));
  } else {
    rtl_->instance().history.add(start, "packet of bytes, context", frame.length,
                                 std::uint64_t{context.dw[2]} << 32 | context.dw[0]);
    rtl_->run(t);
    expected_.push_back(
        {compare_ ? compute_checksums(frame.bytes(), context, ixsm, txsm) : TxChecksums{}, known});
    rtl_->start({&frame, frame.length, context, ixsm, txsm, start});
  }
  insert_sctp_crc(frame.bytes(), context, txsm);  // no block in RTL has it
  return known;
}

void TxChecksumUnit::settle_rtl(Time t) {
  rtl_->run(t);
  if (!expected_.empty() && expected_.front().known <= t)
    rtl_->instance().fail(
        "no result, expected in the cycle at " + std::to_string(expected_.front().known.ns()) + " ns", t);
}

void TxChecksumUnit::checksums(const RtlTxChecksum::Result& r) {
  ++results_;
  const Expected expected = expected_.front();
  expected_.pop_front();
  if (compare_) {
    const TxChecksums& m = expected.checksums;
    LockstepReport report(rtl_->instance().name,
                          "checksums of a packet of " + std::to_string(r.job.length) + " bytes", r.cycle,
                          r.number);
    report.time("cycle", r.cycle, expected.known)
        .value("error", static_cast<unsigned>(r.error), 0)
        .value("ip_insert", r.checksums.ip, m.ip)
        .value("ip_offset", r.checksums.ip_offset, m.ip_offset)
        .value("ip_checksum", r.checksums.ip_checksum, m.ip_checksum)
        .value("l4_insert", r.checksums.l4, m.l4)
        .value("l4_offset", r.checksums.l4_offset, m.l4_offset)
        .value("l4_checksum", r.checksums.l4_checksum, m.l4_checksum);
    rtl_->instance().check(report);
  }
  const auto fits = [&](bool used, unsigned offset) { return !used || offset + 2 <= r.job.length; };
  if (!fits(r.checksums.ip, r.checksums.ip_offset) || !fits(r.checksums.l4, r.checksums.l4_offset))
    rtl_->instance().fail("a checksum's place outside the packet", r.cycle);
  apply_checksums(r.job.frame->bytes(), r.checksums);
}

void TxChecksumUnit::reset(Time t) {
  free_ = Time{};
  if (rtl_ == nullptr) return;
  rtl_->reset(t);
  expected_.clear();
}

RtlCounters TxChecksumUnit::counters() const {
  return rtl_ == nullptr ? RtlCounters{} : RtlCounters{results_, rtl_->cycles(), rtl_->instance().mismatches};
}

}  // namespace niclab::sim
