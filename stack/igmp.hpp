// IGMP: joining and leaving groups, answering queries (RFC 3376 host side; IGMPv2 while such a querier is
// present).
#pragma once

#include <cstdint>
#include <span>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/inet_device.hpp"
#include "stack/random.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;

class Igmp {
 public:
  Igmp(NetStack& stack, Kernel& kernel);
  /// ip_mc_inc_group / ip_mc_dec_group: counted per interface; the first and the last are reported.
  void join(InDevice& in_dev, Ipv4Address group);
  void leave(InDevice& in_dev, Ipv4Address group);
  /// The interface came up (joins 224.0.0.1, unreported) or goes down.
  void up(NetDevice& dev);
  void down(NetDevice& dev);
  /// igmp_rcv: data at the IGMP header.
  void rcv(SkbPtr skb);

 private:
  struct Record {
    std::uint8_t type;
    Ipv4Address group;
  };
  bool join_locked(InDevice& d, Ipv4Address group);
  bool leave_locked(InDevice& d, Ipv4Address group);
  void message(InDevice& d, const SkBuff& skb);
  void bind_timers(InDevice& d);
  void interface_event(InDevice& d);  ///< igmp_ifc_event
  void start_interface_timer(InDevice& d, std::uint64_t max_delay);
  void interface_timer(InDevice& d);
  void general_query_timer(InDevice& d);
  void group_timer(McGroup& g);
  bool v2_present(const InDevice& d);
  void send_v3_report(InDevice& d, std::span<const Record> records);
  void send_v2(InDevice& d, std::uint8_t type, Ipv4Address group, Ipv4Address destination);
  SkbPtr packet(InDevice& d, Ipv4Address destination, std::uint32_t igmp_bytes);
  void finish(SkbPtr skb, std::uint32_t igmp_bytes);

  NetStack& stack_;
  Kernel& kernel_;
  SpinLock lock_;  ///< guards the groups of all interfaces and the fields of IGMP; bottom halves are off
  Random random_;
};

}  // namespace niclab::stack
