// Everything a run reports, as plain values in the order of summary.json (lab/summary.hpp writes them).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace niclab::lab {

/// Named counters in printing order.
using Counters = std::vector<std::pair<std::string, std::uint64_t>>;

/// One row of /proc/interrupts or /proc/softirqs.
struct PerCpuCount {
  std::string name;
  std::vector<std::uint64_t> per_cpu;
  bool level = false;  ///< an interrupt by a pin, not by a message
  std::uint64_t total() const;
};

struct CpuTime {
  std::uint64_t busy_ns = 0, idle_ns = 0, hardirq_ns = 0, softirq_ns = 0;
};

/// What passed through a buffer since the start line, in things (frames, bytes, descriptors, …). What was
/// inside at the start line counts as arrived then.
struct BufferResult {
  std::uint64_t arrivals = 0, departures = 0;
  std::uint64_t left = 0;  ///< inside at the end
  double mean_occupancy = 0;
  std::uint64_t max_occupancy = 0;
  std::uint64_t occupancy_ns_total = 0;  ///< the integral of the occupancy, in thing-nanoseconds
  std::uint64_t wait_ns_total =
      0;  ///< how long all things stayed, as far as they have; by stamps of their own
  std::uint64_t max_after_ns = 0;  ///< since the start line: when it first held 8/9 of max_occupancy, or more
};

/// The polls of one interrupt vector's rings, since the start line.
struct PollResult {
  std::uint64_t polls = 0, empty_polls = 0, rx_packets = 0, tx_packets = 0, completes = 0,
                budget_exhausted = 0;
};

struct SocketResult {
  std::string proto = "udp";
  std::string local;                                        ///< "ip:port"
  std::uint64_t rx_datagrams = 0, rx_bytes = 0, drops = 0;  ///< rx: returned to the application
  std::optional<BufferResult> receive_queue{};              ///< of datagrams; nullopt: not asked for
};

/// Errors one function found on the bus: messages it sent, and what it found, by Linux's name.
struct AerResult {
  std::uint64_t correctable = 0, nonfatal = 0, fatal = 0;
  Counters errors;  ///< those that happened
};

/// A clock that follows another (ptp_slave). Nanoseconds unless they say otherwise.
struct PtpResult {
  std::uint64_t samples = 0, steps = 0;  ///< exchanges completed; times the clock was set
  std::int64_t offset_ns = 0;            ///< by how much it was really ahead of the master's, at the end
  std::int64_t servo_offset_ns = 0;      ///< what the last exchange said
  std::int64_t path_delay_ns = 0;        ///< likewise
  std::int64_t frequency_ppb = 0;        ///< it runs at
  std::uint64_t looks_after = 0;         ///< instants after `settle` at which the real offset was looked at
  std::uint64_t max_abs_offset_after_ns = 0;  ///< of those
};

/// What counts from power-on elsewhere, from the start line on.
struct MeasuredResult {
  std::uint64_t ns = 0;  ///< from the start line to the end
  Counters interrupts, softirqs;
  std::vector<CpuTime> cpu;
  std::vector<Counters> softnet_stat;
};

struct HostResult {
  std::string name;
  std::vector<std::pair<std::string, Counters>> snmp;     ///< "Ip", "Icmp", "IcmpMsg", "Udp", …
  std::vector<std::pair<std::string, Counters>> netstat;  ///< "IpExt"
  std::vector<Counters> softnet_stat;                     ///< one a CPU
  std::vector<std::pair<std::string, Counters>> ethtool;  ///< by interface, in ethtool -S order
  std::vector<std::pair<std::string, AerResult>> aer;     ///< by interface
  std::vector<PerCpuCount> interrupts;                    ///< by handler name
  std::vector<PerCpuCount> softirqs;
  std::vector<CpuTime> cpu;
  std::vector<SocketResult> sockets;                                  ///< in creation order, closed ones too
  std::vector<std::pair<std::string, PtpResult>> ptp;                 ///< by interface that is a slave
  std::vector<std::pair<std::string, std::vector<PollResult>>> napi;  ///< by interface, then by vector
  MeasuredResult measured;
};

