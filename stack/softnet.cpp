#include "stack/softnet.hpp"

#include <utility>

#include "base/function_trace.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {

Softnet::Softnet(NetStack& stack, Kernel& kernel)
    : stack_(stack), kernel_(kernel), data_(kernel.num_online_cpus()) {
  backlog_.reserve(data_.size());
  for (std::size_t i = 0; i < data_.size(); ++i) NapiAccess::scheduled(backlog_.emplace_back(*this)) = false;
  kernel_.open_softirq(Softirq::net_tx, Callback::to<&Softnet::net_tx_action>(*this));
  kernel_.open_softirq(Softirq::net_rx, Callback::to<&Softnet::net_rx_action>(*this));
}

void Softnet::append(SoftnetData& sd, Napi& napi) {
  NapiAccess::next(napi) = nullptr;
  (sd.poll_last != nullptr ? NapiAccess::next(*sd.poll_last) : sd.poll_first) = &napi;
  sd.poll_last = &napi;
}

bool Softnet::remove(SoftnetData& sd, Napi& napi) {
  Napi* before = nullptr;
  for (Napi* n = sd.poll_first; n != nullptr; before = n, n = NapiAccess::next(*n)) {
    if (n != &napi) continue;
    (before != nullptr ? NapiAccess::next(*before) : sd.poll_first) = NapiAccess::next(napi);
    if (sd.poll_last == &napi) sd.poll_last = before;
    NapiAccess::next(napi) = nullptr;
    return true;
  }
  return false;
}

void Softnet::napi_schedule(Napi& napi) {
  const FunctionSpan span(kernel_, "__napi_schedule");
  const Time called = kernel_.journeys() != nullptr ? kernel_.moment() : Time{};
  kernel_.charge(kernel_.cost.instructions(path_cost::kNapiSchedule));
  const bool irqs = kernel_.local_irq_save();
  kernel_.sync();
  if (!NapiAccess::scheduled(napi) && !NapiAccess::disable_pending(napi)) {
    NapiAccess::scheduled(napi) = true;
    append(here(), napi);
    kernel_.raise_softirq(Softirq::net_rx);
    if (kernel_.journeys() != nullptr)
      napi.stamps = {.interrupt = kernel_.interrupt_stamps(), .scheduled = called};
  }
  kernel_.local_irq_restore(irqs);
}

void Softnet::napi_complete(Napi& napi) {
  const FunctionSpan span(kernel_, "napi_complete");
  stack_.udp().deliver_pending();
  kernel_.charge(kernel_.cost.instructions(path_cost::kNapiComplete));
  const bool irqs = kernel_.local_irq_save();
  kernel_.sync();
  remove(here(), napi);
  NapiAccess::scheduled(napi) = false;
  kernel_.local_irq_restore(irqs);
}

void Softnet::napi_enable(Napi& napi) {
  kernel_.sync();
  NapiAccess::disable_pending(napi) = false;
  NapiAccess::scheduled(napi) = false;
}

void Softnet::napi_disable(Napi& napi) {
  kernel_.sync();
  NapiAccess::disable_pending(napi) = true;
  while (NapiAccess::scheduled(napi)) {
    kernel_.sleep_until(kernel_.now() + 1_ms);
    kernel_.sync();
  }
  NapiAccess::scheduled(napi) = true;
  NapiAccess::disable_pending(napi) = false;
}

int Softnet::poll_one(Napi& napi) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kNetRxActionPoll));
  kernel_.sync();
  if (!NapiAccess::scheduled(napi)) return 0;
  stack_.udp().poll_begins();
  if (kernel_.journeys() != nullptr) napi.stamps.chosen = kernel_.moment();
  const int work = napi.poll(napi.weight);
  stack_.udp().poll_ends();
  return work;
}

void Softnet::net_rx_action() {
  const FunctionSpan span(kernel_, "net_rx_action");
  if (kernel_.profile.version == KernelVersion::v4_0)
    net_rx_action_4_0(here());
  else
    net_rx_action_3_13(here());
}

/// Limits are tested before each poll, while the list is not empty (path-map C-16 to C-18).
void Softnet::net_rx_action_3_13(SoftnetData& sd) {
  const std::uint64_t time_limit = kernel_.jiffies() + 2;
  int budget = netdev_budget;
  bool irqs = kernel_.local_irq_save();
  while (sd.poll_first != nullptr) {
    if (budget <= 0 || kernel_.jiffies() >= time_limit) {
      ++sd.time_squeeze;
      kernel_.raise_softirq(Softirq::net_rx);
      break;
    }
    Napi& napi = *sd.poll_first;
    kernel_.local_irq_restore(irqs);
    const int work = poll_one(napi);
    budget -= work;
    irqs = kernel_.local_irq_save();
    kernel_.sync();
    if (work < napi.weight) continue;
    if (NapiAccess::disable_pending(napi)) {  // path-map C-22
      kernel_.local_irq_restore(irqs);
      napi_complete(napi);
      irqs = kernel_.local_irq_save();
    } else if (remove(sd, napi)) {  // C-23: round robin
      append(sd, napi);
    }
    kernel_.sync();
  }
  kernel_.local_irq_restore(irqs);
}

