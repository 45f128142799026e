// The port's counters as igb keeps them: registers clear when read, software adds up (fact base 2.12).
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "driver/config.hpp"
#include "hw/registers.hpp"
#include "stack/net_device.hpp"

namespace niclab::igb {

/// e1000_hw_stats: totals since probe, named after their registers.
struct HwStats {
  std::uint64_t crcerrs = 0, algnerrc = 0, symerrs = 0, rxerrc = 0, mpc = 0, scc = 0, ecol = 0, mcc = 0,
                latecol = 0;
  std::uint64_t colc = 0, dc = 0, tncrs = 0, sec = 0, htdpmc = 0, rlec = 0;
  std::uint64_t xonrxc = 0, xontxc = 0, xoffrxc = 0, xofftxc = 0, fcruc = 0;
  std::uint64_t prc64 = 0, prc127 = 0, prc255 = 0, prc511 = 0, prc1023 = 0, prc1522 = 0;
  std::uint64_t gprc = 0, bprc = 0, mprc = 0, gptc = 0, gorc = 0, gotc = 0;
  std::uint64_t rnbc = 0, ruc = 0, rfc = 0, roc = 0, rjc = 0, mgprc = 0, mgpdc = 0, mgptc = 0, tor = 0,
                tot = 0;
  std::uint64_t tpr = 0, tpt = 0, ptc64 = 0, ptc127 = 0, ptc255 = 0, ptc511 = 0, ptc1023 = 0, ptc1522 = 0;
  std::uint64_t mptc = 0, bptc = 0, tsctc = 0, tsctfc = 0, iac = 0;
  std::uint64_t icrxatc = 0, ictxptc = 0, ictxatc = 0, ictxqmtc = 0, icrxdmtc = 0;
  std::uint64_t rpthc = 0, hgptc = 0, htcbdpc = 0;
  std::uint64_t b2ogprc = 0, o2bspc = 0, b2ospc = 0, o2bgptc = 0;
};

/// Reads a counter register as a debugger does: no time passes and nothing is cleared.
using RegisterPeek = std::function<std::uint32_t(hw::reg::Offset)>;

/// All counters of a port at one instant.
struct StatsSnapshot {
  HwStats hw;
  stack::DeviceStats net;                            ///< rx_dropped: the device's part only
  std::array<std::uint64_t, kMaxQueues> rx_drops{};  ///< dropped by a queue since software looked last
};

}  // namespace niclab::igb
