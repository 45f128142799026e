// softnet_data and the two network softirqs: NAPI polling, deferred qdisc runs, the per-CPU backlog.
#pragma once

#include <cstdint>
#include <vector>

#include "base/kernel.hpp"
#include "stack/net_device.hpp"
#include "stack/qdisc.hpp"

namespace niclab::stack {

class NetStack;
class Softnet;

/// Reaches the fields of Napi that only the core may touch.
class NapiAccess {
 public:
  static bool& scheduled(Napi& n) { return n.scheduled_; }
  static bool& disable_pending(Napi& n) { return n.disable_pending_; }
  static Napi*& next(Napi& n) { return n.next_; }
};

/// struct softnet_data: one CPU's part of the stack (path-map C-15). Counters are the columns of
/// /proc/net/softnet_stat (E-30).
struct SoftnetData {
  std::uint64_t processed = 0, dropped = 0, time_squeeze = 0, cpu_collision = 0, received_rps = 0,
                flow_limit_count = 0;
  Napi* poll_first = nullptr;
  Napi* poll_last = nullptr;
  Qdisc* output_first = nullptr;
  Qdisc* output_last = nullptr;
  SkbQueue input_pkt_queue;
};

class Softnet {
 public:
  Softnet(NetStack& stack, Kernel& kernel);

  /// Any context; does nothing when already scheduled (path-map C-08).
  void napi_schedule(Napi& napi);
  void napi_complete(Napi& napi);
  void napi_enable(Napi& napi);
  void napi_disable(Napi& napi);  ///< sleeps until a running poll is over
  /// __netif_schedule: runs `qdisc` from NET_TX (path-map B-94).
  void netif_schedule(Qdisc& qdisc);
  /// netif_rx: puts a packet on this CPU's backlog; drops it when the backlog is full (path-map C-43).
  void netif_rx(SkbPtr skb);

  void release_packets() {
    for (SoftnetData& d : data_) d.input_pkt_queue.clear();
  }
  const std::vector<SoftnetData>& per_cpu() const { return data_; }
  SoftnetData& here() { return data_[kernel_.smp_processor_id()]; }

  // --- net.core.* (path-map F-07 to F-09) --------------------------------------------------------
  int netdev_budget = 300;
  int dev_weight = 64;
  std::uint32_t netdev_max_backlog = 1000;

 private:
  /// The backlog's NAPI instance of one CPU (path-map C-47).
  class Backlog final : public Napi {
   public:
    explicit Backlog(Softnet& softnet) : softnet_(softnet) {}
    int poll(int budget) override { return softnet_.process_backlog(*this, budget); }

   private:
    Softnet& softnet_;
  };

  void net_rx_action();
  void net_rx_action_3_13(SoftnetData& sd);
  void net_rx_action_4_0(SoftnetData& sd);
  void net_tx_action();
  int poll_one(Napi& napi);
  int process_backlog(Napi& napi, int budget);
  static void append(SoftnetData& sd, Napi& napi);
  static bool remove(SoftnetData& sd, Napi& napi);

  NetStack& stack_;
  Kernel& kernel_;
  std::vector<SoftnetData> data_;
  std::vector<Backlog> backlog_;
};

}  // namespace niclab::stack
