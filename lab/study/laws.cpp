#include "lab/study/laws.hpp"

#include <algorithm>

#include "lab/study/law_checks.hpp"

namespace niclab::lab::study {
namespace {

constexpr LawRow kLaws[] = {
    {"account", "Every frame is accounted for: frames whose way is unknown, at any port, either way.",
     check_account},
    {"little",
     "Little's law: in every buffer, what is inside, summed over time, is what all waits come to: "
     "thing-nanoseconds, "
     "by two measurements that know nothing of each other.",
     check_little},
    {"throttle",
     "Messages of a vector are at least its interval apart: interrupts beyond one an interval (two at the "
     "edges of "
     "the measured time are allowed).",
     check_throttle},
    {"throttle_rate",
     "Where packets keep coming, and poll and re-arm take less than the fixed interval, a vector has one "
     "interrupt "
     "an interval: interrupts.",
     check_throttle_rate},
    {"slow_period",
     "Where packets are further apart than the interval, each has an interrupt of its own: interrupts.",
     check_slow_period},
    {"lone_ping",
     "And waits for no throttle: the longest wait for write-back and interrupt, in ns (1 us is left for the "
     "message's way).",
     check_lone_ping},
    {"poisson_wait",
     "Poisson arrivals at a fixed interval t wait (l t^2 / 2) / (l t + exp(-l t)) for the throttle: mean "
     "wait, in "
     "us (2 % and four standard deviations are allowed; where polls take at most 3 % of t).",
     check_poisson_wait},
    {"pcie_bytes",
     "PCIe bytes of each type are those of docs/pcie-bytes.md. Quiet streams: TLPs and bytes exactly, "
     "interrupts "
     "counted. Others: payload, descriptors and overheads, with the number of TLPs counted, within what is "
     "on its way "
     "when the run is cut off.",
     check_pcie_bytes},
    {"ceiling",
     "No port is faster than the lowest of wire, link and reads in flight: packets a second (two on their "
     "way at the "
     "end are allowed).",
     check_ceiling},
    {"pcie_limited",
     "Where PCIe is the bottleneck, 97 % of that ceiling are reached: packets a second missing to it.",
     check_pcie_limited},
};

}  // namespace

std::span<const LawRow> law_table() { return kLaws; }

const LawRow* find_law(std::string_view name) {
  const auto table = law_table();
  const auto it = std::find_if(table.begin(), table.end(), [&](const LawRow& l) { return l.name == name; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace niclab::lab::study
