// Which packets are received, and by which queue: registers of the filters, of RSS and of the parser (fact
// base 2.7).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

/// The functional unit keeps a copy of the stored value.
void I350Function::write_receive_filters(const reg::Target& r, std::uint32_t written) {
  csr_.write(r.offset, written);
  const std::uint32_t value = csr_[r.offset];
  switch (r.first) {
    case reg::RCTL: return filter_.write_rctl(value);
    case reg::MRQC: filter_.write_mrqc(value); return rss_.write_mrqc(value);
    case reg::RXCSUM: parser_.rxcsum = value; return rss_.write_rxcsum(value);
    case reg::RFCTL: parser_.rfctl = value; return rss_.write_rfctl(value);
    case reg::MTA(0): return filter_.write_mta(r.index, value);
    case reg::UTA(0): return filter_.write_uta(r.index, value);
    case reg::VFTA(0): return filter_.write_vfta(r.index, value);
    case reg::RETA(0): return rss_.write_reta(r.index, value);
    case reg::RSSRK(0): return rss_.write_rssrk(r.index, value);
    case reg::RAL(0): return filter_.write_ral(r.index, value);
    case reg::RAH(0): return filter_.write_rah(r.index, value);
    case reg::RAL(16): return filter_.write_ral(16 + r.index, value);
    case reg::RAH(16): return filter_.write_rah(16 + r.index, value);
    default: return;
  }
}

}  // namespace niclab::sim
