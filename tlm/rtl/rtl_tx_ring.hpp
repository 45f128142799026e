// The Verilated rtl/tx_ring in time: calls at instants become inputs of clock cycles (docs/rtl.md).
//
// The cycle that begins at the instant of a call stays open for further calls of that instant; a later call,
// or an event of the calendar when the world is clocked, executes its edge. No cycle without an input is
// executed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/time.hpp"
#include "base/waves.hpp"
#include "hw/tx_ring.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_world.hpp"

class Vtx_ring;
namespace niclab::rtl {
class BlockWaves;
}

namespace niclab::sim {

class RtlTxRing {
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

  /// Executes the edges that lie before the end of the run.
  void finish(Time end);
  RtlInstance& instance() { return instance_; }
  const RtlInstance& instance() const { return instance_; }
  std::uint64_t cycles() const { return cycles_; }

 private:
  void open(Time t);
  void settle();
  void edge();
  /// An input that needs no edge.
  void level_changed();
  /// An input that the open cycle's edge must see.
  void strobe();
  void load_beat();
  void clock_event(Time t, std::uint32_t);

  Engine& engine_;
  const unsigned agent_;
  const bool clocked_;
  RtlInstance instance_;
  std::unique_ptr<Vtx_ring> top_;
  std::unique_ptr<rtl::BlockWaves> waves_;
  Time cycle_{};            ///< start of the open cycle
  Time instant_{};          ///< of the last call; a port used twice at one puts the cycle ahead of it
  bool strobed_ = false;    ///< its edge must be executed
  bool settled_ = false;    ///< the outputs belong to the inputs
  bool low_ = false;        ///< the block has seen the clock low since its last edge
  bool scheduled_ = false;  ///< clocked: its edge is in the calendar
  bool flushed_ = false;    ///< this cycle's burst has been given
  bool released_ = false;   ///< a burst may have begun in this cycle
  bool waiting_ = false;    ///< a burst was there in an earlier cycle and nobody took it
  bool short_ = false;      ///< the burst given last was such a one
  unsigned beat_ = 0, beats_ = 0;
  std::array<hw::Descriptor, hw::DescriptorPrefetch::kCacheCapacity> arriving_{};
  std::uint64_t cycles_ = 0;
};

}  // namespace niclab::sim