/// Limits are tested after each poll; an instance that used its weight waits for the next run (Appendix 3).
void Softnet::net_rx_action_4_0(SoftnetData& sd) {
  const std::uint64_t time_limit = kernel_.jiffies() + 2;
  int budget = netdev_budget;
  bool irqs = kernel_.local_irq_save();
  kernel_.sync();
  SoftnetData work;    // only its poll lists are used: taken from the CPU's list
  SoftnetData repoll;  // used their full weight
  work.poll_first = std::exchange(sd.poll_first, nullptr);
  work.poll_last = std::exchange(sd.poll_last, nullptr);
  kernel_.local_irq_restore(irqs);
  while (work.poll_first != nullptr) {
    Napi& napi = *work.poll_first;
    remove(work, napi);
    const int done = poll_one(napi);
    budget -= done;
    if (done >= napi.weight) {
      kernel_.sync();
      if (NapiAccess::disable_pending(napi))
        napi_complete(napi);
      else
        append(repoll, napi);
    }
    if (budget <= 0 || kernel_.jiffies() >= time_limit) {
      ++sd.time_squeeze;
      break;
    }
  }
  irqs = kernel_.local_irq_save();
  kernel_.sync();
  // What was left, what arrived meanwhile, then those to poll again.
  const auto splice = [&](SoftnetData& to, SoftnetData& from) {
    while (Napi* n = from.poll_first) {
      remove(from, *n);
      append(to, *n);
    }
  };
  splice(work, sd);
  splice(work, repoll);
  splice(sd, work);
  if (sd.poll_first != nullptr) kernel_.raise_softirq(Softirq::net_rx);
  kernel_.local_irq_restore(irqs);
}

void Softnet::netif_schedule(Qdisc& qdisc) {
  kernel_.sync();
  if (qdisc.scheduled) return;
  qdisc.scheduled = true;
  const bool irqs = kernel_.local_irq_save();
  kernel_.sync();
  SoftnetData& sd = here();
  qdisc.next_output = nullptr;
  (sd.output_last != nullptr ? sd.output_last->next_output : sd.output_first) = &qdisc;
  sd.output_last = &qdisc;
  kernel_.raise_softirq(Softirq::net_tx);
  kernel_.local_irq_restore(irqs);
}

void Softnet::net_tx_action() {
  const FunctionSpan span(kernel_, "net_tx_action");
  SoftnetData& sd = here();
  kernel_.sync();
  if (sd.output_first == nullptr) return;
  const bool irqs = kernel_.local_irq_save();
  kernel_.sync();
  Qdisc* head = std::exchange(sd.output_first, nullptr);
  sd.output_last = nullptr;
  kernel_.local_irq_restore(irqs);
  while (head != nullptr) {
    Qdisc& q = *head;
    head = q.next_output;
    if (kernel_.try_lock(q.root_lock)) {
      q.scheduled = false;
      stack_.dev().qdisc_run(q);
      kernel_.unlock(q.root_lock);
    } else {
      q.scheduled = false;  // path-map B-96: back on the list unless deactivated
      if (q.active) netif_schedule(q);
    }
  }
}

void Softnet::netif_rx(SkbPtr skb) {
  const bool irqs = kernel_.local_irq_save();
  kernel_.sync();
  SoftnetData& sd = here();
  if (sd.input_pkt_queue.size() <= netdev_max_backlog) {
    if (sd.input_pkt_queue.empty()) {
      Napi& napi = backlog_[kernel_.smp_processor_id()];
      if (!std::exchange(NapiAccess::scheduled(napi), true)) {
        append(sd, napi);
        kernel_.raise_softirq(Softirq::net_rx);
      }
    }
    sd.input_pkt_queue.push_back(std::move(skb));
  } else {
    ++sd.dropped;
    if (skb->dev != nullptr) ++skb->dev->core_rx_dropped;
  }
  kernel_.local_irq_restore(irqs);
}

int Softnet::process_backlog(Napi& napi, int) {
  SoftnetData& sd = here();
  napi.weight = dev_weight;
  int work = 0;
  while (work < napi.weight) {
    const bool irqs = kernel_.local_irq_save();
    kernel_.sync();
    SkbPtr skb = sd.input_pkt_queue.pop_front();
    kernel_.local_irq_restore(irqs);
    if (!skb) {
      napi_complete(napi);
      kernel_.sync();
      if (!sd.input_pkt_queue.empty()) napi_schedule(napi);  // arrived in between
      break;
    }
    stack_.dev().netif_receive_skb(std::move(skb));
    ++work;
  }
  return work;
}

}  // namespace niclab::stack
