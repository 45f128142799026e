#include "lab/instruments.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "hw/mac_timing.hpp"

namespace niclab::lab {
namespace {

/// Orders a heap so that the frame that ends first is on top; told first wins a tie.
constexpr auto later = [](const auto& a, const auto& b) {
  return a.end != b.end ? b.end < a.end : b.number < a.number;
};

}  // namespace

void FrameTap::frame(Time now, Time end, std::span<const std::byte> bytes, std::uint64_t packet) {
  flush(now);
  held_.push_back({end, number_++, packet, {bytes.begin(), bytes.end()}});
  std::push_heap(held_.begin(), held_.end(), later);
}

void FrameTap::flush(Time upto) {
  while (!held_.empty() && held_.front().end <= upto) {
    std::pop_heap(held_.begin(), held_.end(), later);
    writer_.frame(held_.back().end, held_.back().bytes);
    ++written_;
    if (held_.back().packet != 0) log_->captured(held_.back().packet, written_);
    held_.pop_back();
  }
}

void FrameTap::close() { flush(Time::never()); }

Instruments::Instruments(const Scenario& scenario, sim::Engine& engine, WriterThread* writer,
                         const std::filesystem::path& out_dir, EventSink* events)
    : engine_(engine), writer_(writer), events_(events) {
  for (std::size_t h = 0; h < scenario.hosts.size(); ++h)
    for (std::size_t n = 0; n < scenario.hosts[h].nics.size(); ++n) {
      ports_.push_back({static_cast<std::uint8_t>(h), static_cast<std::uint8_t>(n)});
      if (writer != nullptr)
        taps_.push_back(std::make_unique<FrameTap>(
            *writer, out_dir / (scenario.hosts[h].name + "." + scenario.hosts[h].nics[n].if_name + ".pcap")));
    }
  wires.resize(ports_.size());
}

void Instruments::tlp(const TlpEvent& e) {
  if (!waves_.empty()) waves_[e.port]->tlp(e);
  if (events_ == nullptr) return;
  const Port p = ports_[e.port];
  events_->event(Event::tlp(e.start, p.host, p.nic, e.up, e.type, e.address, e.length, e.tag, e.content));
}

void Instruments::frame(const FrameEvent& e) {
  if (writer_ != nullptr && writer_->failed()) throw sim::SimulationError("the results cannot be written");
  ++activity;
  WireTime& w = wires[e.port];
  if (e.transmitted) {
    ++w.tx_frames;
    w.tx_bytes += e.bytes.size() + hw::kFcsBytes;
    if (e.stamp != Time{}) app_to_wire.add(e.end - e.stamp);
  } else {
    ++w.rx_frames;
    w.rx_bytes += e.bytes.size() + hw::kFcsBytes;
  }
  if (!waves_.empty()) waves_[e.port]->frame(e);
  if (!taps_.empty())
    taps_[e.port]->frame(engine_.now(), e.end, e.bytes,
                         journeys_ != nullptr ? journeys_->traced(e.journey) : 0);
  if (events_ == nullptr) return;
  const Port p = ports_[e.port];
  events_->event(Event::frame(e.end, p.host, p.nic, e.transmitted, static_cast<std::uint32_t>(e.bytes.size()),
                              e.content));
}

void Instruments::interrupt(const InterruptEvent& e) {
  if (events_ == nullptr) return;
  const Port p = ports_[e.port];
  events_->event(Event::interrupt(e.time, p.host, p.nic, e.vector, e.cpu));
}

void Instruments::delivery(const DeliveryEvent& e) {
  ++activity;
  if (events_ != nullptr)
    events_->event(Event::delivery(e.time, e.host, e.socket, e.length, e.source, e.content));
}

void Instruments::trace(const Journeys& journeys, TraceLog& log) {
  journeys_ = &journeys;
  for (auto& tap : taps_) tap->trace(log);
}

void Instruments::close() {
  for (auto& t : taps_) t->close();
}

void HostObserver::delivered(unsigned socket_index, Time at, std::span<const std::byte> payload, Time stamp) {
  if (stamp != Time{}) instruments_.wire_to_app.add(at - stamp);
  trace_.delivery(
      {at, host_, socket_index, static_cast<std::uint32_t>(payload.size()), 0, hash_bytes(payload)});
}

}  // namespace niclab::lab
