// What a run draws when somebody wants to see waves: scopes, signals and their changes. Sinks observe; they
// never change anything.
//
// A module keeps a pointer to the sink, null when no waves are written, declares its signals before the run
// begins, and tells changes with their time. Changes may be told ahead of their time (an effect computed for
// later), never behind the calendar: the sink holds them back until the clock has passed. For one signal the
// later word counts: it replaces what was told before for the same instant and for later ones (a CPU that an
// interrupt stops before its time).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/time.hpp"

namespace niclab {

/// Handles; those of one sink only. Scope 0 is the top, enumeration 0 is none, signal 0 is no signal.
struct WaveScope {
  std::uint32_t id = 0;
};
struct WaveEnum {
  std::uint32_t id = 0;
};
struct WaveSignal {
  std::uint32_t id = 0;
};

/// In the order of the FST format.
enum class WaveScopeKind : std::uint8_t {
  module,
  task,
  function,
  begin,
  fork,
  generate,
  structure,
  joint,  ///< a SystemVerilog union
  object,
  interface,
  package,
  program
};
enum class WaveKind : std::uint8_t { logic, integer, parameter, real, event, text };
enum class WaveDirection : std::uint8_t { implicit, input, output, inout };

struct WaveDeclaration {
  std::string_view name;
  WaveKind kind = WaveKind::logic;
  unsigned bits = 1;  ///< logic, integer, parameter
  WaveEnum type{};    ///< logic: the names of its values
  WaveDirection direction = WaveDirection::implicit;
  WaveSignal alias{};  ///< another name of this signal
  bool known = true;   ///< 0 or empty until the first change; else undefined
};

class WaveSink {
 public:
  virtual ~WaveSink() = default;

  // Before the run begins.
  /// The scope of that name in `parent`, made if it is not there.
  virtual WaveScope scope(WaveScope parent, std::string_view name,
                          WaveScopeKind kind = WaveScopeKind::module) = 0;
  /// An enumeration of values written in binary, one for each name.
  virtual WaveEnum enumeration(std::string_view type, std::span<const std::string_view> names,
                               std::span<const std::string_view> values) = 0;
  virtual WaveSignal declare(WaveScope scope, const WaveDeclaration& declaration) = 0;
  /// Called once when the sink begins to record, at that instant: tell the values of signals declared as not
  /// `known`.
  virtual void on_open(std::function<void(Time)> tell) = 0;

  // While it runs.
  /// Whether changes are recorded at all; telling them otherwise is allowed.
  virtual bool recording() const = 0;
  /// logic, integer: the value; real: the bits of a double.
  virtual void set(Time at, WaveSignal signal, std::uint64_t value) = 0;
  /// logic of more than 64 bits: words of 32, lowest first.
  virtual void set_wide(Time at, WaveSignal signal, std::span<const std::uint32_t> words) = 0;
  virtual void set_text(Time at, WaveSignal signal, std::string_view text) = 0;
  /// event: it happens.
  void pulse(Time at, WaveSignal signal) { set(at, signal, 1); }

  // Short forms.
  /// Values 0, 1, 2 … in this order.
  WaveEnum enumeration(std::string_view type, std::span<const std::string_view> names);
  WaveSignal bit(WaveScope in, std::string_view name) { return declare(in, {.name = name}); }
  WaveSignal vector(WaveScope in, std::string_view name, unsigned bits) {
    return declare(in, {.name = name, .bits = bits});
  }
  WaveSignal enumerated(WaveScope in, std::string_view name, WaveEnum type, unsigned bits) {
    return declare(in, {.name = name, .bits = bits, .type = type});
  }
  WaveSignal text(WaveScope in, std::string_view name) {
    return declare(in, {.name = name, .kind = WaveKind::text});
  }
  WaveSignal event(WaveScope in, std::string_view name) {
    return declare(in, {.name = name, .kind = WaveKind::event});
  }
};

}  // namespace niclab
