// What ifconfig, ip and tc of the time of Linux 3.13 print: plain values in, the text out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/addresses.hpp"
#include "stack/net_device.hpp"
#include "stack/qdisc.hpp"

namespace niclab::lab::shell {

/// An interface as ifconfig and ip show it.
struct InterfaceView {
  std::string name;
  unsigned ifindex = 0;
  MacAddress mac{};
  std::vector<Ipv4Prefix> addresses;
  bool up = false, carrier = false;
  std::uint32_t mtu = 0, tx_queue_len = 0;
  stack::DeviceStats stats;  ///< with what the stack dropped
};

/// One interface of ifconfig, and the empty line after it (path-map E-59).
std::string ifconfig_text(const InterfaceView& v);

/// One interface of `ip link`, with `statistics` as -s prints them.
std::string ip_link_text(const InterfaceView& v, bool statistics);

/// `tc qdisc show` of a multiqueue device (path-map E-46, block X10): the mq root, whose numbers are the sums
/// of its queues, and with `children` (4.0) a pfifo_fast a queue.
struct QdiscView {
  std::string dev;
  bool name_dev = false;  ///< `show` without a device: the lines name it
  bool statistics = false;
  bool children = false;
  std::vector<stack::QdiscStats> queues;
};
std::string tc_qdisc_text(const QdiscView& v);

}  // namespace niclab::lab::shell
