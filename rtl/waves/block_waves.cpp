#include "rtl/waves/block_waves.hpp"

#include <verilated_fst_c.h>

#include "rtl/waves/trace_file.hpp"

namespace niclab::rtl {

class BlockWaves::Impl {
 public:
  Impl(WaveSink& sink, WaveScope scope) : trace_file_{sink, scope, {}, {}} {
    sink.on_open([this](Time t) { dump(t); });
  }
  VerilatedFstC* file() { return &fst_; }
  void open() { fst_.open(reinterpret_cast<const char*>(&trace_file_)); }
  void dump(Time t) {
    if (!trace_file_.sink.recording()) return;
    trace_file_.now = t;
    // Verilator wants its times to increase; two dumps at one instant are none of its business.
    fst_.dump(static_cast<std::uint64_t>(++dumps_));
  }
  void edge(Time t) {
    dump(t);
    trace_file_.sink.set(t, trace_file_.clock, 1);
    trace_file_.sink.set(t + kDeviceClock / 2, trace_file_.clock, 0);
  }

 private:
  TraceFile trace_file_;
  VerilatedFstC fst_;
  std::uint64_t dumps_ = 0;
};

BlockWaves::BlockWaves(WaveSink& sink, WaveScope scope) : impl_(std::make_unique<Impl>(sink, scope)) {}
BlockWaves::~BlockWaves() = default;
VerilatedFstC* BlockWaves::file() { return impl_->file(); }
void BlockWaves::open() { impl_->open(); }
void BlockWaves::dump(Time t) { impl_->dump(t); }
void BlockWaves::edge(Time t) { impl_->edge(t); }

}  // namespace niclab::rtl