/// One NIC's wire. Bytes include FCS, not preamble.
struct LinkResult {
  std::uint64_t tx_frames = 0, rx_frames = 0, tx_bytes = 0, rx_bytes = 0;
  double utilisation = 0;  ///< of the busier direction, 0..1, from the start line to the end
};

/// Where every frame went. A gap other than zero is a fault.
struct AccountResult {
  std::uint64_t injected = 0, delivered = 0, filtered = 0, missed = 0, queue_drops = 0, error_drops = 0;
  std::uint64_t rx_inside = 0;  ///< in the packet buffer when the run ended
  std::uint64_t handed_to_device = 0, on_the_wire = 0, tx_counted = 0;
  std::uint64_t tx_inside = 0;                   ///< in the transmit buffer when the run ended
  std::uint64_t rx_control = 0, tx_control = 0;  ///< MAC control frames kept by the MAC; sent by it
  std::int64_t rx_gap() const;
  std::int64_t tx_gap() const;
};

struct PcieDirection {
  std::uint64_t tlps = 0, payload_bytes = 0, wire_bytes = 0, dllp_bytes = 0;
};

/// One direction of the link for one NIC, since the start line.
struct PcieLoad {
  Counters tlps, wire_bytes;  ///< by type
  double utilisation = 0;     ///< of the link's time; TLPs alone
};

/// Reads the device asked for, since the start line.
struct PcieReads {
  std::uint64_t descriptor = 0, descriptor_bytes = 0, payload = 0, payload_bytes = 0;
  double tags_mean = 0;        ///< in flight
  std::uint64_t tags_max = 0;  ///< likewise
};

struct PcieResult {
  PcieDirection up, down;
  Counters by_type;  ///< TLPs: MRd, MWr, CplD, …
  std::uint64_t dma_faults = 0;
  PcieLoad load_up{}, load_down{};
  PcieReads reads{};
  Counters stalls{};   ///< ns since the start line, by cause; empty: not asked for
  Counters fetches{};  ///< of descriptors, and their write-backs, since the start line
};

struct LockstepResult {
  std::uint64_t transactions = 0, cycles = 0, mismatches = 0;
};

/// A distribution in nanoseconds.
struct LatencyStats {
  std::uint64_t n = 0, min = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
};

/// One stage of the packets' way (docs/latency.md), or a whole way.
struct StageResult {
  std::string name;
  LatencyStats latency;
  double share = 0;    ///< of the time all packets took on the whole way, 0..1
  double mean_ns = 0;  ///< not in summary.json: closed forms speak of means
};

template <class T>
using Named = std::vector<std::pair<std::string, T>>;

struct RunResult {
  std::string version, scenario;
  std::uint64_t seed = 0;
  std::map<std::string, std::string> fidelity;
  std::uint64_t time_ns = 0, start_ns = 0;
  double wall_s = 0;
  std::optional<std::uint64_t> digest, digest_content;  ///< nullopt: a live run
  std::uint64_t activations = 0;                        ///< SystemC process activations
  std::vector<HostResult> hosts;
  Named<LinkResult> links;        ///< by "<h>.<if>"
  Named<AccountResult> accounts;  ///< by "<h>.<if>"
  Named<PcieResult> pcie;         ///< by "<h>.<if>"
  Named<LockstepResult> lockstep;
  Named<LatencyStats> latency;
  Named<Named<BufferResult>> buffers;  ///< by "<h>.<if>", then by buffer; empty: not asked for
  std::vector<StageResult> stages;     ///< rx_* and tx_*, each in the order of the path; empty: not asked for
  std::vector<std::string> faults;     ///< DMA faults, assertions, … one line each; not empty: exit 1

  double slowdown() const;  ///< wall over simulated time
};

}  // namespace niclab::lab
