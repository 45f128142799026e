// DIR/waves.fst: all signals of a run, of models and of Verilated blocks, in one file on one axis.
//
// The simulation only orders changes and packs them; encoding and compression are the writer thread's work.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/waves.hpp"
#include "lab/fst_sink.hpp"
#include "lab/wave_order.hpp"
#include "lab/writer_thread.hpp"

namespace niclab::lab {

class WaveFile final : public WaveSink {
 public:
  /// `settled` says before which instant nothing happens any more (sim::Engine::settled); what happened may
  /// still be told `patience` later. Creates the file; throws UserError when it cannot.
  WaveFile(WriterThread& thread, const std::filesystem::path& file, std::function<Time()> settled,
           Duration patience);

  /// Records from the instant `from`, which is now, to `until`: every known value first.
  void open(Time from, Time until);
  /// The run ended at `end`: what happened until then is handed to the thread. Later calls do nothing.
  void close(Time end);
  /// Changes told behind the calendar; 0 unless a model is wrong.
  std::uint64_t late() const { return order_.late(); }

  WaveScope scope(WaveScope parent, std::string_view name,
                  WaveScopeKind kind = WaveScopeKind::module) override;
  using WaveSink::enumeration;
  WaveEnum enumeration(std::string_view type, std::span<const std::string_view> names,
                       std::span<const std::string_view> values) override;
  WaveSignal declare(WaveScope scope, const WaveDeclaration& declaration) override;
  void on_open(std::function<void(Time)> tell) override { tellers_.push_back(std::move(tell)); }
  bool recording() const override { return state_ == State::open; }
  void set(Time at, WaveSignal signal, std::uint64_t value) override;
  void set_wide(Time at, WaveSignal signal, std::span<const std::uint32_t> words) override;
  void set_text(Time at, WaveSignal signal, std::string_view text) override;

 private:
  enum class State : std::uint8_t { waiting, open, over };
  /// The value a signal has, and whether it has one.
  struct Current {
    std::uint64_t value = 0;
    std::vector<std::byte> bytes;
    bool known = false;
  };

  void tell(Time at, WaveSignal signal, std::uint64_t value, std::span<const std::byte> bytes);
  void release(Time before);
  void happen(const WaveChange& change, std::span<const std::byte> bytes);
  void end_recording(Time end);
  void record_all();
  void record(std::uint32_t signal);

  FstSink& sink_;
  FstRecorder recorder_;
  std::function<Time()> settled_;
  const Duration patience_;
  WaveTree tree_;
  std::vector<Current> current_{1};
  std::vector<std::uint32_t> numbers_;  // in the file, once declared there
  WaveOrder order_;
  std::vector<std::function<void(Time)>> tellers_;
  State state_ = State::waiting;
  bool begun_ = false;  // the first values are recorded
  Time from_ = Time::never(), until_ = Time::never();
  std::uint64_t recorded_ps_ = 0;  // the time the recorder stands at
};

}  // namespace niclab::lab
