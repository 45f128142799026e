// The transmit checksum unit in the fidelity a scenario chose: C++, RTL, or both compared (docs/rtl.md).
#pragma once

#include <memory>
#include <string>

#include "hw/tx_checksum.hpp"
#include "tlm/core/ring.hpp"
#include "tlm/frame.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_tx_checksum.hpp"

namespace niclab::sim {

class TxChecksumUnit final : public RtlTxChecksum::Receiver {
 public:
  /// `name`: for the report of a mismatch. `agent`: of the calendar, for the block's clock.
  void choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent, std::string name);
  /// Shows the block's signals, if RTL was chosen, in a scope `name` of `scope`.
  void show_waves(WaveSink& sink, WaveScope scope, std::string_view name) {
    if (rtl_ != nullptr) rtl_->show_waves(sink, sink.scope(scope, name));
  }

  /// The unit reads the packet (check_offload() said ok), from `t` or the end of the packet before on, and
  /// writes its checksums into it. Returns when they are known; they are in the packet after settle() at that
  /// time.
  Time insert(Frame& frame, const hw::AdvTxContext& context, bool ixsm, bool txsm, Time t);
  void settle(Time t) {
    if (rtl_ != nullptr) settle_rtl(t);
  }
  void reset(Time t);
  /// The run is over.
  void finish(Time end) {
    if (rtl_ != nullptr) rtl_->run(end - kDeviceClock);
  }
  RtlCounters counters() const;

 private:
  void checksums(const RtlTxChecksum::Result& result) override;
  void settle_rtl(Time t);

  bool compare_ = false;
  Time free_{};  ///< when the packet before has been read
  std::unique_ptr<RtlTxChecksum> rtl_;
  struct Expected {
    hw::TxChecksums checksums;
    Time known{};
  };
  Ring<Expected> expected_;
  std::uint64_t results_ = 0;
};

}  // namespace niclab::sim
