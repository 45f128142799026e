#include "lab/wave_file.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace niclab::lab {

WaveFile::WaveFile(WriterThread& thread, const std::filesystem::path& file, std::function<Time()> settled,
                   Duration patience)
    : sink_(thread.add(std::make_unique<FstSink>(file))),
      recorder_(thread, sink_),
      settled_(std::move(settled)),
      patience_(patience) {}

// --- before the run ------------------------------------------------------------------------------

WaveScope WaveFile::scope(WaveScope parent, std::string_view name, WaveScopeKind kind) {
  for (const std::uint32_t i : tree_.scopes[parent.id].scopes)
    if (tree_.scopes[i].name == name) return {i};
  const auto id = static_cast<std::uint32_t>(tree_.scopes.size());
  tree_.scopes.push_back({std::string(name), kind, {}, {}});
  tree_.scopes[parent.id].scopes.push_back(id);
  return {id};
}

WaveEnum WaveFile::enumeration(std::string_view type, std::span<const std::string_view> names,
                               std::span<const std::string_view> values) {
  const WaveTree::Enumeration e{
      std::string(type), {names.begin(), names.end()}, {values.begin(), values.end()}};
  for (std::uint32_t i = 1; i < tree_.enumerations.size(); ++i) {
    const WaveTree::Enumeration& known = tree_.enumerations[i];
    if (known.type == e.type && known.names == e.names && known.values == e.values) return {i};
  }
  tree_.enumerations.push_back(e);
  return {static_cast<std::uint32_t>(tree_.enumerations.size() - 1)};
}

WaveSignal WaveFile::declare(WaveScope scope, const WaveDeclaration& d) {
  if (!numbers_.empty()) throw std::logic_error("a signal is declared after the first change");
  const auto id = static_cast<std::uint32_t>(tree_.signals.size());
  tree_.signals.push_back({std::string(d.name), d.kind, d.bits, d.type.id, d.alias.id, d.direction, d.known});
  tree_.scopes[scope.id].signals.push_back(id);
  current_.push_back({});
  if (d.bits > 64) current_.back().bytes.resize((d.bits + 31) / 32 * 4);
  current_.back().known = d.known && d.kind != WaveKind::event && d.alias.id == 0;
  return {id};
}

// --- while it runs -------------------------------------------------------------------------------

void WaveFile::open(Time from, Time until) {
  from_ = from;
  until_ = until;
  state_ = State::open;
  for (const auto& tell : tellers_) tell(from);
}

void WaveFile::set(Time at, WaveSignal signal, std::uint64_t value) { tell(at, signal, value, {}); }

void WaveFile::set_wide(Time at, WaveSignal signal, std::span<const std::uint32_t> words) {
  tell(at, signal, 0, std::as_bytes(words));
}

void WaveFile::set_text(Time at, WaveSignal signal, std::string_view text) {
  tell(at, signal, 0, std::as_bytes(std::span(text)));
}

void WaveFile::tell(Time at, WaveSignal signal, std::uint64_t value, std::span<const std::byte> bytes) {
  if (state_ == State::over) return;
  order_.tell(at.ps(), signal.id, value, bytes, tree_.signals[signal.id].kind != WaveKind::event);
  const Time settled = max(settled_(), Time{} + patience_) - patience_;
  if (order_.due(settled.ps())) release(settled);
}

void WaveFile::release(Time before) {
  order_.release(before.ps(), [this](const WaveChange& change, std::span<const std::byte> bytes) {
    if (state_ != State::over) happen(change, bytes);
  });
}

void WaveFile::happen(const WaveChange& change, std::span<const std::byte> bytes) {
  if (change.ps > until_.ps()) return end_recording(until_);
  const bool event = tree_.signals[change.signal].kind == WaveKind::event;
  const bool recorded = state_ == State::open && change.ps >= from_.ps();
  if (recorded && !begun_) record_all();
  Current& c = current_[change.signal];
  if (c.known && !event && c.value == change.value && std::ranges::equal(c.bytes, bytes)) return;
  c.value = change.value;
  c.bytes.assign(bytes.begin(), bytes.end());
  c.known = !event;
  if (!recorded) return;
  if (change.ps != recorded_ps_) recorder_.time(recorded_ps_ = change.ps);
  record(change.signal);
}

/// The values all signals have when the recording begins.
void WaveFile::record_all() {
  begun_ = true;
  numbers_ = sink_.begin(tree_);
  recorder_.time(recorded_ps_ = from_.ps());
  for (std::uint32_t i = 1; i < current_.size(); ++i)
    if (current_[i].known) record(i);
}

void WaveFile::record(std::uint32_t signal) {
  const WaveTree::Signal& s = tree_.signals[signal];
  const Current& c = current_[signal];
  const std::uint32_t number = numbers_[signal];
  if (s.kind == WaveKind::text) return recorder_.text(number, c.bytes);
  if (s.kind == WaveKind::real) return recorder_.real(number, c.value);
  if (s.bits > 64) return recorder_.wide(number, s.bits, c.bytes);
  recorder_.value(number, s.bits, c.value);
}

void WaveFile::close(Time end) {
  if (state_ == State::over) return;
  end = min(end, until_);
  release(end + 1_ps);
  if (state_ != State::over) end_recording(end);
}

void WaveFile::end_recording(Time end) {
  state_ = State::over;
  if (from_ == Time::never()) from_ = end;
  if (!begun_) record_all();
  if (end.ps() > recorded_ps_) recorder_.time(end.ps());
  recorder_.flush();
}

}  // namespace niclab::lab
