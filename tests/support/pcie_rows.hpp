// The table of docs/pcie-bytes.md: what packets cost on the link, derived by hand. The whole card is held
// against it (tests/cosim) and so is the rule by which studies compute it (tests/unit/lab).
#pragma once

namespace niclab::test {

struct PcieTraffic {
  unsigned tlps = 0, bytes = 0;
  bool operator==(const PcieTraffic&) const = default;
};
/// A row of docs/pcie-bytes.md: what `packets` cost in all, by direction and type.
struct PcieRow {
  const char* name;
  bool transmit;
  unsigned bytes;  ///< of a packet, without FCS
  unsigned packets, mps, mrrs;
  unsigned wthresh;  ///< with a throttle that runs, else 0
  PcieTraffic up_read, up_write, down_write, down_data;
  PcieTraffic up_message{};
};

inline constexpr PcieRow kPcieRows[] = {
    {"T1", true, 60, 1, 256, 512, 0, {2, 40}, {1, 36}, {1, 24}, {2, 116}},
    {"T2", true, 60, 16, 256, 512, 0, {17, 340}, {16, 576}, {1, 24}, {20, 1616}},
    {"T3", true, 60, 32, 256, 512, 0, {34, 680}, {32, 1152}, {1, 24}, {40, 3232}},
    {"T4", true, 60, 16, 256, 128, 0, {18, 360}, {16, 576}, {1, 24}, {20, 1616}},
    {"T5", true, 1514, 4, 256, 512, 0, {13, 260}, {4, 144}, {1, 24}, {97, 8068}},
    {"T6", true, 1514, 4, 256, 256, 0, {25, 500}, {4, 144}, {1, 24}, {97, 8068}},
    {"T7", true, 9000, 1, 256, 512, 0, {19, 380}, {1, 36}, {1, 24}, {142, 11856}},
    {"T8", true, 60, 9, 256, 512, 4, {10, 200}, {3, 204}, {1, 24}, {12, 924}, {1, 24}},
    {"R1", false, 60, 16, 256, 512, 0, {1, 20}, {32, 1856}, {1, 24}, {4, 336}},
    {"R2", false, 1514, 8, 256, 512, 0, {1, 20}, {56, 13376}, {1, 24}, {2, 168}},
    {"R3", false, 1514, 8, 128, 512, 0, {1, 20}, {104, 14336}, {1, 24}, {2, 168}},
    {"R4", false, 1514, 8, 512, 512, 0, {1, 20}, {32, 12896}, {1, 24}, {2, 168}},
    {"R5", false, 60, 32, 256, 512, 0, {2, 40}, {64, 3712}, {1, 24}, {8, 672}},
    {"R6", false, 60, 9, 256, 512, 4, {1, 20}, {12, 924}, {1, 24}, {3, 204}, {1, 24}},
    {"R7", false, 3000, 4, 256, 512, 0, {1, 20}, {56, 13248}, {1, 24}, {2, 168}},
};

}  // namespace niclab::test
