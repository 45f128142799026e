#include "lab/trace_log.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <utility>

#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

class TextSink final : public WriterThread::Sink {
 public:
  explicit TextSink(std::filesystem::path file) : file_(std::move(file)), out_(file_, std::ios::binary) {
    if (!out_) throw UserError(file_.string() + ": cannot write, expected a file that can be written");
  }
  void write(std::span<const std::byte> record) override {
    out_.write(reinterpret_cast<const char*>(record.data()), static_cast<std::streamsize>(record.size()));
    check();
  }
  void finish() override {
    out_.close();
    check();
  }

 private:
  void check() {
    if (!out_) throw UserError(file_.string() + ": cannot write, expected room on the disk");
  }
  const std::filesystem::path file_;
  std::ofstream out_;
};

/// Microseconds with nanoseconds as decimals.
std::string us(Time t) {
  char s[40];
  std::snprintf(s, sizeof s, "%llu.%03u", static_cast<unsigned long long>(t.ns() / 1000),
                static_cast<unsigned>(t.ns() % 1000));
  return s;
}
std::string us(Time begin, Time end) { return us(Time{} + Duration::from_ns(end.ns() - begin.ns())); }

/// Names of functions and interfaces need little escaping.
std::string json_text(std::string_view text) {
  std::string s = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') s += '\\';
    s += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return s + "\"";
}

std::string place(Track t) {
  return "\"pid\":" + std::to_string(t.process) + ",\"tid\":" + std::to_string(t.thread);
}

}  // namespace

TraceLog::TraceLog(const Scenario& scenario, WriterThread& writer, const std::filesystem::path& file)
    : scenario_(scenario),
      choice_(scenario.trace),
      hosts_(static_cast<std::uint32_t>(scenario.hosts.size())),
      writer_(writer),
      file_(writer.add(std::make_unique<TextSink>(file))) {
  for (const Host& h : scenario.hosts)
    for (const Nic& n : h.nics) nics_.push_back(h.name + "." + n.if_name);
}

bool TraceLog::admits(Time at) {
  if (start_ == Time::never() || at < start_ + choice_.from) return false;
  if (choice_.until && at >= start_ + *choice_.until) return false;
  if (choice_.packets != 0 && told_ == choice_.packets) return false;
  if (seen_++ % choice_.every != 0) return false;
  ++told_;
  return true;
}

std::string_view TraceLog::keep(std::string_view text) {
  const auto found = names_.find(text);
  return found != names_.end() ? found->second : names_.emplace(text, text).first->second;
}

// --- what is told --------------------------------------------------------------------------------

void TraceLog::slice(Track track, std::string_view text, Time begin, Time end, std::uint64_t packet) {
  events_.push_back({begin, end, packet, text, track, 'X'});
}

void TraceLog::instant(Track track, std::string_view text, Time at) {
  events_.push_back({at, at, 0, text, track, 'i'});
}

void TraceLog::begins(Track track, std::string_view text, Time at, std::uint64_t packet) {
  events_.push_back({at, at, packet, text, track, 'b'});
}

void TraceLog::ends(Track track, std::string_view text, Time at, std::uint64_t packet) {
  events_.push_back({at, at, packet, text, track, 'e'});
}

void TraceLog::point(Track track, Time at, std::uint64_t packet) { points_[packet].emplace_back(at, track); }

// --- writing -------------------------------------------------------------------------------------

void TraceLog::flush() {
  for (std::string_view rest = text_; !rest.empty();) {
    const std::string_view part = rest.substr(0, WriterThread::kLargestRecord);
    writer_.put(file_, std::as_bytes(std::span(part)));
    rest.remove_prefix(part.size());
  }
  text_.clear();
}

void TraceLog::line(std::string_view text) {
  if (!std::exchange(first_line_, false)) text_ += ",\n";
  text_ += text;
  if (text_.size() > WriterThread::kLargestRecord / 2) flush();
}

void TraceLog::name(const char* what, Track track, std::string_view text) {
  line(std::string("{\"ph\":\"M\",\"name\":\"") + what + "\"," + place(track) +
       ",\"args\":{\"name\":" + json_text(text) + "}}");
  if (track.thread != 0)  // rows stay in the order of their numbers
    line("{\"ph\":\"M\",\"name\":\"thread_sort_index\"," + place(track) +
         ",\"args\":{\"sort_index\":" + std::to_string(track.thread) + "}}");
}

