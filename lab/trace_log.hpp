// DIR/trace.json: what happened to packets, in Chrome's trace event format (docs/latency.md).
//
// Processes are the hosts, with a thread for each CPU, and the NICs, with a thread for each wire, link
// direction and queue. Times are microseconds from power-on. Everything told of the chosen packets is kept
// until the end of the run, because much of it is known late; then it is sorted and written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "lab/scenario.hpp"
#include "lab/writer_thread.hpp"

namespace niclab::lab {

/// A row of the trace.
struct Track {
  std::uint32_t process = 0, thread = 0;
  constexpr auto operator<=>(const Track&) const = default;
};

class TraceLog {
 public:
  enum class Row : std::uint8_t {
    wire_rx = 1,
    wire_tx,
    pcie_up,
    pcie_down,
    interrupts,
    rx_queue = 16,
    tx_queue = 32
  };

  /// Creates `file`. Throws UserError when it cannot.
  TraceLog(const Scenario& scenario, WriterThread& writer, const std::filesystem::path& file);

  void start_line(Time t) { start_ = t; }
  /// Whether a packet that sets out at `at` is one of those to tell; counts it.
  bool admits(Time at);

  Track cpu(unsigned host, unsigned index) const { return {host + 1, index + 1}; }
  Track nic(unsigned port, Row row, unsigned queue = 0) const {
    return {hosts_ + port + 1, static_cast<std::uint32_t>(row) + queue};
  }

  // Names live as long as the program, or as long as this object when they come from keep().
  std::string_view keep(std::string_view name);
  /// A stretch of time on a track where stretches nest. `packet` 0: of none in particular.
  void slice(Track track, std::string_view name, Time begin, Time end, std::uint64_t packet);
  void instant(Track track, std::string_view name, Time at);
  /// A packet's own row, where stretches nest as well: what begins last ends first.
  void begins(Track track, std::string_view name, Time at, std::uint64_t packet);
  void ends(Track track, std::string_view name, Time at, std::uint64_t packet);
  /// The packet passes here: an arrow leads from one such point to the next.
  void point(Track track, Time at, std::uint64_t packet);
  /// A journey that is over: its arrows are drawn, and it is listed.
  struct Packet {
    std::uint64_t number;
    std::uint64_t frame_of;  ///< the packet told to captured(): another one's for a copy
    unsigned port;
    bool received;
    std::uint32_t bytes;
    Time last_bit;
  };
  void packet(const Packet& p) { packets_.push_back(p); }
  /// It is frame number `frame`, counted from 1, of its NIC's capture.
  void captured(std::uint64_t packet, std::uint64_t frame) { frames_[packet] = frame; }
  /// Writes everything. Nothing may be told afterwards.
  void close();

 private:
  struct Event {
    Time ts;
    Time end;
    std::uint64_t packet;
    std::string_view name;
    Track track;
    char phase;
  };
  void name_tracks();
  void name(const char* what, Track track, std::string_view text);
  void draw_arrows();
  static bool before(const Event& a, const Event& b);
  bool repeats(const Event& a, const Event& b) const;
  void write_events();
  void write_packets();
  void line(std::string_view text);
  void flush();

  const Scenario& scenario_;
  const TraceChoice choice_;
  const std::uint32_t hosts_;
  WriterThread& writer_;
  WriterThread::Sink& file_;
  Time start_ = Time::never();
  std::uint64_t seen_ = 0, told_ = 0;
  std::vector<std::string> nics_;
  std::map<std::string, std::string, std::less<>> names_;
  std::vector<Event> events_;
  std::map<std::uint64_t, std::vector<std::pair<Time, Track>>> points_;  // by packet
  std::map<std::uint64_t, std::uint64_t> frames_;
  std::vector<Packet> packets_;
  std::string text_;
  bool first_line_ = true;
};

}  // namespace niclab::lab
