// A scenario as plain values: what the user's TOML file says after defaults, overrides and validation.
// Schema and meaning of every key: docs/scenario.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/addresses.hpp"
#include "base/cost.hpp"
#include "base/kernel.hpp"
#include "base/time.hpp"
#include "driver/config.hpp"
#include "lab/config_tree.hpp"
#include "tlm/i350/config.hpp"

namespace niclab::lab {

/// The nine units whose fidelity a scenario chooses, in the order of summary.json.
inline constexpr std::string_view kUnits[] = {
    "tx_ring",  "rx_ring",       "tx_checksum", "tx_segmenter", "rx_parser_checksum",
    "rss_hash", "intr_throttle", "msix",        "mac_fcs"};

/// Those of them that have a twin in RTL (docs/rtl.md).
inline constexpr std::string_view kTwins[] = {"tx_ring", "rx_ring", "tx_checksum", "intr_throttle"};

/// `[run]`.
struct Run {
  std::optional<Duration> duration;  ///< after the start line; nullopt: until idle
  std::uint64_t seed = 1;
  bool until_idle() const { return !duration; }
};

/// `[waves]`: what `--waves` records, from the start line on; neither given: everything from power-on.
struct Waves {
  std::optional<Duration> from, until;
};

/// `[pcie]`: the link of every NIC and what is behind it. Times are one way unless they say otherwise.
struct Pcie {
  unsigned gen = 2;             ///< 1 or 2: 2.5 or 5 GT/s a lane, 8b/10b
  unsigned lanes = 4;           ///< 1, 2 or 4
  unsigned mps = 256;           ///< Max_Payload_Size, bytes
  unsigned mrrs = 512;          ///< Max_Read_Request_Size, bytes
  unsigned rcb = 64;            ///< Read Completion Boundary, bytes
  unsigned completion = 64;     ///< bytes of data a completion carries at most (multiple of rcb)
  unsigned ack_every = 4;       ///< one Ack DLLP for so many TLPs
  unsigned tags = 32;           ///< device reads in flight
  unsigned iova_bits = 32;      ///< 32: 3 DW headers; 64: the IOMMU hands out addresses above 4 GiB
  Duration propagation = 5_ns;  ///< the traces
  Duration root_complex_latency = 150_ns;  ///< root port to memory controller or CPU
  Duration memory_latency = 90_ns;         ///< DRAM read (fact base 6.3: 500-1000 ns in all)
  Duration device_latency = 120_ns;        ///< the device's transaction layer
  Duration iommu_hit = 10_ns;              ///< IOTLB hit
  Duration iommu_miss = 330_ns;            ///< page walk (pcie-bench, SIGCOMM 2018)
  unsigned iotlb_entries = 64;
};

/// The best kind of interrupt the platform offers a NIC; its driver then takes that.
enum class InterruptKind : std::uint8_t { msix, msi, intx };

/// `[[host.nic]]`.
struct Nic {
  Where where;
  std::string if_name;
  MacAddress mac;
  Ipv4Prefix ipv4;
  std::optional<Ipv4Address> gateway;
  unsigned queues = 1;     ///< RX and TX queue pairs, 1..8; default min(8, cpus)
  unsigned rx_ring = 256;  ///< descriptors, 80..4096, multiple of 8
  unsigned tx_ring = 256;
  unsigned rx_usecs = 3;  ///< as ethtool -C: 0, 1, 3 (adaptive) or 10..10000
  unsigned mtu = 1500;
  InterruptKind interrupts = InterruptKind::msix;
  /// What the driver is to negotiate; none given: what its NVM says, which is everything.
  std::optional<igb::FlowControl> flow_control;
  Duration negotiation = hw::Phy::kDefaultNegotiation;  ///< from a restart of the PHY to its link
  unsigned speed = 1000;  ///< Mb/s: 10, 100 or 1000: what the driver advertises at most
  igb::Thresholds rx_thresholds = igb::kRxThresholds, tx_thresholds = igb::kTxThresholds;
  sim::I350Quirks quirks;  ///< `[host.nic.quirk]`
};

/// `[[host]]`.
struct Host {
  Where where;
  std::string name;
  KernelProfile kernel;
  unsigned cpus = 4;
  sim::I350CardConfig card;                                 ///< `[host.card]`
  std::vector<std::pair<std::string, std::string>> sysctl;  ///< `[host.sysctl]`: name and value
  /// Its processors, memory and driver are not ours: `niclab serve` lets them in.
  bool external = false;
  std::vector<Nic> nics;
};

/// An address and a port: "10.9.0.2:7".
struct Endpoint {
  Ipv4Address address;
  std::uint16_t port = 0;
  std::string to_string() const;
  static std::optional<Endpoint> parse(std::string_view text);
};

/// echo: returns every datagram to its sender. sink: receives and counts. send: sends `count` datagrams,
/// paced or as fast as it can. request: sends one, waits for its answer, measures the round trip. ptp_master:
/// tells the time of its NIC's clock, `interval` by interval. ptp_slave: steers its NIC's clock by it.
enum class AppKind : std::uint8_t { echo, sink, send, request, ptp_master, ptp_slave };
constexpr bool is_ptp(AppKind k) { return k == AppKind::ptp_master || k == AppKind::ptp_slave; }

/// How packets of a given rate are spread over time: evenly, as a Poisson process, or several at a time.
enum class Arrivals : std::uint8_t { regular, poisson, bursts };

/// Who draws random numbers, for random_stream().
enum class RandomUser : std::uint8_t { traffic = 1, app = 2 };
/// The seed of what the `index`-th `[[traffic]]` or `[[app]]` draws in a run of seed `run`: nobody else's.
std::uint64_t random_stream(std::uint64_t run, RandomUser user, std::size_t index);

/// `[[app]]`.
struct App {
  Where where;
  std::size_t host = 0;  ///< index into Scenario::hosts
  AppKind kind = AppKind::sink;
  unsigned cpu = 0;
  std::uint16_t port = 0;                 ///< local; 0 for send and request: chosen by the stack
  std::optional<Ipv4Address> group;       ///< multicast group to join (echo, sink)
  std::optional<unsigned> rcvbuf;         ///< SO_RCVBUF, bytes
  std::optional<unsigned> sndbuf;         ///< SO_SNDBUF, bytes
  Duration work{};                        ///< application time spent on each datagram received
  Endpoint to;                            ///< send, request
  unsigned size = 18;                     ///< UDP payload bytes (18 fills a 64-byte frame)
  std::uint64_t count = 0;                ///< datagrams or requests; 0: until the run ends
  std::optional<Duration> interval;       ///< from send to send (send), from answer to next request (request)
  unsigned burst = 1;                     ///< datagrams sent back to back each interval (send)
  Arrivals arrivals = Arrivals::regular;  ///< of bursts: regular or poisson (send)
  Duration start{};                       ///< after the start line
  std::size_t nic = 0;                    ///< ptp_*: index into the host's nics
  Duration settle = 1_s;                  ///< ptp_slave: offsets later than this after `start` are judged
  Duration timeout = 1_s;                 ///< a request without answer is given up after this
};

enum class TrafficKind : std::uint8_t { udp, pcap };

/// How fast frames enter the wire; `line` is as close as the wire allows.
struct Rate {
  enum class Kind : std::uint8_t { captured, line, pps } kind = Kind::line;
  std::uint64_t pps = 0;
};

/// `[[link]]`: one wire between two NICs.
struct Link {
  struct End {
    std::size_t host = 0, nic = 0;  ///< indexes into hosts and its nics
    bool operator==(const End&) const = default;
  };
  Where where;
  End a, b;
  Duration propagation = 50_ns;  ///< ten metres
};

/// `[[wire]]`: a NIC's wire leads out of the simulation.
struct LiveWire {
  enum class Kind : std::uint8_t { tap, dgram };
  Where where;
  Link::End nic;
  Kind kind = Kind::tap;
  std::string name;           ///< tap: of the interface
  std::string local, remote;  ///< dgram: names of sockets
};

/// `[[traffic]]`: the far end of a NIC's wire.
struct Traffic {
  Where where;
  std::size_t host = 0, nic = 0;  ///< destination: indexes into hosts and its nics
  TrafficKind kind = TrafficKind::udp;
  Rate rate;
  bool pause = false;          ///< offers and obeys PAUSE, with all traffic to this NIC
  Duration start{};            ///< after the start line
  std::filesystem::path file;  ///< pcap: absolute
  // udp:
  unsigned size = 64;       ///< bytes of a frame with FCS, 64..9728
  std::uint64_t count = 0;  ///< frames; 0: until the run ends
  Arrivals arrivals = Arrivals::regular;
  unsigned burst = 1;    ///< frames back to back (bursts)
  unsigned flows = 1;    ///< frames take turns over source ports sport .. sport+flows-1
  unsigned sources = 1;  ///< and over source addresses src .. src+sources-1
  std::uint16_t sport = 1024, dport = 9;
  Ipv4Address src, dst;  ///< defaults: the next free address of the subnet, the NIC's address
  MacAddress src_mac;    ///< default 02:00:00:ff:00:<index of the traffic>
  MacAddress dst_mac;    ///< follows from dst: the NIC's, or the group's
};

/// `[[at]]`: a command of a host's shell at a time after the start line.
struct At {
  Where where;
  Duration time;
  std::size_t host = 0;
  std::string command;
};

/// What a `[[fault]]` breaks; in the order of fault_kinds().
enum class FaultKind : std::uint8_t {
  completion_timeout,
  late_completion,
  unsupported_request,
  completer_abort,
  poisoned,
  poisoned_write,
  bad_tlp,
  malformed_tlp,
  cable,
  crc_error,
  ecc,
  tx_stall,
  all_ones,
  flr,
  device_reset,
  port_reset
};

/// `[[fault]]`: something breaks at a time after the start line.
struct Fault {
  Where where;
  Duration time;
  std::size_t host = 0, nic = 0;  ///< indexes into hosts and its nics
  FaultKind kind = FaultKind::crc_error;
  std::uint64_t count = 1;           ///< reads, writes or frames, of kinds that count
  std::optional<Duration> duration;  ///< how long, or how late; nullopt: for good, or the kind has none
};

/// One kind: its name in a scenario and the keys it takes beside time, nic and kind.
struct FaultKindRow {
  std::string_view name;
  bool counts = false;
  enum class Lasts : std::uint8_t { no, if_given, always } lasts = Lasts::no;
};
/// By FaultKind.
const std::vector<FaultKindRow>& fault_kinds();

enum class CompareOp : std::uint8_t { eq, ne, lt, le, gt, ge };
std::string_view to_string(CompareOp op);

/// `[[expect]]`: a statement about summary.json.
struct Expect {
  Where where;
  std::string metric;
  CompareOp op = CompareOp::eq;
  std::variant<double, std::int64_t, bool, std::string> value;
};

/// `[trace]`: which packets trace.json tells, whole journeys each. Times count from the start line.
struct TraceChoice {
  unsigned every = 1;      ///< one packet in so many
  unsigned packets = 300;  ///< so many in all; 0: no limit
  Duration from{};
  std::optional<Duration> until;  ///< of the packets' beginnings
};

struct Scenario {
  std::string name;  ///< file name without folder and extension
  Run run;
  Waves waves;
  CostModel cost;
  Pcie pcie;
  std::map<std::string, std::string> fidelity;  ///< every unit of kUnits
  TraceChoice trace;
  std::vector<Host> hosts;
  std::vector<App> apps;
  std::vector<Link> links;
  std::vector<LiveWire> wires;
  std::vector<Traffic> traffic;
  std::vector<At> at;
  std::vector<Fault> faults;
  std::vector<Expect> expects;
  ConfigNode tree;  ///< what it was made from, overrides applied and file names absolute
};

/// Reads, overrides (`sets` are "a.b=V", `seed` wins over [run] seed) and validates. "study:NAME" is the base
/// scenario of that study (a built-in one or a file). Throws UserError.
Scenario load_scenario(const std::filesystem::path& path, const std::vector<std::string>& sets = {},
                       std::optional<std::uint64_t> seed = {});

/// The same from text; `source` names it in errors, relative files are relative to `folder`.
Scenario scenario_from_text(std::string_view toml, const std::string& source,
                            const std::filesystem::path& folder, const std::vector<std::string>& sets = {},
                            std::optional<std::uint64_t> seed = {});

/// The typed scenario of a tree (of parse_toml or config_from_json).
Scenario scenario_from_tree(ConfigNode tree, std::string name, const std::filesystem::path& folder);

}  // namespace niclab::lab
