// The texts of /proc/net (path-map E-01 to E-43): plain values in, the file's content out. Formats are those
// of Linux 3.13; where 4.0 differs, the argument says so.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stack/net_device.hpp"
#include "stack/snmp.hpp"
#include "stack/socket.hpp"
#include "stack/softnet.hpp"

namespace niclab::stack::admin {

/// /proc/net/snmp: two lines a protocol, names and values (path-map E-01, block X1, X2). Tcp and UdpLite,
/// which the stack does not have, stand there with nothing counted. `v4_0`: Udp has its eighth column.
std::string proc_net_snmp(const Mib& mib, bool v4_0);

/// /proc/net/netstat: TcpExt with nothing counted, then IpExt (path-map E-23, block X3).
std::string proc_net_netstat(const Mib& mib);

/// /proc/net/softnet_stat: a line a CPU, eleven columns of eight hex digits (path-map E-30, block X5).
std::string proc_net_softnet_stat(std::span<const SoftnetData> per_cpu);

/// A line of /proc/net/dev.
struct DevRow {
  std::string name;
  DeviceStats stats;  ///< rx_dropped includes what the stack dropped
};
/// /proc/net/dev (path-map E-38, block X8).
std::string proc_net_dev(std::span<const DevRow> rows);

/// A line of /proc/net/udp.
struct UdpRow {
  unsigned slot = 0;  ///< of the port table
  Endpoint local, remote;
  bool connected = false;
  std::uint32_t tx_queue = 0, rx_queue = 0;  ///< bytes of kernel memory
  unsigned uid = 0;
  std::uint64_t inode = 0;
  unsigned references = 2;
  std::uint64_t drops = 0;
};
/// /proc/net/udp: every line padded to 127 characters (path-map E-25 to E-29, block X4).
std::string proc_net_udp(std::span<const UdpRow> rows);

/// A line of /proc/net/ptype; `type` 0 is ETH_P_ALL.
struct PtypeRow {
  std::uint16_t type = 0;
  std::string device;    ///< empty: every device
  std::string function;  ///< "ip_rcv", "llc_rcv [llc]"
};
/// /proc/net/ptype (path-map E-41, block X9).
std::string proc_net_ptype(std::span<const PtypeRow> rows);

/// /proc/net/stat/arp_cache (path-map E-43). The stack counts for the whole host: the first CPU's line has it
/// all.
std::string proc_net_arp_cache(const ArpCacheStats& stats, unsigned entries, unsigned cpus);

}  // namespace niclab::stack::admin
