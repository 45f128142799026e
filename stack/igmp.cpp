#include "stack/igmp.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

constexpr Ipv4Address kAllHosts{0xe0000001}, kAllRouters{0xe0000002}, kV3Reports{0xe0000016};
constexpr std::uint8_t kQuery = 0x11, kV2Report = 0x16, kV2Leave = 0x17, kV3Report = 0x22, kV1Report = 0x12;
constexpr std::uint8_t kModeIsExclude = 2, kChangeToInclude = 3, kChangeToExclude = 4;
constexpr unsigned kRobustness = 2;          // igmp_qrv
constexpr unsigned kV2PresentSeconds = 400;  // IGMP_V2_Router_Present_Timeout
constexpr std::uint32_t kIgmpHeaderLength = 8, kRecordLength = 8, kHeaderWithOption = 24;

/// The floating-point codes of RFC 3376 §4.1.1, in tenths of a second.
constexpr std::uint64_t max_response(std::uint8_t code) {
  return code < 128 ? code : static_cast<std::uint64_t>((code & 15) | 16) << ((code >> 4 & 7) + 3);
}

}  // namespace

Igmp::Igmp(NetStack& stack, Kernel& kernel)
    : stack_(stack), kernel_(kernel), random_(kernel.random_seed() + 5) {}

void Igmp::bind_timers(InDevice& d) {
  if (d.igmp != nullptr) return;
  d.igmp = this;
  d.ifc_timer.expired = {[](void* o) {
                           auto* in_dev = static_cast<InDevice*>(o);
                           in_dev->igmp->interface_timer(*in_dev);
                         },
                         &d};
  d.gq_timer.expired = {[](void* o) {
                          auto* in_dev = static_cast<InDevice*>(o);
                          in_dev->igmp->general_query_timer(*in_dev);
                        },
                        &d};
}

bool Igmp::v2_present(const InDevice& d) {
  return d.v2_seen_until != 0 && kernel_.jiffies() < d.v2_seen_until;
}

// --- membership ----------------------------------------------------------------------------------

void Igmp::join(InDevice& d, Ipv4Address group) {
  BhGuard bh(kernel_);
  kernel_.lock(lock_);
  const bool v2_report = join_locked(d, group);
  kernel_.unlock(lock_);
  if (v2_report) send_v2(d, kV2Report, group, group);
}

/// True when an IGMPv2 report is to be sent at once.
bool Igmp::join_locked(InDevice& d, Ipv4Address group) {
  bind_timers(d);
  if (McGroup* g = d.find_group(group)) {
    ++g->users;
    return false;
  }
  McGroup& g = *d.groups.emplace_back(std::make_unique<McGroup>(d, group));
  g.users = 1;
  g.timer.expired = {[](void* o) {
                       auto* m = static_cast<McGroup*>(o);
                       m->in_dev.igmp->group_timer(*m);
                     },
                     &g};
  std::erase_if(d.left, [&](const auto& l) { return l.group == group; });
  stack_.routes().invalidate();
  stack_.dev().dev_mc_add(d.dev, multicast_mac(group));
  if (group == kAllHosts || !d.dev.up) return false;
  if (v2_present(d)) {
    const auto delay = 1 + random_.below(10 * kernel_.profile.hz);
    kernel_.mod_timer(g.timer, kernel_.jiffies() + delay);
    g.v2_reporter = true;
    return true;
  }
  g.change_reports = kRobustness;
  interface_event(d);
  return false;
}

void Igmp::leave(InDevice& d, Ipv4Address group) {
  BhGuard bh(kernel_);
  kernel_.lock(lock_);
  const bool v2_leave = leave_locked(d, group);
  kernel_.unlock(lock_);
  if (v2_leave) send_v2(d, kV2Leave, group, kAllRouters);
}

/// True when an IGMPv2 leave message is to be sent.
bool Igmp::leave_locked(InDevice& d, Ipv4Address group) {
  McGroup* g = d.find_group(group);
  if (g == nullptr || --g->users != 0) return false;
  const auto it = std::find_if(d.groups.begin(), d.groups.end(), [&](const auto& m) { return m.get() == g; });
  d.departed.push_back(std::move(*it));
  d.groups.erase(it);
  kernel_.del_timer(g->timer);
  stack_.routes().invalidate();
  stack_.dev().dev_mc_del(d.dev, multicast_mac(group));
  if (group == kAllHosts || !d.dev.up) return false;
  if (v2_present(d)) return g->v2_reporter;
  d.left.push_back({group, kRobustness});
  interface_event(d);
  return false;
}