void TraceLog::name_tracks() {
  unsigned host = 0, port = 0;
  for (const Host& h : scenario_.hosts) {
    name("process_name", {host + 1, 0}, "host " + h.name);
    for (unsigned c = 0; c < h.cpus; ++c) name("thread_name", cpu(host, c), "CPU " + std::to_string(c));
    for (const Nic& n : h.nics) {
      name("process_name", {nic(port, Row::wire_rx).process, 0}, "NIC " + nics_[port]);
      name("thread_name", nic(port, Row::wire_rx), "wire rx");
      name("thread_name", nic(port, Row::wire_tx), "wire tx");
      name("thread_name", nic(port, Row::pcie_up), "PCIe up");
      name("thread_name", nic(port, Row::pcie_down), "PCIe down");
      name("thread_name", nic(port, Row::interrupts), "interrupts");
      for (unsigned q = 0; q < n.queues; ++q) {
        name("thread_name", nic(port, Row::rx_queue, q), "rx queue " + std::to_string(q));
        name("thread_name", nic(port, Row::tx_queue, q), "tx queue " + std::to_string(q));
      }
      ++port;
    }
    ++host;
  }
}

/// From the first point of a packet over all others to its last.
void TraceLog::draw_arrows() {
  for (const Packet& p : packets_) {
    auto& points = points_[p.number];
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; points.size() > 1 && i < points.size(); ++i)
      events_.push_back({points[i].first, points[i].first, p.number, "packet", points[i].second,
                         i == 0                   ? 's'
                         : i + 1 == points.size() ? 'f'
                                                  : 't'});
  }
}

/// By time as it is written; slices come before the arrows that touch them. Beyond that the order of telling
/// stays: a caller before what it calls, the end of a stage before the beginning of the next.
bool TraceLog::before(const Event& a, const Event& b) {
  const auto rank = [](char phase) {
    return phase == 'X' ? 0 : phase == 'i' ? 1 : phase == 'b' || phase == 'e' ? 2 : 3;
  };
  if (a.ts.ns() != b.ts.ns()) return a.ts < b.ts;
  return rank(a.phase) < rank(b.phase);
}

/// What several packets have in common is told once: a TLP, an interrupt.
bool TraceLog::repeats(const Event& a, const Event& b) const {
  return a.track.process > hosts_ && (a.phase == 'X' || a.phase == 'i') && a.phase == b.phase &&
         a.ts == b.ts && a.end == b.end && a.track == b.track && a.name == b.name;
}

void TraceLog::write_events() {
  std::stable_sort(events_.begin(), events_.end(), before);
  const Event* last = nullptr;
  for (const Event& e : events_) {
    if (last != nullptr && repeats(*std::exchange(last, &e), e)) continue;
    last = &e;
    std::string s = "{\"ph\":\"";
    s += e.phase;
    s += "\",\"name\":" +
         (e.name.empty() ? "\"packet " + std::to_string(e.packet) + "\"" : json_text(e.name)) + "," +
         place(e.track) + ",\"ts\":" + us(e.ts);
    switch (e.phase) {
      case 'X':
        s += ",\"dur\":" + us(e.ts, e.end);
        if (e.packet != 0) s += ",\"args\":{\"packet\":" + std::to_string(e.packet) + "}";
        break;
      case 'i': s += ",\"s\":\"t\""; break;
      case 'f': s += ",\"bp\":\"e\""; [[fallthrough]];
      default: s += ",\"cat\":\"packet\",\"id\":" + std::to_string(e.packet);
    }
    line(s + "}");
  }
}

void TraceLog::write_packets() {
  std::sort(packets_.begin(), packets_.end(),
            [](const Packet& a, const Packet& b) { return a.number < b.number; });
  first_line_ = true;
  for (const Packet& p : packets_)
    line("{\"id\":" + std::to_string(p.number) + ",\"nic\":" + json_text(nics_[p.port]) +
         ",\"direction\":\"" + (p.received ? "rx" : "tx") + "\",\"bytes\":" + std::to_string(p.bytes) +
         ",\"last_bit_ns\":" + std::to_string(p.last_bit.ns()) + ",\"capture\":" +
         json_text(nics_[p.port] + ".pcap") + ",\"frame\":" + std::to_string(frames_[p.frame_of]) + "}");
}

void TraceLog::close() {
  draw_arrows();
  text_ = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"scenario\":" + json_text(scenario_.name) +
          ",\"time\":\"microseconds from power-on\",\"start_line_us\":\"" +
          (start_ == Time::never() ? "" : us(start_)) + "\"},\n\"traceEvents\":[\n";
  name_tracks();
  write_events();
  text_ += "\n],\n\"packets\":[\n";
  write_packets();
  text_ += "\n]}\n";
  flush();
}

}  // namespace niclab::lab
