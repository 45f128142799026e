#include "stack/snmp.hpp"

#include <iterator>

namespace niclab::stack {
namespace {

constexpr MibColumn<IpMib> kIp[] = {
    {"Forwarding", &IpMib::Forwarding},
    {"DefaultTTL", &IpMib::DefaultTTL},
    {"InReceives", &IpMib::InReceives},
    {"InHdrErrors", &IpMib::InHdrErrors},
    {"InAddrErrors", &IpMib::InAddrErrors},
    {"ForwDatagrams", &IpMib::ForwDatagrams},
    {"InUnknownProtos", &IpMib::InUnknownProtos},
    {"InDiscards", &IpMib::InDiscards},
    {"InDelivers", &IpMib::InDelivers},
    {"OutRequests", &IpMib::OutRequests},
    {"OutDiscards", &IpMib::OutDiscards},
    {"OutNoRoutes", &IpMib::OutNoRoutes},
    {"ReasmTimeout", &IpMib::ReasmTimeout},
    {"ReasmReqds", &IpMib::ReasmReqds},
    {"ReasmOKs", &IpMib::ReasmOKs},
    {"ReasmFails", &IpMib::ReasmFails},
    {"FragOKs", &IpMib::FragOKs},
    {"FragFails", &IpMib::FragFails},
    {"FragCreates", &IpMib::FragCreates},
};

constexpr MibColumn<IcmpMib> kIcmp[] = {
    {"InMsgs", &IcmpMib::InMsgs},
    {"InErrors", &IcmpMib::InErrors},
    {"InCsumErrors", &IcmpMib::InCsumErrors},
    {"InDestUnreachs", &IcmpMib::InDestUnreachs},
    {"InTimeExcds", &IcmpMib::InTimeExcds},
    {"InParmProbs", &IcmpMib::InParmProbs},
    {"InSrcQuenchs", &IcmpMib::InSrcQuenchs},
    {"InRedirects", &IcmpMib::InRedirects},
    {"InEchos", &IcmpMib::InEchos},
    {"InEchoReps", &IcmpMib::InEchoReps},
    {"InTimestamps", &IcmpMib::InTimestamps},
    {"InTimestampReps", &IcmpMib::InTimestampReps},
    {"InAddrMasks", &IcmpMib::InAddrMasks},
    {"InAddrMaskReps", &IcmpMib::InAddrMaskReps},
    {"OutMsgs", &IcmpMib::OutMsgs},
    {"OutErrors", &IcmpMib::OutErrors},
    {"OutDestUnreachs", &IcmpMib::OutDestUnreachs},
    {"OutTimeExcds", &IcmpMib::OutTimeExcds},
    {"OutParmProbs", &IcmpMib::OutParmProbs},
    {"OutSrcQuenchs", &IcmpMib::OutSrcQuenchs},
    {"OutRedirects", &IcmpMib::OutRedirects},
    {"OutEchos", &IcmpMib::OutEchos},
    {"OutEchoReps", &IcmpMib::OutEchoReps},
    {"OutTimestamps", &IcmpMib::OutTimestamps},
    {"OutTimestampReps", &IcmpMib::OutTimestampReps},
    {"OutAddrMasks", &IcmpMib::OutAddrMasks},
    {"OutAddrMaskReps", &IcmpMib::OutAddrMaskReps},
};

constexpr MibColumn<UdpMib> kUdp[] = {
    {"InDatagrams", &UdpMib::InDatagrams},   {"NoPorts", &UdpMib::NoPorts},
    {"InErrors", &UdpMib::InErrors},         {"OutDatagrams", &UdpMib::OutDatagrams},
    {"RcvbufErrors", &UdpMib::RcvbufErrors}, {"SndbufErrors", &UdpMib::SndbufErrors},
    {"InCsumErrors", &UdpMib::InCsumErrors}, {"IgnoredMulti", &UdpMib::IgnoredMulti},
};

constexpr MibColumn<IpExtMib> kIpExt[] = {
    {"InNoRoutes", &IpExtMib::InNoRoutes},       {"InTruncatedPkts", &IpExtMib::InTruncatedPkts},
    {"InMcastPkts", &IpExtMib::InMcastPkts},     {"OutMcastPkts", &IpExtMib::OutMcastPkts},
    {"InBcastPkts", &IpExtMib::InBcastPkts},     {"OutBcastPkts", &IpExtMib::OutBcastPkts},
    {"InOctets", &IpExtMib::InOctets},           {"OutOctets", &IpExtMib::OutOctets},
    {"InMcastOctets", &IpExtMib::InMcastOctets}, {"OutMcastOctets", &IpExtMib::OutMcastOctets},
    {"InBcastOctets", &IpExtMib::InBcastOctets}, {"OutBcastOctets", &IpExtMib::OutBcastOctets},
    {"InCsumErrors", &IpExtMib::InCsumErrors},   {"InNoECTPkts", &IpExtMib::InNoECTPkts},
    {"InECT1Pkts", &IpExtMib::InECT1Pkts},       {"InECT0Pkts", &IpExtMib::InECT0Pkts},
    {"InCEPkts", &IpExtMib::InCEPkts},
};

}  // namespace

std::span<const MibColumn<IpMib>> ip_columns() { return kIp; }
std::span<const MibColumn<IcmpMib>> icmp_columns() { return kIcmp; }
std::span<const MibColumn<UdpMib>> udp_columns(bool with_ignored_multi) {
  return std::span(kUdp).first(std::size(kUdp) - (with_ignored_multi ? 0 : 1));
}
std::span<const MibColumn<IpExtMib>> ip_ext_columns() { return kIpExt; }

}  // namespace niclab::stack
