// Which packets are received, and by which queue: registers of the filters, of RSS and of the parser (fact
// base 2.7).
#include <algorithm>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

/// The functional unit keeps a copy of the stored value.
void I350Function::write_receive_filters(const reg::Target& r, std::uint32_t written, Time t) {
  csr_.write(r.offset, written);
  const std::uint32_t value = csr_[r.offset];
  switch (r.first) {
    case reg::RCTL:
      filter_.write_rctl(value);
      update_rx_setup(t);
      return watch_link(t);
    case reg::MRQC:
      filter_.write_mrqc(value);
      rss_.write_mrqc(value);
      queue_filters_.write_mrqc(value);
      return update_rx_setup(t);
    case reg::RXCSUM: rss_.write_rxcsum(value); return update_rx_setup(t);
    case reg::RFCTL:
      rss_.write_rfctl(value);
      queue_filters_.write_rfctl(value);
      return update_rx_setup(t);
    case reg::VET:
    case reg::RLPML:
    case reg::PSRTYPE(0): return update_rx_setup(t);
    case reg::ETQF(0): return queue_filters_.write_etqf(r.index, value);
    case reg::SYNQF: return queue_filters_.write_synqf(value);
    case reg::FTQF(0): return queue_filters_.write_ftqf(r.index, value);
    case reg::IMIR(0): return queue_filters_.write_imir(r.index, value);
    case reg::IMIREXT(0): return queue_filters_.write_imirext(r.index, value);
    case reg::IMIRVP: return queue_filters_.write_imirvp(value);
    case reg::WUFC: return queue_filters_.write_wufc(value);
    case reg::FHFT(0, 0): return queue_filters_.write_fhft(r.index / 64, r.index % 64, value);
    case reg::FHFT(4, 0): return queue_filters_.write_fhft(4 + r.index / 64, r.index % 64, value);
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

/// After a write to any register that says how packets are stored. Outside VMDq, CTRL.VME and RCTL.SECRC
/// strip; with it DVMOLR of the queue's pool does (fact base 2.7.13).
void I350Function::update_rx_setup(Time t) {
  const std::uint32_t rctl = csr_[reg::RCTL], rxcsum = csr_[reg::RXCSUM];
  const bool long_packets = (rctl & reg::rctl::LPE) != 0;
  rx_longest_ = long_packets ? std::min(csr_[reg::RLPML] & 0x3FFFu, kLongestReceive) : 1518;
  parser_ = {.rxcsum = rxcsum,
             .rfctl = csr_[reg::RFCTL],
             .ext_vlan = (csr_[reg::CTRL_EXT] & reg::ctrl_ext::EXT_VLAN) != 0,
             .vet_ext = static_cast<std::uint16_t>(reg::vet::EXTERNAL.get(csr_[reg::VET]))};
  const bool pools = reg::mrqc::MODE.get(csr_[reg::MRQC]) == reg::mrqc::MODE_VMDQ;
  const unsigned bsize = config_.quirks.registers.bsize_ignored ? 0 : reg::rctl::BSIZE.get(rctl);
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    const std::uint32_t srrctl = csr_[reg::SRRCTL(q)], dvmolr = csr_[reg::DVMOLR(q)];
    const std::uint32_t kb = reg::srrctl::BSIZEPACKET.get(srrctl);
    const bool also = config_.quirks.dvmolr_always;
    const bool by_dvmolr_vlan = (dvmolr & reg::dvmolr::STRVLAN) != 0;
    const bool by_dvmolr_fcs = (dvmolr & reg::dvmolr::STRCRC) != 0;
    const bool by_vme = (csr_[reg::CTRL] & reg::ctrl::VME) != 0, by_secrc = (rctl & reg::rctl::SECRC) != 0;
    RxSetup& s = rx_setup_[q];
    s.buffers = {.descriptor_type = reg::srrctl::DESCTYPE.get(srrctl),
                 .packet_bytes = kb != 0 ? kb * 1024 : 2048u >> bsize,
                 .header_bytes = reg::srrctl::BSIZEHEADER.get(srrctl) * 64};
    s.psrtype = csr_[reg::PSRTYPE(q)];
    s.drop = (srrctl & reg::srrctl::DROP_EN) != 0 || (csr_[reg::QDE] >> q & 1) != 0;
    s.strip_vlan = pools ? by_dvmolr_vlan : by_vme || (also && by_dvmolr_vlan);
    s.strip_fcs = pools ? by_dvmolr_fcs : by_secrc || (also && by_dvmolr_fcs);
    s.hide_vlan = (pools || also) && (dvmolr & reg::dvmolr::HIDVLAN) != 0;
    s.packet_checksum = s.buffers.descriptor_type == reg::srrctl::DESCTYPE_LEGACY ||
                        (rxcsum & (reg::rxcsum::PCSD | reg::rxcsum::IPPCSE)) == 0;
    s.stamps = (csr_[reg::TSYNCRXCTL] & reg::tsyncrxctl::EN) != 0;
    s.stamps_in_packet = s.stamps && (srrctl & reg::srrctl::TIMESTAMP) != 0 &&
                         s.buffers.descriptor_type != reg::srrctl::DESCTYPE_LEGACY;
    s.as_received = s.strip_fcs && !s.packet_checksum && !s.stamps_in_packet && (rctl & reg::rctl::PSP) == 0;
    update_rx_minimum(q, t);
  }
}

/// RXDMT0 when the free descriptors sink to SRRCTL.RDMTS x 16, or with 0 there to the part of the ring that
/// RCTL.RDMTS names (fact base 2.7.1, 2.7.3).
void I350Function::update_rx_minimum(unsigned q, Time t) {
  unsigned minimum = reg::srrctl::RDMTS.get(csr_[reg::SRRCTL(q)]) * 16;
  if (minimum == 0 && config_.quirks.rctl_rdmts)
    minimum = csr_[reg::RDLEN(q)] / kDescriptorBytes >> (1 + reg::rctl::RDMTS.get(csr_[reg::RCTL]));
  if (minimum == rx_setup_[q].minimum) return;
  rx_setup_[q].minimum = minimum;
  rx_queues_[q].set_minimum_threshold(minimum, t);
}

}  // namespace niclab::sim
