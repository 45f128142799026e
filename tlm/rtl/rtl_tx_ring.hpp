// The Verilated rtl/tx_ring in time: calls at instants become inputs of clock cycles (docs/rtl.md).
#pragma once

#include <optional>

#include "hw/tx_ring.hpp"
#include "tlm/rtl/rtl_descriptor_ring.hpp"

class Vtx_ring;

namespace niclab::sim {

extern template class RtlDescriptorRing<Vtx_ring>;

class RtlTxRing final : public RtlDescriptorRing<Vtx_ring> {
 public:
  static constexpr std::string_view kName = "tx_ring";  ///< of the block

  /// `agent`: of the calendar, for its clock. `name`: for reports.
  RtlTxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name);
  ~RtlTxRing();

  // As hw::TxRing.
  void reset(Time t);
  void set_head(unsigned index, Time t);
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t);
  void flush(Time t);
  void completed(unsigned count, Time t);
  std::optional<hw::TxWriteback> next_writeback(Time t);
  unsigned pending_reports(Time t);

 private:
  void next_inputs() override;

  bool released_ = false;  ///< a burst may have begun in this cycle
  bool waiting_ = false;   ///< a burst was there in an earlier cycle and nobody took it
  bool short_ = false;     ///< the burst given last was such a one
};

}  // namespace niclab::sim
