// What the adapters of the two descriptor rings share: registers, reads of descriptors, and taking them. The
// blocks have these ports by the same names (docs/rtl.md).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "hw/descriptor_prefetch.hpp"
#include "tlm/rtl/rtl_block.hpp"

namespace niclab::sim {

/// `Top`: Vtx_ring or Vrx_ring. Each call as in hw::DescriptorPrefetch, at an instant of the 8 ns grid, never
/// before an earlier call's.
template <class Top>
class RtlDescriptorRing : public RtlCalledBlock<Top> {
 public:
  /// Before the run: shows the block's signals in `scope`.
  void show_waves(WaveSink& sink, WaveScope scope);
  /// The run is over.
  void finish(Time end);

  void set_ring(DmaAddress base, unsigned length, Time t);
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
  void flush(Time t);

 protected:
  using Block = RtlCalledBlock<Top>;
  using Block::top, Block::open, Block::settle, Block::strobe, Block::strobed, Block::edge,
      Block::level_changed, Block::input_changed;

  RtlDescriptorRing(RtlWorld& world, Engine& engine, unsigned agent, std::string name);
  ~RtlDescriptorRing() = default;
  /// The levels of a block that nobody has told anything.
  void reset_ring(Time t);
  void next_inputs() override;
  /// First of a call that says something is done. What this cycle has taken, flushed or written back belongs
  /// to the cycle before.
  void begin_done(Time t);
  /// Accepts the burst that is offered in this cycle, if there is one: one a cycle.
  bool accept_burst(Time t);
  bool burst_given() const { return burst_given_; }

 private:
  void load_beat();

  bool burst_given_ = false;  ///< in this cycle
  unsigned beat_ = 0, beats_ = 0;
  std::array<hw::Descriptor, hw::DescriptorPrefetch::kCacheCapacity> arriving_{};
};

}  // namespace niclab::sim
