// The Verilated rtl/tx_checksum in time: packets in, checksums out, at the clock cycles docs/rtl.md states.
#pragma once

#include <cstdint>

#include "hw/tx_checksum.hpp"
#include "tlm/core/ring.hpp"
#include "tlm/frame.hpp"
#include "tlm/rtl/rtl_block.hpp"

class Vtx_checksum;

namespace niclab::sim {

class RtlTxChecksum final : public RtlBlock<Vtx_checksum> {
 public:
  /// A packet the block reads from cycle `start` on, one beat a cycle.
  struct Job {
    Frame* frame = nullptr;    ///< a reference is held
    std::uint32_t length = 0;  ///< bytes of the packet, without padding
    hw::AdvTxContext context;
    bool ixsm = false, txsm = false;
    Time start{};
  };
  /// What came out, and the cycle it came in.
  struct Result {
    Job job;
    hw::TxChecksums checksums;
    hw::TxChecksumResult error = hw::TxChecksumResult::ok;
    Time cycle{};
    std::uint64_t number = 0;  ///< of the result, from 1
  };
  class Receiver {
   public:
    virtual ~Receiver() = default;
    /// The job's reference to its frame is the receiver's only during the call.
    virtual void checksums(const Result& result) = 0;
  };

  /// `agent`: of the calendar, for its clock. `name`: for reports.
  RtlTxChecksum(RtlWorld& world, Engine& engine, unsigned agent, std::string name, Receiver& receiver);
  ~RtlTxChecksum();
  /// Before the run: shows the block's signals in `scope`.
  void show_waves(WaveSink& sink, WaveScope scope);

  /// Hands over a packet; jobs start in order, none before the one before has been read.
  void start(const Job& job);
  /// Executes all cycles that begin before `t`; results of them and of the cycle at `t` have then come.
  void run(Time t);
  /// Packets inside are forgotten.
  void reset(Time t);

  /// Packets handed over whose result has not come.
  bool busy() const { return !waiting_.empty() || !inside_.empty(); }

 private:
  void load_beat(const Job& job);
  void edge();
  bool idle() const;
  void beat_accepted();
  void collect();
  void schedule();
  void clock_event(Time t, std::uint32_t);

  Engine& engine_;
  const unsigned agent_;
  const bool clocked_;
  Receiver& receiver_;
  Ring<Job> waiting_, inside_;  ///< the first waiting one may be half read
  std::uint32_t read_ = 0;      ///< bytes of the first waiting job
  bool scheduled_ = false;
  std::uint64_t results_ = 0;
};

}  // namespace niclab::sim
