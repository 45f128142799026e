#include "lab/bus_waves.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "hw/mac_timing.hpp"

namespace niclab::lab {
namespace {

constexpr auto kNames = [] {
  std::array<std::string_view, kTlpTypes + 1> names{"idle"};
  std::copy(kTlpNames.begin(), kTlpNames.end(), names.begin() + 1);
  return names;
}();

/// "tx 42"
class PacketName {
 public:
  PacketName(std::string_view direction, std::uint32_t number) {
    if (number == 0) return;
    char* at = std::copy(direction.begin(), direction.end(), text_);
    *at++ = ' ';
    end_ = std::to_chars(at, text_ + sizeof text_, number).ptr;
  }
  operator std::string_view() const { return {text_, end_}; }

 private:
  char text_[16];
  char* end_ = text_;
};

}  // namespace

BusWaves::Link::Link(WaveSink& sink, WaveScope scope)
    : tlp(sink.enumerated(scope, "tlp", sink.enumeration("tlp_type", kNames), std::bit_width(kTlpTypes))),
      tag(sink.vector(scope, "tag", 8)),
      length(sink.vector(scope, "length", 13)),
      address(sink.vector(scope, "address", 64)),
      packet(sink.text(scope, "packet")) {}

BusWaves::Wire::Wire(WaveSink& sink, WaveScope scope)
    : busy(sink.bit(scope, "busy")), packet(sink.text(scope, "packet")) {}

BusWaves::BusWaves(WaveSink& sink, WaveScope scope)
    : sink_(sink),
      up_(sink, sink.scope(scope, "pcie_up")),
      down_(sink, sink.scope(scope, "pcie_down")),
      tx_(sink, sink.scope(scope, "mac_tx")),
      rx_(sink, sink.scope(scope, "mac_rx")) {}

void BusWaves::tlp(const TlpEvent& e) {
  const Link& link = e.up ? up_ : down_;
  // Received packets are written, packets to send are read.
  const PacketName packet(e.type == TlpType::MWr ? "rx" : "tx", e.packet);
  sink_.set(e.start, link.tlp, static_cast<std::uint64_t>(e.type) + 1);
  sink_.set(e.start, link.tag, e.tag);
  sink_.set(e.start, link.length, e.length);
  sink_.set(e.start, link.address, e.address);
  sink_.set_text(e.start, link.packet, packet);
  sink_.set(e.end, link.tlp, 0);
  sink_.set_text(e.end, link.packet, "");
}

void BusWaves::frame(const FrameEvent& e) {
  const Wire& wire = e.transmitted ? tx_ : rx_;
  const Time start = e.end - hw::frame_time(hw::LinkSpeed::mbps1000, e.bytes.size());
  sink_.set(start, wire.busy, 1);
  sink_.set_text(start, wire.packet, PacketName(e.transmitted ? "tx" : "rx", e.packet));
  sink_.set(e.end, wire.busy, 0);
  sink_.set_text(e.end, wire.packet, "");
}

}  // namespace niclab::lab
