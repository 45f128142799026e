#include "stack/net_stack.hpp"

#include "base/function_trace.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {

NetStack::NetStack(Kernel& kernel)
    : kernel_(kernel),
      pool_(kernel),
      softnet_(*this, kernel),
      routes_(kernel),
      dev_(*this, kernel),
      neighbours_(*this, kernel),
      arp_(*this, kernel),
      ip_(*this, kernel),
      frags_(*this, kernel),
      icmp_(*this, kernel),
      igmp_(*this, kernel),
      udp_(*this, kernel) {}

NetStack::~NetStack() { release_packets(); }

void NetStack::release_packets() {
  dev_.release_packets();
  softnet_.release_packets();
  neighbours_.release_packets();
  frags_.release_packets();
  for (const auto& s : sockets_) s->release_packets();
}

void NetStack::add_address(NetDevice& dev, Ipv4Prefix prefix) {
  if (InDevice* d = routes_.in_dev(&dev)) routes_.add_address(*d, prefix);
}

void NetStack::set_gateway(NetDevice& dev, Ipv4Address gateway) {
  if (InDevice* d = routes_.in_dev(&dev)) routes_.set_gateway(*d, gateway);
}

UdpSocket& NetStack::socket() {
  kernel_.charge(kernel_.cost.syscall + kernel_.cost.instructions(path_cost::kSetsockopt));
  kernel_.sync();
  const auto index = static_cast<unsigned>(sockets_.size());
  UdpSocket& sk = *sockets_.emplace_back(std::make_unique<UdpSocket>(*this, index));
  if (measured_) {
    sk.measure();
    sk.queue_meter()->begin(measured_from_);
  }
  return sk;
}

void NetStack::begin_measuring(Time t) {
  measured_from_ = t;
  for (const auto& s : sockets_)
    if (BufferMeter* m = s->queue_meter()) m->begin(t);
}

/// UDP has no receive-offload callback (path-map C-33) and nothing else is merged: every packet goes straight
/// up.
void NetStack::napi_gro_receive(Napi&, SkbPtr skb) {
  journey_begins(kernel_, *skb, Stage::rx_stack);
  udp_.deliver_pending();
  const FunctionSpan span(kernel_, "napi_gro_receive", skb->journey);
  gro_receive();
  dev_.netif_receive_skb(std::move(skb));
}

void NetStack::gro_receive() {
  const FunctionSpan span(kernel_, {"dev_gro_receive", "inet_gro_receive"});
  if (kernel_.profile.version == KernelVersion::v4_0) const FunctionSpan udp(kernel_, "udp4_gro_receive");
  kernel_.charge(kernel_.cost.instructions(path_cost::kNapiGroReceive));
}

void NetStack::skb_tstamp_tx(SkbPtr skb, std::uint64_t hwtstamp) {
  auto* const sk = static_cast<UdpSocket*>(skb->owner);
  skb->owner = nullptr;
  skb->hwtstamp = hwtstamp;
  if (sk != nullptr) sk->queue_err_skb(std::move(skb));
}

void NetStack::softnet_rx_ni(SkbPtr skb) {
  BhGuard bh(kernel_);
  softnet_.netif_rx(std::move(skb));
}

}  // namespace niclab::stack
