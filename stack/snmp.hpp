// The counters of /proc/net/snmp and /proc/net/netstat, in the order they are printed (path-map E-01, E-02,
// E-15, E-23; Icmp and IcmpMsg as 3.13 prints them). Plain numbers: statistics are not simulated state.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace niclab::stack {

/// `Ip:` (path-map E-02 to E-14).
struct IpMib {
  std::uint64_t Forwarding = 2, DefaultTTL = 64, InReceives = 0, InHdrErrors = 0, InAddrErrors = 0,
                ForwDatagrams = 0, InUnknownProtos = 0, InDiscards = 0, InDelivers = 0, OutRequests = 0,
                OutDiscards = 0, OutNoRoutes = 0, ReasmTimeout = 0, ReasmReqds = 0, ReasmOKs = 0,
                ReasmFails = 0, FragOKs = 0, FragFails = 0, FragCreates = 0;
};

/// `Icmp:`
struct IcmpMib {
  std::uint64_t InMsgs = 0, InErrors = 0, InCsumErrors = 0, InDestUnreachs = 0, InTimeExcds = 0,
                InParmProbs = 0, InSrcQuenchs = 0, InRedirects = 0, InEchos = 0, InEchoReps = 0,
                InTimestamps = 0, InTimestampReps = 0, InAddrMasks = 0, InAddrMaskReps = 0, OutMsgs = 0,
                OutErrors = 0, OutDestUnreachs = 0, OutTimeExcds = 0, OutParmProbs = 0, OutSrcQuenchs = 0,
                OutRedirects = 0, OutEchos = 0, OutEchoReps = 0, OutTimestamps = 0, OutTimestampReps = 0,
                OutAddrMasks = 0, OutAddrMaskReps = 0;
};

/// `IcmpMsg:` prints InType<n> and OutType<n> of the types that are not zero.
struct IcmpMsgMib {
  std::array<std::uint64_t, 256> InType{}, OutType{};
};

/// `Udp:` (path-map E-15 to E-22).
struct UdpMib {
  std::uint64_t InDatagrams = 0, NoPorts = 0, InErrors = 0, OutDatagrams = 0, RcvbufErrors = 0,
                SndbufErrors = 0, InCsumErrors = 0, IgnoredMulti = 0;
};

/// `IpExt:` of /proc/net/netstat (path-map E-23, E-24).
struct IpExtMib {
  std::uint64_t InNoRoutes = 0, InTruncatedPkts = 0, InMcastPkts = 0, OutMcastPkts = 0, InBcastPkts = 0,
                OutBcastPkts = 0, InOctets = 0, OutOctets = 0, InMcastOctets = 0, OutMcastOctets = 0,
                InBcastOctets = 0, OutBcastOctets = 0, InCsumErrors = 0, InNoECTPkts = 0, InECT1Pkts = 0,
                InECT0Pkts = 0, InCEPkts = 0;
};

/// `/proc/net/stat/arp_cache`, the columns after `entries` (path-map E-43).
struct ArpCacheStats {
  std::uint64_t allocs = 0, destroys = 0, hash_grows = 0, lookups = 0, hits = 0, res_failed = 0,
                rcv_probes_mcast = 0, rcv_probes_ucast = 0, periodic_gc_runs = 0, forced_gc_runs = 0,
                unresolved_discards = 0;
};

/// All counters of one host.
struct Mib {
  IpMib ip;
  IcmpMib icmp;
  IcmpMsgMib icmp_msg;
  UdpMib udp;
  IpExtMib ip_ext;
  ArpCacheStats arp_cache;
};

/// One printed column.
template <class T>
struct MibColumn {
  std::string_view name;
  std::uint64_t T::*member;
};

std::span<const MibColumn<IpMib>> ip_columns();
std::span<const MibColumn<IcmpMib>> icmp_columns();
/// The eighth column, IgnoredMulti, is printed by 4.0 only.
std::span<const MibColumn<UdpMib>> udp_columns(bool with_ignored_multi = false);
std::span<const MibColumn<IpExtMib>> ip_ext_columns();

}  // namespace niclab::stack