void Igmp::up(NetDevice& dev) {
  InDevice* d = stack_.routes().in_dev(&dev);
  if (d == nullptr) return;
  join(*d, kAllHosts);
  bool report = false;
  for (const auto& g : d->groups) {  // groups joined while it was down
    if (g->group == kAllHosts) continue;
    g->change_reports = kRobustness;
    report = true;
  }
  if (report) interface_event(*d);
}

void Igmp::down(NetDevice& dev) {
  InDevice* d = stack_.routes().in_dev(&dev);
  if (d == nullptr || d->igmp == nullptr) return;
  {
    BhGuard bh(kernel_);
    kernel_.lock(lock_);
    d->mr_ifc_count = 0;
    d->gq_running = false;
    d->left.clear();
    kernel_.del_timer(d->ifc_timer);
    kernel_.del_timer(d->gq_timer);
    for (const auto& g : d->groups) kernel_.del_timer(g->timer);
    kernel_.unlock(lock_);
  }
  leave(*d, kAllHosts);
}

// --- reports -------------------------------------------------------------------------------------

void Igmp::interface_event(InDevice& d) {
  d.mr_ifc_count = kRobustness;
  start_interface_timer(d, 1);
}

void Igmp::start_interface_timer(InDevice& d, std::uint64_t max_delay) {
  const std::uint64_t delay = random_.below(static_cast<std::uint32_t>(max_delay));
  kernel_.mod_timer(d.ifc_timer, kernel_.jiffies() + delay + 2);
}

/// igmp_ifc_timer_expire: one state-change report with everything still to be said; repeated within a second.
void Igmp::interface_timer(InDevice& d) {
  kernel_.lock(lock_);
  std::vector<Record> records;
  for (auto& l : d.left) {
    records.push_back({kChangeToInclude, l.group});
    --l.change_reports;
  }
  std::erase_if(d.left, [](const auto& l) { return l.change_reports == 0; });
  for (const auto& g : d.groups)
    if (g->change_reports > 0) {
      records.push_back({kChangeToExclude, g->group});
      --g->change_reports;
    }
  if (d.mr_ifc_count > 0) {
    --d.mr_ifc_count;
    start_interface_timer(d, kernel_.profile.hz);  // unsolicited report interval: 1 s
  }
  kernel_.unlock(lock_);
  send_v3_report(d, records);
}

void Igmp::general_query_timer(InDevice& d) {
  kernel_.lock(lock_);
  d.gq_running = false;
  std::vector<Record> records;
  for (const auto& g : d.groups)
    if (g->group != kAllHosts) records.push_back({kModeIsExclude, g->group});
  kernel_.unlock(lock_);
  send_v3_report(d, records);
}

void Igmp::group_timer(McGroup& g) {
  kernel_.lock(lock_);
  const bool member = g.users > 0, v2 = v2_present(g.in_dev);
  if (v2) g.v2_reporter = true;
  kernel_.unlock(lock_);
  if (!member) return;
  if (v2) {
    send_v2(g.in_dev, kV2Report, g.group, g.group);
    return;
  }
  const Record record{kModeIsExclude, g.group};
  send_v3_report(g.in_dev, {&record, 1});
}

/// An IP packet with the router-alert option, TTL 1, room for the IGMP message (RFC 3376 §4).
SkbPtr Igmp::packet(InDevice& d, Ipv4Address destination, std::uint32_t igmp_bytes) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIgmpReport));
  const auto route = stack_.routes().output(destination, {}, &d.dev);
  if (route.route == nullptr) return nullptr;
  SkbPtr skb = stack_.skb_pool().alloc(16 + kHeaderWithOption + igmp_bytes);
  skb->reserve(16);
  skb->network_header = skb->offset();
  const IpHeader ip{skb->put(kHeaderWithOption)};
  ip.set_version_ihl(kHeaderWithOption);
  ip.set_tos(0xc0);
  ip.set_frag_off(kIpDf);
  ip.set_id(0);
  ip.set_ttl(1);
  ip.set_protocol(kIpProtoIgmp);
  ip.set_saddr(route.saddr);
  ip.set_daddr(destination);
  store_be32(ip.p + kIpHeaderLength, 0x94040000);  // router alert (RFC 2113)
  skb->transport_header = skb->network_header + kHeaderWithOption;
  skb->priority = 7;  // TC_PRIO_CONTROL
  skb->dst = const_cast<Route*>(route.route);
  std::memset(skb->put(igmp_bytes), 0, igmp_bytes);
  return skb;
}

