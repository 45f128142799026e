// Latency by stage: what the journeys of datagrams add up to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/journey.hpp"
#include "lab/latency.hpp"
#include "lab/results.hpp"
#include "lab/trace_log.hpp"

namespace niclab::lab {

/// One stage of one journey. Time::never(): nobody has said.
struct StageTimes {
  Time begin = Time::never(), end = Time::never();
};

/// The stages of one way, in the order of the path.
inline constexpr unsigned kLongestWay = kFirstTxStage;
struct JourneyRecord {
  std::array<StageTimes, kLongestWay> stages;
  std::uint64_t number = 0;      ///< counted from 1, in the order of their beginnings
  std::uint32_t bytes = 0;       ///< of the frame, without FCS
  std::uint32_t generation = 0;  ///< of the slot
  std::uint16_t port = 0;
  std::uint8_t queue = 0;
  bool received = false;
  bool traced = false;       ///< one of those the trace tells
  std::uint64_t origin = 0;  ///< of a copy: the number of what it was copied from, else its own
  bool live = false;

  std::uint8_t first_stage() const { return received ? 0 : kFirstTxStage; }
  unsigned length() const { return received ? kFirstTxStage : kStageNames.size() - kFirstTxStage; }
};

/// Where the stages of a journey do not meet, in words; empty when each begins at the picosecond at which the
/// one before ended.
std::string gap_of(const JourneyRecord& journey, const std::string& port);

/// Collects the stages of every datagram that arrives at an application or leaves on a wire, and checks each.
class Journeys final : public JourneyObserver {
 public:
  /// `ports`: the names of the NICs, for messages.
  explicit Journeys(std::vector<std::string> ports);

  /// Tells `log` of the packets it admits.
  void trace(TraceLog& log) { log_ = &log; }
  /// The packet's number when the trace tells it, else 0.
  std::uint64_t traced(JourneyId id) const;

  JourneyId received(unsigned port, std::uint32_t bytes, Time at) override;
  JourneyId sent(Time at) override;
  JourneyId copy(JourneyId id) override;
  void begins(JourneyId id, Stage stage, Time at) override;
  void ends(JourneyId id, Stage stage, Time at) override;
  void polled(JourneyId id, const NapiStamps& poll, Time at) override;
  void leaves(JourneyId id, unsigned port, std::uint32_t bytes) override;
  void in_queue(JourneyId id, unsigned queue) override;
  void carried(JourneyId id, unsigned port, bool up, std::string_view type, Time start, Time end) override;
  void completed(JourneyId id) override;
  void dropped(JourneyId id) override;

  /// Every stage and, after those of each way, its total: rx_total and tx_total.
  std::vector<StageResult> results() const;
  /// One line for each journey whose stages did not meet; of many, the first few and how many more.
  std::vector<std::string> faults() const;

 private:
  struct Sum {
    LatencyRecorder recorder;
    Duration total{};
    void add(Duration d) {
      recorder.add(d);
      total += d;
    }
  };
  const JourneyRecord* find(JourneyId id) const;
  JourneyRecord* find(JourneyId id) { return const_cast<JourneyRecord*>(std::as_const(*this).find(id)); }
  void tell(const JourneyRecord& r);
  JourneyId take(JourneyRecord*& record);
  void release(JourneyRecord& record);
  StageTimes* stage_of(JourneyId id, Stage stage);

  std::vector<std::string> ports_;
  std::vector<JourneyRecord> records_;  // by slot
  std::vector<std::uint32_t> free_;
  std::uint64_t begun_ = 0;
  std::array<Sum, kStageNames.size()> stages_;
  std::array<Sum, 2> totals_;  // received, sent
  std::vector<std::string> faults_;
  std::uint64_t gaps_ = 0;
  TraceLog* log_ = nullptr;
};

}  // namespace niclab::lab
