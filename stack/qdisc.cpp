#include "stack/qdisc.hpp"

namespace niclab::stack {
namespace {

// prio2band (path-map B-77).
constexpr std::array<std::uint8_t, 16> kPrioToBand = {1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};

}  // namespace

int Qdisc::enqueue(SkbPtr skb) {
  const std::uint32_t queued = bands_[0].size() + bands_[1].size() + bands_[2].size();
  if (queued >= txq.dev->tx_queue_len) {
    ++stats.drops;
    return net_xmit::kDrop;
  }
  ++qlen;
  backlog_bytes_ += skb->total_len();
  bands_[kPrioToBand[skb->priority & 15]].push_back(std::move(skb));
  return net_xmit::kSuccess;
}

SkbPtr Qdisc::dequeue() {
  for (SkbQueue& band : bands_) {
    SkbPtr skb = band.pop_front();
    if (!skb) continue;
    --qlen;
    backlog_bytes_ -= skb->total_len();
    stats.bytes += skb->total_len();
    ++stats.packets;
    return skb;
  }
  return nullptr;
}

void Qdisc::reset() {
  for (SkbQueue& band : bands_)
    while (band.pop_front()) {
    }
  gso_skb.reset();
  qlen = 0;
  backlog_bytes_ = 0;
}

QdiscStats Qdisc::snapshot() const {
  QdiscStats s = stats;
  s.qlen = qlen;
  s.backlog_bytes = backlog_bytes_;
  return s;
}

}  // namespace niclab::stack
