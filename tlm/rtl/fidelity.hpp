// How a functional unit is simulated, and what a comparison of twins counts (docs/rtl.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "tlm/core/engine.hpp"

namespace niclab::sim {

/// `model`: the C++ unit. `rtl`: the Verilated block in its place. `lockstep`: the block drives, the C++ unit
/// gets the same inputs in the same cycles, and every output is compared.
enum class Fidelity : std::uint8_t { model, rtl, lockstep };

/// The units of a port that have a twin.
struct Fidelities {
  Fidelity tx_ring = Fidelity::model;
  Fidelity rx_ring = Fidelity::model;
  Fidelity tx_checksum = Fidelity::model;
  Fidelity intr_throttle = Fidelity::model;
};

/// What a Verilated block did; the sums of all instances are `lockstep.<unit>` of summary.json.
struct RtlCounters {
  std::uint64_t transactions = 0;  ///< handshakes
  std::uint64_t cycles = 0;        ///< clock edges
  std::uint64_t mismatches = 0;
  RtlCounters& operator+=(const RtlCounters& o) {
    transactions += o.transactions;
    cycles += o.cycles;
    mismatches += o.mismatches;
    return *this;
  }
};

/// The twins differ: says where, and both sides. Ends the run.
class LockstepMismatch : public SimulationError {
 public:
  using SimulationError::SimulationError;
};

/// Collects the outputs of one transaction, RTL beside model, and throws if any differ.
class LockstepReport {
 public:
  /// `block`: instance, as "h1.eth0 tx_ring queue 2". `what`: the transaction. `t`: start of its clock cycle.
  LockstepReport(std::string_view block, std::string_view what, Time t, std::uint64_t transaction)
      : block_(block), what_(what), t_(t), transaction_(transaction) {}
  LockstepReport& value(std::string_view name, std::uint64_t rtl, std::uint64_t model);
  LockstepReport& time(std::string_view name, Time rtl, Time model);
  bool differs() const { return differs_; }
  /// Throws LockstepMismatch. `history`: what went into the block before, oldest first.
  [[noreturn]] void fail(const std::vector<std::string>& history) const;
  /// The same without outputs to show: `where` says what went wrong and in which clock cycle.
  [[noreturn]] static void fail(const std::string& where, const std::string& table,
                                const std::vector<std::string>& history);

 private:
  struct Row {
    std::string name, rtl, model;
    bool differs;
  };
  void add(std::string_view name, std::string rtl, std::string model);
  std::string block_, what_;
  Time t_;
  std::uint64_t transaction_;
  bool differs_ = false;
  std::vector<Row> rows_;
};

/// The last inputs of a block, for the report of a mismatch: kept as numbers, told as text.
class InputHistory {
 public:
  void add(Time t, const char* what, std::uint64_t a = 0, std::uint64_t b = 0) {
    entries_[next_++ % kKept] = {t, what, a, b};
  }
  /// Oldest first: "at 10,012,344 ns done 2 0".
  std::vector<std::string> lines() const;

 private:
  static constexpr unsigned kKept = 16;
  struct Entry {
    Time t{};
    const char* what = nullptr;
    std::uint64_t a = 0, b = 0;
  };
  Entry entries_[kKept];
  unsigned next_ = 0;
};

/// One Verilated block in the simulation: who it is, and what went into it.
struct RtlInstance {
  std::string name;  ///< "h1.eth0 tx_ring queue 2"
  InputHistory history;
  std::uint64_t mismatches = 0;

  /// Throws if `report` differs.
  void check(const LockstepReport& report) {
    if (!report.differs()) return;
    ++mismatches;
    report.fail(history.lines());
  }
  /// The block contradicts itself or says nothing: `what` ends the run.
  [[noreturn]] void fail(const std::string& what, Time t);
};

}  // namespace niclab::sim
