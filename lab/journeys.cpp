#include "lab/journeys.hpp"

#include <cstdio>
#include <utility>

namespace niclab::lab {
namespace {

constexpr unsigned kSlotBits = 20;  // a million packets on their way at once; the rest counts a slot's uses
constexpr std::uint32_t kSlotMask = (1u << kSlotBits) - 1;
constexpr std::size_t kFaultsTold = 10;

std::string ns(Time t) {
  char s[40];
  std::snprintf(s, sizeof s, "%llu.%03u ns", static_cast<unsigned long long>(t.ns()),
                static_cast<unsigned>(t.ps() % 1000));
  return s;
}

std::string ps_between(Time a, Time b) {
  return (a <= b ? std::to_string((b - a).ps()) : "-" + std::to_string((a - b).ps())) + " ps";
}

}  // namespace

std::string gap_of(const JourneyRecord& j, const std::string& port) {
  const auto name = [&](unsigned i) { return std::string(kStageNames[j.first_stage() + i]); };
  const std::string who = "latency by stage: packet " + std::to_string(j.number) +
                          (j.received ? " received by " : " sent by ") + port + " (" +
                          std::to_string(j.bytes) + " B): ";
  for (unsigned i = 0; i < j.length(); ++i) {
    const StageTimes& s = j.stages[i];
    if (s.begin == Time::never()) return who + name(i) + " has no beginning";
    if (s.end == Time::never()) return who + name(i) + " has no end";
    if (i != 0 && s.begin != j.stages[i - 1].end)
      return who + name(i - 1) + " ends at " + ns(j.stages[i - 1].end) + ", " + name(i) + " begins at " +
             ns(s.begin) + ": a gap of " + ps_between(j.stages[i - 1].end, s.begin);
    if (s.end < s.begin)
      return who + name(i) + " begins at " + ns(s.begin) + " and ends at " + ns(s.end) + ": it lasts " +
             ps_between(s.begin, s.end);
  }
  return {};
}

Journeys::Journeys(std::vector<std::string> ports) : ports_(std::move(ports)) {}

// --- records -------------------------------------------------------------------------------------

const JourneyRecord* Journeys::find(JourneyId id) const {
  const auto n = static_cast<std::uint32_t>(id);
  const std::uint32_t slot = (n & kSlotMask) - 1;
  if (slot >= records_.size()) return nullptr;
  const JourneyRecord& r = records_[slot];
  return r.live && (r.generation << kSlotBits) == (n & ~kSlotMask) ? &r : nullptr;
}

JourneyId Journeys::take(JourneyRecord*& record) {
  if (free_.empty()) {
    if (records_.size() == kSlotMask) return JourneyId::none;
    free_.push_back(static_cast<std::uint32_t>(records_.size()));
    records_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  record = &records_[slot];
  const std::uint32_t generation = record->generation + 1;
  *record = JourneyRecord{};
  record->generation = generation;
  record->number = record->origin = ++begun_;
  record->live = true;
  return static_cast<JourneyId>(generation << kSlotBits | (slot + 1));
}

void Journeys::release(JourneyRecord& record) {
  record.live = false;
  free_.push_back(static_cast<std::uint32_t>(&record - records_.data()));
}

StageTimes* Journeys::stage_of(JourneyId id, Stage stage) {
  JourneyRecord* r = find(id);
  return r != nullptr ? &r->stages[static_cast<unsigned>(stage) - r->first_stage()] : nullptr;
}

// --- what is told --------------------------------------------------------------------------------

std::uint64_t Journeys::traced(JourneyId id) const {
  const JourneyRecord* r = find(id);
  return r != nullptr && r->traced ? r->number : 0;
}

JourneyId Journeys::received(unsigned port, std::uint32_t bytes, Time at) {
  JourneyRecord* r = nullptr;
  const JourneyId id = take(r);
  if (r == nullptr) return id;
  r->received = true;
  r->port = static_cast<std::uint16_t>(port);
  r->bytes = bytes;
  r->traced = log_ != nullptr && log_->admits(at);
  return id;
}

JourneyId Journeys::sent(Time at) {
  JourneyRecord* r = nullptr;
  const JourneyId id = take(r);
  if (r != nullptr) r->traced = log_ != nullptr && log_->admits(at);
  return id;
}

JourneyId Journeys::copy(JourneyId id) {
  if (find(id) == nullptr) return JourneyId::none;
  JourneyRecord* r = nullptr;
  const JourneyId twin = take(r);  // may move the records
  if (r == nullptr) return twin;
  const JourneyRecord& original = *find(id);
  r->stages = original.stages;
  r->bytes = original.bytes;
  r->port = original.port;
  r->queue = original.queue;
  r->received = original.received;
  r->traced = original.traced;
  r->origin = original.origin;
  return twin;
}

void Journeys::begins(JourneyId id, Stage stage, Time at) {
  if (StageTimes* s = stage_of(id, stage)) s->begin = at;
}

void Journeys::ends(JourneyId id, Stage stage, Time at) {
  if (StageTimes* s = stage_of(id, stage)) s->end = at;
}

void Journeys::polled(JourneyId id, const NapiStamps& poll, Time at) {
  JourneyRecord* r = find(id);
  if (r == nullptr) return;
  const auto stage = [&](Stage s) -> StageTimes& { return r->stages[static_cast<unsigned>(s)]; };
  // What happened before the packet was there did not delay it.
  const Time there = stage(Stage::rx_interrupt).begin;
  if (there == Time::never()) return;
  stage(Stage::rx_interrupt).end = max(there, poll.interrupt.arrived);
  stage(Stage::rx_hardirq) = {max(there, poll.interrupt.received), max(there, poll.interrupt.handled)};
  stage(Stage::rx_softirq) = {max(there, poll.scheduled), max(there, poll.chosen)};
  stage(Stage::rx_poll) = {max(there, poll.polling), at};
  if (r->traced)
    log_->instant(log_->nic(r->port, TraceLog::Row::interrupts), log_->keep(poll.interrupt.name),
                  poll.interrupt.arrived);
}

void Journeys::in_queue(JourneyId id, unsigned queue) {
  if (JourneyRecord* r = find(id)) r->queue = static_cast<std::uint8_t>(queue);
}

void Journeys::carried(JourneyId id, unsigned port, bool up, std::string_view type, Time start, Time end) {
  if (const std::uint64_t number = traced(id))
    log_->slice(log_->nic(port, up ? TraceLog::Row::pcie_up : TraceLog::Row::pcie_down), type, start, end,
                number);
}

/// The packet's row, its frame on the wire, and where its arrows touch the wire.
void Journeys::tell(const JourneyRecord& r) {
  using Row = TraceLog::Row;
  const Track row = log_->nic(r.port, r.received ? Row::rx_queue : Row::tx_queue, r.queue);
  const Time begin = r.stages[0].begin, end = r.stages[r.length() - 1].end;
  log_->begins(row, {}, begin, r.number);
  for (unsigned i = 0; i < r.length(); ++i) {
    const std::string_view name = kStageNames[r.first_stage() + i];
    log_->begins(row, name, r.stages[i].begin, r.number);
    log_->ends(row, name, r.stages[i].end, r.number);
  }
  log_->ends(row, {}, end, r.number);
  const StageTimes wire = r.received ? r.stages[0] : r.stages[r.length() - 1];
  const Track track = log_->nic(r.port, r.received ? Row::wire_rx : Row::wire_tx);
  if (r.origin == r.number) log_->slice(track, "frame", wire.begin, wire.end, r.number);
  log_->point(track, wire.begin, r.number);
  log_->packet({r.number, r.origin, r.port, r.received, r.bytes, wire.end});
}

void Journeys::leaves(JourneyId id, unsigned port, std::uint32_t bytes) {
  JourneyRecord* r = find(id);
  if (r == nullptr) return;
  r->port = static_cast<std::uint16_t>(port);
  r->bytes = bytes;
}

void Journeys::completed(JourneyId id) {
  JourneyRecord* r = find(id);
  if (r == nullptr) return;
  std::string gap = gap_of(*r, ports_[r->port]);
  if (!gap.empty()) {
    ++gaps_;
    if (faults_.size() < kFaultsTold) faults_.push_back(std::move(gap));
  } else {
    for (unsigned i = 0; i < r->length(); ++i)
      stages_[r->first_stage() + i].add(r->stages[i].end - r->stages[i].begin);
    totals_[r->received ? 0 : 1].add(r->stages[r->length() - 1].end - r->stages[0].begin);
    if (r->traced) tell(*r);
  }
  release(*r);
}

void Journeys::dropped(JourneyId id) {
  if (JourneyRecord* r = find(id)) release(*r);
}

// --- what it comes to ----------------------------------------------------------------------------

std::vector<StageResult> Journeys::results() const {
  std::vector<StageResult> all;
  const auto add = [&](std::string name, const Sum& s, const Sum& total) {
    const auto whole = static_cast<double>(total.total.ps());
    const LatencyStats stats = s.recorder.stats();
    const auto sum = static_cast<double>(s.total.ps());
    all.push_back({std::move(name), stats, whole == 0 ? 0 : sum / whole,
                   stats.n == 0 ? 0 : sum / 1000 / static_cast<double>(stats.n)});
  };
  for (unsigned i = 0; i < kStageNames.size(); ++i) {
    if (i == kFirstTxStage) add("rx_total", totals_[0], totals_[0]);
    add(std::string(kStageNames[i]), stages_[i], totals_[i < kFirstTxStage ? 0 : 1]);
  }
  add("tx_total", totals_[1], totals_[1]);
  return all;
}

std::vector<std::string> Journeys::faults() const {
  std::vector<std::string> all = faults_;
  if (gaps_ > faults_.size())
    all.push_back("latency by stage: " + std::to_string(gaps_ - faults_.size()) +
                  " more packets whose stages do not meet");
  return all;
}

}  // namespace niclab::lab
