#include "stack/admin/proc_net.hpp"

#include <string_view>
#include <utility>

#include "stack/admin/text.hpp"

namespace niclab::stack::admin {
namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;

// What a 3.13 kernel prints of a TCP that was never used.
constexpr std::string_view kIdleTcp =
    "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab "
    "InSegs "
    "OutSegs RetransSegs InErrs OutRsts InCsumErrors\n"
    "Tcp: 1 200 120000 -1 0 0 0 0 0 0 0 0 0 0 0\n";

constexpr std::string_view kTcpExtNames =
    "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned "
    "OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled TWKilled PAWSPassive PAWSActive PAWSEstab "
    "DelayedACKs DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPPrequeued "
    "TCPDirectCopyFromBacklog TCPDirectCopyFromPrequeue TCPPrequeueDropped TCPHPHits TCPHPHitsToUser "
    "TCPPureAcks TCPHPAcks TCPRenoRecovery TCPSackRecovery TCPSACKReneging TCPFACKReorder TCPSACKReorder "
    "TCPRenoReorder TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit "
    "TCPRenoFailures TCPSackFailures TCPLossFailures TCPFastRetrans TCPForwardRetrans TCPSlowStartRetrans "
    "TCPTimeouts TCPLossProbes TCPLossProbeRecovery TCPRenoRecoveryFail TCPSackRecoveryFail "
    "TCPSchedulerFailed TCPRcvCollapsed TCPDSACKOldSent TCPDSACKOfoSent TCPDSACKRecv TCPDSACKOfoRecv "
    "TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger TCPAbortFailed "
    "TCPMemoryPressures TCPSACKDiscard TCPDSACKIgnoredOld TCPDSACKIgnoredNoUndo TCPSpuriousRTOs "
    "TCPMD5NotFound TCPMD5Unexpected TCPSackShifted TCPSackMerged TCPSackShiftFallback TCPBacklogDrop "
    "TCPMinTTLDrop TCPDeferAcceptDrop IPReversePathFilter TCPTimeWaitOverflow TCPReqQFullDoCookies "
    "TCPReqQFullDrop TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop TCPOFOMerge TCPChallengeACK "
    "TCPSYNChallenge TCPFastOpenActive TCPFastOpenPassive TCPFastOpenPassiveFail TCPFastOpenListenOverflow "
    "TCPFastOpenCookieReqd TCPSpuriousRtxHostQueues BusyPollRxPackets";

/// "Ip: names\nIp: values\n".
std::string two_lines(std::string_view prefix, const Columns& columns) {
  std::string names(prefix), values(prefix);
  names += ":", values += ":";
  for (const auto& [name, value] : columns) {
    names += " " + name;
    values += " " + value;
  }
  return names + "\n" + values + "\n";
}

template <class T>
Columns columns_of(std::span<const MibColumn<T>> columns, const T& mib) {
  Columns c;
  for (const auto& column : columns) c.emplace_back(column.name, std::to_string(mib.*column.member));
  return c;
}

Columns icmp_msg_columns(const IcmpMsgMib& mib) {
  Columns c;
  const auto add = [&c](const char* direction, const std::array<std::uint64_t, 256>& counts) {
    for (unsigned t = 0; t < counts.size(); ++t)
      if (counts[t] != 0) c.emplace_back(direction + std::to_string(t), std::to_string(counts[t]));
  };
  add("InType", mib.InType);
  add("OutType", mib.OutType);
  return c;
}

/// An address as the kernel prints it: its four bytes in memory, read as a little-endian number.
std::uint32_t in_memory_order(Ipv4Address a) { return __builtin_bswap32(a.value); }

}  // namespace

std::string proc_net_snmp(const Mib& mib, bool v4_0) {
  std::string s = two_lines("Ip", columns_of(ip_columns(), mib.ip));
  s += two_lines("Icmp", columns_of(icmp_columns(), mib.icmp));
  if (const Columns types = icmp_msg_columns(mib.icmp_msg); !types.empty()) s += two_lines("IcmpMsg", types);
  s += kIdleTcp;
  s += two_lines("Udp", columns_of(udp_columns(v4_0), mib.udp));
  s += two_lines("UdpLite", columns_of(udp_columns(v4_0), UdpMib{}));
  return s;
}

