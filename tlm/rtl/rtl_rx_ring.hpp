// The Verilated rtl/rx_ring in time: calls at instants become inputs of clock cycles (docs/rtl.md).
#pragma once

#include <optional>

#include "hw/rx_ring.hpp"
#include "tlm/rtl/rtl_descriptor_ring.hpp"

class Vrx_ring;

namespace niclab::sim {

extern template class RtlDescriptorRing<Vrx_ring>;

class RtlRxRing final : public RtlDescriptorRing<Vrx_ring> {
 public:
  static constexpr std::string_view kName = "rx_ring";  ///< of the block

  /// `agent`: of the calendar, for its clock. `name`: for reports.
  RtlRxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name);
  ~RtlRxRing();

  // As hw::RxRing.
  void reset(Time t);
  void set_minimum_threshold(unsigned descriptors, Time t);
  /// After what this cycle takes.
  unsigned free(Time t);
  bool reaches_minimum(Time t);
  void completed(Time t);
  std::optional<hw::RxBurst> next_writeback(Time t);
  unsigned pending_reports(Time t);
};

}  // namespace niclab::sim
