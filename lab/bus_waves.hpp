// What waves show of the bus and the wire of one NIC, from what the run tells about itself.
#pragma once

#include "base/trace.hpp"
#include "base/waves.hpp"

namespace niclab::lab {

class BusWaves {
 public:
  /// `scope`: of the NIC.
  BusWaves(WaveSink& sink, WaveScope scope);
  void tlp(const TlpEvent& e);
  void frame(const FrameEvent& e);

 private:
  struct Link {
    Link(WaveSink& sink, WaveScope scope);
    WaveSignal tlp, tag, length, address, packet;
  };
  struct Wire {
    Wire(WaveSink& sink, WaveScope scope);
    WaveSignal busy, packet;
  };
  WaveSink& sink_;
  Link up_, down_;
  Wire tx_, rx_;
};

}  // namespace niclab::lab