std::string proc_net_netstat(const Mib& mib) {
  Columns tcp;
  for (std::string_view rest = kTcpExtNames; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    tcp.emplace_back(rest.substr(0, end), "0");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return two_lines("TcpExt", tcp) + two_lines("IpExt", columns_of(ip_ext_columns(), mib.ip_ext));
}

std::string proc_net_softnet_stat(std::span<const SoftnetData> per_cpu) {
  std::string s;
  const auto hex = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  for (const SoftnetData& d : per_cpu)
    s += strprintf("%08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x\n", hex(d.processed),
                   hex(d.dropped), hex(d.time_squeeze), 0, 0, 0, 0, 0, hex(d.cpu_collision),
                   hex(d.received_rps), hex(d.flow_limit_count));
  return s;
}

std::string proc_net_dev(std::span<const DevRow> rows) {
  std::string s =
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
      "colls "
      "carrier compressed\n";
  using Number = unsigned long long;
  for (const auto& [name, d] : rows) {
    const Number frame = d.rx_length_errors + d.rx_over_errors + d.rx_crc_errors + d.rx_frame_errors;
    s += strprintf("%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10llu %9llu ", name.c_str(), Number{d.rx_bytes},
                   Number{d.rx_packets}, Number{d.rx_errors}, Number{d.rx_dropped + d.rx_missed_errors},
                   Number{d.rx_fifo_errors}, frame, Number{0}, Number{d.multicast});
    s += strprintf("%8llu %7llu %4llu %4llu %4llu %5llu %7llu %10llu\n", Number{d.tx_bytes},
                   Number{d.tx_packets}, Number{d.tx_errors}, Number{d.tx_dropped}, Number{d.tx_fifo_errors},
                   Number{d.collisions}, Number{d.tx_carrier_errors + d.tx_aborted_errors}, Number{0});
  }
  return s;
}

std::string proc_net_udp(std::span<const UdpRow> rows) {
  constexpr unsigned kClosed = 7, kEstablished = 1;
  std::string s =
      strprintf("%-127s\n",
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
                "timeout inode ref pointer drops");
  for (const UdpRow& r : rows) {
    const std::string line = strprintf(
        "%5u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08X %08X %5u %8d %llu %u %016x %llu", r.slot,
        in_memory_order(r.local.address), r.local.port, in_memory_order(r.remote.address), r.remote.port,
        r.connected ? kEstablished : kClosed, r.tx_queue, r.rx_queue, 0, 0, 0, r.uid, 0,
        static_cast<unsigned long long>(r.inode), r.references, 0, static_cast<unsigned long long>(r.drops));
    s += strprintf("%-127s\n", line.c_str());
  }
  return s;
}

std::string proc_net_ptype(std::span<const PtypeRow> rows) {
  std::string s = "Type Device      Function\n";
  for (const PtypeRow& r : rows)
    s += (r.type == 0 ? "ALL " : strprintf("%04x", r.type)) +
         strprintf(" %-8s %s\n", r.device.c_str(), r.function.c_str());
  return s;
}

std::string proc_net_arp_cache(const ArpCacheStats& stats, unsigned entries, unsigned cpus) {
  std::string s =
      "entries  allocs destroys hash_grows  lookups hits  res_failed  rcv_probes_mcast rcv_probes_ucast  "
      "periodic_gc_runs forced_gc_runs unresolved_discards\n";
  const auto hex = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    const ArpCacheStats a = cpu == 0 ? stats : ArpCacheStats{};
    s += strprintf("%08x  %08x %08x %08x  %08x %08x  %08x  %08x %08x  %08x %08x %08x\n", entries,
                   hex(a.allocs), hex(a.destroys), hex(a.hash_grows), hex(a.lookups), hex(a.hits),
                   hex(a.res_failed), hex(a.rcv_probes_mcast), hex(a.rcv_probes_ucast),
                   hex(a.periodic_gc_runs), hex(a.forced_gc_runs), hex(a.unresolved_discards));
  }
  return s;
}

}  // namespace niclab::stack::admin
