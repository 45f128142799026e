// Registers of the statistics (fact base 2.12).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

std::uint32_t I350Function::read_statistics(const reg::Target& r) {
  const auto& queue = statistics_.queue(r.index % reg::kQueues);
  switch (r.first) {
    case reg::PQGPRC(0): return queue.rx_packets;
    case reg::PQGPTC(0): return queue.tx_packets;
    case reg::PQGORC(0): return queue.rx_octets;
    case reg::PQGOTC(0): return queue.tx_octets;
    case reg::PQMPRC(0): return queue.rx_multicast;
    default: return Statistics::owns(r.offset) ? statistics_.read(r.offset) : csr_.read(r.offset);
  }
}

}  // namespace niclab::sim
