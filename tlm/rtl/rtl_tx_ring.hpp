// The Verilated rtl/tx_ring in time: calls at instants become inputs of clock cycles (docs/rtl.md).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "hw/tx_ring.hpp"
#include "tlm/rtl/rtl_block.hpp"

class Vtx_ring;

namespace niclab::sim {

class RtlTxRing final : public RtlCalledBlock<Vtx_ring> {
 public:
  /// `agent`: of the calendar, for its clock. `name`: for reports.
  RtlTxRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name);
  ~RtlTxRing();
  /// Before the run: shows the block's signals in `scope`.
  void show_waves(WaveSink& sink, WaveScope scope);

  // As hw::TxRing, each at an instant of the 8 ns grid, never before an earlier call's.
  void reset(Time t);
  void set_ring(DmaAddress base, unsigned length, Time t);
  void set_head(unsigned index, Time t);
  void set_tail(unsigned index, Time t);
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t);
  void set_enabled(bool enabled, Time t);
  unsigned head(Time t);
  /// After what the open cycle takes; executes nothing.
  unsigned shown_head() const;
  /// After this cycle's edge, if nothing else happens.
  bool wants_fetch(Time t);
  /// Descriptors of a read are still entering the cache.
  bool filling(Time t);
  /// The first descriptor not asked for.
  unsigned fetch_index(Time t);
  std::optional<hw::FetchRequest> next_fetch(unsigned mrrs, Time t);
  void fetched(std::span<const hw::Descriptor> descriptors, Time t);
  /// In the cache or on the way into it, less what this cycle takes.
  unsigned available(Time t);
  bool window_full(Time t);
  hw::Descriptor front(Time t);
  hw::TakenDescriptor take(Time t);
  void completed(unsigned count, Time t);
  void flush(Time t);
  std::optional<hw::TxWriteback> next_writeback(Time t);
  unsigned pending_reports(Time t);

  /// The run is over.
  void finish(Time end);

 private:
  void next_inputs() override;
  void load_beat();

  bool flushed_ = false;   ///< this cycle's burst has been given
  bool released_ = false;  ///< a burst may have begun in this cycle
  bool waiting_ = false;   ///< a burst was there in an earlier cycle and nobody took it
  bool short_ = false;     ///< the burst given last was such a one
  unsigned beat_ = 0, beats_ = 0;
  std::array<hw::Descriptor, hw::DescriptorPrefetch::kCacheCapacity> arriving_{};
};

}  // namespace niclab::sim