void Igmp::finish(SkbPtr skb, std::uint32_t igmp_bytes) {
  std::byte* p = skb->at(skb->transport_header);
  InetChecksum sum;
  sum.add({p, igmp_bytes});
  store_be16(p + 2, sum.finish());
  stack_.ip().local_out(std::move(skb));
}

void Igmp::send_v3_report(InDevice& d, std::span<const Record> records) {
  const std::size_t fit =
      (std::min(d.dev.mtu, 1500u) - kHeaderWithOption - kIgmpHeaderLength) / kRecordLength;
  while (!records.empty()) {
    const auto now = records.first(std::min(fit, records.size()));
    records = records.subspan(now.size());
    const auto bytes = static_cast<std::uint32_t>(kIgmpHeaderLength + kRecordLength * now.size());
    SkbPtr skb = packet(d, kV3Reports, bytes);
    if (!skb) return;
    std::byte* p = skb->at(skb->transport_header);
    p[0] = std::byte{kV3Report};
    store_be16(p + 6, static_cast<std::uint16_t>(now.size()));
    for (std::size_t i = 0; i < now.size(); ++i) {
      std::byte* r = p + kIgmpHeaderLength + kRecordLength * i;
      r[0] = std::byte{now[i].type};
      store_be32(r + 4, now[i].group.value);
    }
    finish(std::move(skb), bytes);
  }
}

void Igmp::send_v2(InDevice& d, std::uint8_t type, Ipv4Address group, Ipv4Address destination) {
  SkbPtr skb = packet(d, destination, kIgmpHeaderLength);
  if (!skb) return;
  std::byte* p = skb->at(skb->transport_header);
  p[0] = std::byte{type};
  store_be32(p + 4, group.value);
  finish(std::move(skb), kIgmpHeaderLength);
}

// --- queries -------------------------------------------------------------------------------------

void Igmp::rcv(SkbPtr skb) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIgmpRcv));
  if (!pskb_may_pull(skb, kIgmpHeaderLength)) return;
  InetChecksum sum;
  skb_checksum(*skb, 0, skb->total_len(), sum);
  if (!sum.verifies()) return;
  InDevice* d = stack_.routes().in_dev(skb->dev);
  if (d == nullptr || d->igmp == nullptr) return;
  kernel_.lock(lock_);
  message(*d, *skb);
  kernel_.unlock(lock_);
}

/// igmp_heard_report, igmp_heard_query
void Igmp::message(InDevice& d, const SkBuff& skb) {
  const std::uint8_t type = load_u8(skb.data);
  const std::uint8_t code = load_u8(skb.data + 1);
  const Ipv4Address group{load_be32(skb.data + 4)};
  if (type == kV1Report || type == kV2Report) {
    // Another host answered: no need to. Not our own, looped back.
    if (skb.pkt_type != PacketType::multicast && skb.pkt_type != PacketType::broadcast) return;
    if (McGroup* g = d.find_group(group)) {
      g->v2_reporter = false;
      kernel_.del_timer(g->timer);
    }
    return;
  }
  if (type != kQuery) return;
  const std::uint64_t hz = kernel_.profile.hz;
  const std::uint64_t now = kernel_.jiffies();
  std::uint64_t max_delay;
  if (skb.total_len() == kIgmpHeaderLength) {  // an IGMPv1 or v2 querier
    max_delay = (code == 0 ? 100 : code) * hz / 10;
    d.v2_seen_until = now + kV2PresentSeconds * hz;
    d.mr_ifc_count = 0;
    d.left.clear();
    kernel_.del_timer(d.ifc_timer);
  } else if (skb.total_len() < 12) {
    return;
  } else {
    if (v2_present(d)) return;
    max_delay = std::max<std::uint64_t>(max_response(code) * hz / 10, 1);
    if (group.is_any()) {
      if (!std::exchange(d.gq_running, true))
        kernel_.mod_timer(d.gq_timer, now + random_.below(static_cast<std::uint32_t>(max_delay)) + 2);
      return;
    }
  }
  const auto limit = static_cast<std::uint32_t>(std::max<std::uint64_t>(max_delay, 1));
  for (const auto& g : d.groups) {
    if (g->group == kAllHosts || (!group.is_any() && g->group != group)) continue;
    kernel_.mod_timer(g->timer, now + random_.below(limit));
  }
}

}  // namespace niclab::stack
