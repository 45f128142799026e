// The run's digests, and the door to whoever else wants to see its events.
#pragma once

#include <cstdint>
#include <vector>

#include "base/digest.hpp"
#include "base/journey.hpp"
#include "base/trace.hpp"

namespace niclab::sim {

/// `digest` covers every TLP, frame, interrupt and delivery with its time; `digest_content` covers order and
/// content of each channel (a wire direction, a socket) without time.
class Trace {
 public:
  Trace(unsigned ports, unsigned hosts) : ports_(ports), sockets_(hosts) {}
  void set_sink(TraceSink* sink) { sink_ = sink; }
  /// Who records the journeys of packets; nullptr: nobody. Set before the run.
  void set_journeys(JourneyObserver* observer) { journeys_ = observer; }
  JourneyObserver* journeys() const { return journeys_; }

  void tlp(const TlpEvent& e) {
    if (e.port >= ports_.size()) [[unlikely]]
      return;  // a configuration access to a function that is not there
    Digest& d = e.up ? ports_[e.port].up : ports_[e.port].down;
    d.add(e.start.ps(), e.address ^ static_cast<std::uint64_t>(e.type) << 60);
    d.add(std::uint64_t{e.length} << 32 | e.tag, e.content);
    if (sink_ != nullptr) sink_->tlp(e);
  }
  void frame(const FrameEvent& e) {
    Port& p = ports_[e.port];
    (e.transmitted ? p.tx : p.rx).add(e.end.ps(), e.content);
    (e.transmitted ? p.tx_content : p.rx_content).add(e.content);
    if (sink_ != nullptr) sink_->frame(e);
  }
  void interrupt(const InterruptEvent& e) {
    ports_[e.port].irq.add(e.time.ps(), std::uint64_t{e.vector} << 32 | e.cpu);
    if (sink_ != nullptr) sink_->interrupt(e);
  }
  void delivery(const DeliveryEvent& e) {
    auto& list = sockets_[e.host];
    if (e.socket >= list.size()) list.resize(e.socket + 1);
    list[e.socket].timed.add(e.time.ps(), e.content ^ e.source);
    list[e.socket].content.add(e.content, std::uint64_t{e.length} << 48 ^ e.source);
    if (sink_ != nullptr) sink_->delivery(e);
  }

  std::uint64_t digest() const {
    Digest all;
    for (const Port& p : ports_) {
      all.add(p.up.value(), p.down.value());
      all.add(p.rx.value(), p.tx.value());
      all.add(p.irq.value());
    }
    for (const auto& host : sockets_)
      for (const Socket& s : host) all.add(s.timed.value());
    return all.value();
  }
  std::uint64_t digest_content() const {
    Digest all;
    for (const Port& p : ports_) all.add(p.rx_content.value(), p.tx_content.value());
    for (const auto& host : sockets_)
      for (const Socket& s : host) all.add(s.content.value());
    return all.value();
  }

 private:
  struct Port {
    Digest up, down, rx, tx, irq, rx_content, tx_content;
  };
  struct Socket {
    Digest timed, content;
  };
  std::vector<Port> ports_;
  std::vector<std::vector<Socket>> sockets_;
  TraceSink* sink_ = nullptr;
  JourneyObserver* journeys_ = nullptr;
};

}  // namespace niclab::sim
