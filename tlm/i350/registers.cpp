// Registers with side effects, resets, configuration writes (fact base 2.2-2.10, 4.9).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

I350Function::I350Function(Engine& engine, BusPort& bus, FramePool& frames, Nvm& nvm, Semaphores& semaphores,
                           unsigned number, unsigned agent, const I350FunctionConfig& config)
    : engine_(engine),
      bus_(bus),
      frames_(frames),
      nvm_(nvm),
      semaphores_(semaphores),
      number_(number),
      agent_(agent),
      config_(config),
      pci_({.port = number, .serial_mac = nvm.mac(0)}),
      phy_(config.negotiation),
      waves_(config.waves != nullptr ? std::make_unique<FunctionWaves>(*config.waves, config.wave_scope)
                                     : nullptr) {
  const Fidelities& f = config.fidelity;
  tx_checksum_.choose(f.tx_checksum, config.rtl, engine, agent + step::checksum_clock,
                      config.name + " tx_checksum");
  for (unsigned q = 0; q < reg::kQueues; ++q)
    tx_queues_[q].choose(f.tx_ring, config.rtl, engine, agent + step::ring_clock + q,
                         config.name + " tx_ring queue " + std::to_string(q));
  if (config.waves == nullptr) return;
  rx_fetches_.show_waves(&waves_->rx);
  tx_fetches_.show_waves(&waves_->tx);
  tx_checksum_.show_waves(*config.waves, config.wave_scope, "tx_checksum");
  for (unsigned q = 0; q < reg::kQueues; ++q)
    tx_queues_[q].show_waves(*config.waves, config.wave_scope, "tx_ring" + std::to_string(q));
}

void I350Function::finish(Time end) {
  tx_checksum_.finish(end);
  for (TxRingUnit& q : tx_queues_) q.finish(end);
}

RtlCounters I350Function::tx_ring_counters() const {
  RtlCounters all;
  for (const TxRingUnit& q : tx_queues_) all += q.counters();
  return all;
}

void I350Function::power_on(Time t) {
  csr_.reset(true);
  throttle_.reset();
  status_latched_ = reg::status::PHYRA;
  phy_.reset(t);
  reset(t);
}

void I350Function::fault(std::string what, Time t) {
  faults_.push_back("device fault at " + std::to_string(t.ns()) + " ns: " + std::move(what));
}

bool I350Function::may_master(const char* what, Time t) {
  if (!pci_.bus_master_enabled() && !no_master_reported_) {
    no_master_reported_ = true;
    fault(std::string("bus mastering is off (Command bit 2): ") + what + " held back", t);
  }
  return master_enabled();
}

PortAccount I350Function::account() const {
  PortAccount a = account_;
  a.rx_inside = rx_fifo_.size();
  a.tx_inside = tx_mac_.size();
  return a;
}

bool I350Function::idle() const {
  return arriving_.empty() && rx_fifo_.empty() && tx_count_ == 0 && tx_mac_.empty() && !rx_fetches_.busy() &&
         !tx_fetches_.busy();
}

// --- reset ---------------------------------------------------------------------------------------

void I350Function::reset(Time t) {
  while (!rx_fifo_.empty()) {
    ++account_.error_drops;
    journey_dropped(rx_fifo_.front().journey);
    FramePool::unref(rx_fifo_.front().frame);
    rx_fifo_.pop_front();
  }
  rx_fifo_bytes_ = 0;
  rx_state_ = RxState::idle;
  rx_fetches_.reset();
  tx_fetches_.reset();
  while (!tx_mac_.empty()) {
    ++account_.tx_errors;
    tx_buffer_bytes_ -= tx_mac_.front().buffer_bytes;
    journey_dropped(tx_mac_.front().frame->journey);
    FramePool::unref(tx_mac_.front().frame);
    tx_mac_.pop_front();
  }
  // Packets still being read finish their reads and are then discarded; their descriptors are nobody's now.
  for (unsigned i = 0; i < tx_count_; ++i) {
    TxPacket& p = tx_slots_[(tx_head_ + i) % kTxSlots];
    p.failed = true;
  }
  if (tx_building_) tx_abandon_building(t);
  tx_available_ = 0;
  tx_checksum_.reset(t);
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    rx_queues_[q].reset(t);
    tx_queues_[q].reset(t);
    tx_loose_[q] = 0;
  }
  csr_.reset();
  causes_ = InterruptCauses();
  vectors_ = InterruptVectors();
  throttle_.reset_port(t);
  filter_ = MacFilter();
  rss_ = RssHash();
  parser_ = ParserConfig();
  statistics_.reset();
  // The address filter's first entry comes from the NVM.
  const MacAddress mac = nvm_.mac(number_);
  write_csr(reg::RAL(0), MacFilter::ral_of(mac), t);
  write_csr(reg::RAH(0), MacFilter::rah_of(mac), t);
  tx_finish_ready(t);
  schedule_grant(t);
  watch_link(t);
}

void I350Function::write_config(std::uint16_t offset, std::uint32_t value, unsigned byte_enable, Time t) {
  const bool was_master = pci_.bus_master_enabled();
  const auto effects = pci_.write(offset, value, byte_enable);
  if (effects.function_level_reset) {
    pci_.reset();
    msix_.reset();
    reset(t);
  }
  if (effects.msix_control) {
    const std::uint32_t released = msix_.set_control(pci_.msix_enabled(), pci_.function_masked());
    for (std::uint32_t v = released; v != 0; v &= v - 1)
      send_message(msix_.message(static_cast<unsigned>(__builtin_ctz(v))), t);
  }
  if (!was_master && pci_.bus_master_enabled()) {
    no_master_reported_ = false;
    rx_fetches_.schedule(t);
    tx_fetches_.schedule(t);
    for (unsigned q = 0; q < reg::kQueues; ++q) rx_writeback(q, false, t);
    tx_kick(t);
    rx_retry(t);
  }
}

void I350Function::write_msix(std::uint32_t offset, std::uint32_t value, Time t) {
  for (std::uint32_t v = msix_.write(offset, value); v != 0; v &= v - 1)
    send_message(msix_.message(static_cast<unsigned>(__builtin_ctz(v))), t);
}

// --- reads ---------------------------------------------------------------------------------------

std::uint32_t I350Function::status(Time t) {
  std::uint32_t s = status_latched_ | reg::status::LAN_INIT_DONE | reg::status::PF_RST_DONE;
  s |= reg::status::LAN_ID.put(number_);
  const bool busy = rx_fetches_.busy() || tx_fetches_.busy() || tx_reads_ != 0;
  if ((csr_[reg::CTRL] & reg::ctrl::GIO_MASTER_DISABLE) == 0 || busy) s |= reg::status::GIO_MASTER_ENABLE;
  if (link_up(t)) {
    s |= reg::status::LU | reg::status::SPEED.put(static_cast<std::uint32_t>(phy_.mode().speed));
    if (phy_.mode().full_duplex) s |= reg::status::FD;
  }
  return s;
}

std::uint32_t I350Function::read_special(reg::Offset offset, Time t, bool& handled) {
  handled = true;
  switch (offset) {
    case reg::STATUS: return status(t);
    case reg::EECD:
      return (csr_[offset] & reg::eecd::REQ) | ((csr_[offset] & reg::eecd::REQ) != 0 ? reg::eecd::GNT : 0) |
             reg::eecd::PRES | reg::eecd::AUTO_RD | reg::eecd::ADDR_SIZE | reg::eecd::SIZE_EX.put(7) | 0x10;
    case reg::EEMNGCTL: {
      std::uint32_t done = 0;
      for (unsigned p = 0; p < 4; ++p) done |= reg::eemngctl::CFG_DONE(p);
      return done;
    }
    case reg::SWSM: return semaphores_.read_swsm();
    case reg::SW_FW_SYNC: return semaphores_.sw_fw_sync();
    case reg::ICR: {
      const std::uint32_t before = causes_.active();
      const std::uint32_t v =
          causes_.read_icr((throttle_.gpie() & reg::gpie::NSICR) != 0, throttle_.msix_mode());
      causes_changed(before, t);
      return v;
    }
    case reg::ICS: return causes_.icr();
    case reg::IMS:
    case reg::IMC: return causes_.ims();
    case reg::IAM: return causes_.iam();
    case reg::EICR: {
      const std::uint32_t v = throttle_.read_eicr(t);
      schedule_grant(t);
      return v;
    }
    case reg::EICS: return 0;
    case reg::EIMS:
    case reg::EIMC: return throttle_.eims();
    case reg::EIAC: return throttle_.eiac();
    case reg::EIAM: return throttle_.eiam();
    case reg::GPIE: return throttle_.gpie();
    default: break;
  }
  if (offset >= reg::EITR(0) && offset < reg::EITR(reg::kVectors))
    return throttle_.read_eitr((offset - reg::EITR(0)) / 4, t);
  if (Statistics::owns(offset)) return statistics_.read(offset);
  if (offset >= reg::rx_queue(0) && offset < reg::rx_queue(reg::kQueues)) {
    const unsigned n = (offset - reg::rx_queue(0)) / 0x40;
    if (offset == reg::RDH(n)) return rx_queues_[n].head(t);
    if (offset == reg::RQDPC(n)) return statistics_.read_rqdpc(n);
  }
  if (offset >= reg::tx_queue(0) && offset < reg::tx_queue(reg::kQueues)) {
    const unsigned n = (offset - reg::tx_queue(0)) / 0x40;
    if (offset == reg::TDH(n)) return tx_queues_[n].head(t);
  }
  if (offset >= reg::PQGPRC(0) && offset < 0x10000 + 0x100 * reg::kQueues) {
    const unsigned q = (offset - 0x10000) / 0x100;
    const auto& c = statistics_.queue(q);
    if (offset == reg::PQGPRC(q)) return c.rx_packets;
    if (offset == reg::PQGPTC(q)) return c.tx_packets;
    if (offset == reg::PQGORC(q)) return c.rx_octets;
    if (offset == reg::PQGOTC(q)) return c.tx_octets;
    if (offset == reg::PQMPRC(q)) return c.rx_multicast;
  }
  handled = false;
  return 0;
}

std::uint32_t I350Function::read_csr(std::uint32_t raw, Time t) {
  const reg::Offset offset = reg::canonical(raw);
  bool handled = false;
  const std::uint32_t v = read_special(offset, t, handled);
  return handled ? v : csr_.read(offset);
}

// --- writes --------------------------------------------------------------------------------------

void I350Function::write_csr(std::uint32_t raw, std::uint32_t value, Time t) {
  const reg::Offset offset = reg::canonical(raw);
  if (offset >= reg::rx_queue(0) && offset < reg::tx_queue(reg::kQueues) && write_queue(offset, value, t))
    return;
  if (write_interrupt(offset, value, t)) return;
  if (write_control(offset, value, t)) return;
  csr_.write(offset, value);
  write_receive(offset, csr_[offset], t);
}

bool I350Function::write_interrupt(reg::Offset offset, std::uint32_t value, Time t) {
  const std::uint32_t before = causes_.active();
  switch (offset) {
    case reg::ICR: causes_.write_icr(value, (throttle_.gpie() & reg::gpie::NSICR) != 0); break;
    case reg::ICS: causes_.set(value); break;
    case reg::IMS: causes_.write_ims(value); break;
    case reg::IMC: causes_.write_imc(value); break;
    case reg::IAM: causes_.write_iam(value); break;
    case reg::EICR: throttle_.write_eicr(value, t); break;
    case reg::EICS: throttle_.write_eics(value, t); break;
    case reg::EIMS: throttle_.write_eims(value, t); break;
    case reg::EIMC: throttle_.write_eimc(value, t); break;
    case reg::EIAC: throttle_.write_eiac(value, t); break;
    case reg::EIAM: throttle_.write_eiam(value, t); break;
    case reg::GPIE: throttle_.write_gpie(value, t); break;
    case reg::IVAR_MISC: vectors_.write_ivar_misc(value); break;
    case reg::PBACL: msix_.clear_pending(value); return true;
    default:
      if (offset >= reg::EITR(0) && offset < reg::EITR(reg::kVectors)) {
        throttle_.write_eitr((offset - reg::EITR(0)) / 4, value, t);
      } else if (offset >= reg::IVAR(0) && offset <= reg::IVAR(3)) {
        vectors_.write_ivar((offset - reg::IVAR(0)) / 4, value);
        csr_.write(offset, value);
      } else {
        return false;
      }
  }
  if (offset == reg::IVAR_MISC) csr_.write(offset, value);
  causes_changed(before, t);
  return true;
}

void I350Function::write_ctrl(std::uint32_t value, Time t) {
  if ((value & (reg::ctrl::RST | reg::ctrl::DEV_RST)) != 0) {
    if ((value & reg::ctrl::DEV_RST) != 0) status_latched_ |= reg::status::DEV_RST_SET;
    reset(t);
    return;
  }
  const bool held = (value & reg::ctrl::PHY_RST) != 0;
  if (phy_reset_asserted_ && !held) {
    phy_.reset(t);
    status_latched_ |= reg::status::PHYRA;
  }
  phy_reset_asserted_ = held;
  csr_.write(reg::CTRL, value);
  watch_link(t);
}

bool I350Function::write_control(reg::Offset offset, std::uint32_t value, Time t) {
  switch (offset) {
    case reg::CTRL: write_ctrl(value, t); return true;
    case reg::STATUS:
      if ((value & reg::status::PHYRA) == 0) status_latched_ &= ~reg::status::PHYRA;
      status_latched_ &= ~(value & reg::status::DEV_RST_SET);
      return true;
    case reg::EERD: csr_[reg::EERD] = nvm_.eerd(value); return true;
    case reg::MDIC:
      csr_[reg::MDIC] = phy_.mdic(value, t);
      watch_link(t);
      return true;
    case reg::PHPM:
      csr_.write(offset, value);
      phy_.set_link_disconnect((value & reg::phpm::GO_LINKD) != 0, t);
      watch_link(t);
      return true;
    case reg::SWSM: semaphores_.write_swsm(value); return true;
    case reg::SW_FW_SYNC: semaphores_.write_sw_fw_sync(value); return true;
    case reg::TCTL:
      csr_.write(offset, value);
      tx_kick(t);
      return true;
    default: return false;
  }
}

/// Registers whose stored value a functional unit keeps a copy of.
bool I350Function::write_receive(reg::Offset offset, std::uint32_t value, Time) {
  const auto within = [&](reg::Offset first, unsigned words) {
    return offset >= first && offset < first + 4 * words;
  };
  if (offset == reg::RCTL) return filter_.write_rctl(value), true;
  if (offset == reg::MRQC) return filter_.write_mrqc(value), rss_.write_mrqc(value), true;
  if (offset == reg::RXCSUM) return parser_.rxcsum = value, rss_.write_rxcsum(value), true;
  if (offset == reg::RFCTL) return parser_.rfctl = value, rss_.write_rfctl(value), true;
  if (within(reg::MTA(0), 128)) return filter_.write_mta((offset - reg::MTA(0)) / 4, value), true;
  if (within(reg::UTA(0), 128)) return filter_.write_uta((offset - reg::UTA(0)) / 4, value), true;
  if (within(reg::VFTA(0), 128)) return filter_.write_vfta((offset - reg::VFTA(0)) / 4, value), true;
  if (within(reg::RETA(0), 32)) return rss_.write_reta((offset - reg::RETA(0)) / 4, value), true;
  if (within(reg::RSSRK(0), 10)) return rss_.write_rssrk((offset - reg::RSSRK(0)) / 4, value), true;
  for (unsigned half = 0; half < 2; ++half) {
    if (!within(reg::RAL(16 * half), 32)) continue;
    const unsigned i = 16 * half + (offset - reg::RAL(16 * half)) / 8;
    if (offset == reg::RAL(i)) {
      filter_.write_ral(i, value);
    } else {
      filter_.write_rah(i, value);
    }
    return true;
  }
  return false;
}

bool I350Function::write_queue(reg::Offset offset, std::uint32_t value, Time t) {
  if (offset < reg::rx_queue(reg::kQueues)) {
    write_rx_queue((offset - reg::rx_queue(0)) / 0x40, offset, value, t);
    return true;
  }
  if (offset >= reg::tx_queue(0)) {
    write_tx_queue((offset - reg::tx_queue(0)) / 0x40, offset, value, t);
    return true;
  }
  return false;
}

void I350Function::write_rx_queue(unsigned n, reg::Offset offset, std::uint32_t value, Time t) {
  RxRingUnit& q = rx_queues_[n];
  if (offset == reg::RDH(n)) return;                  // read-only on the I350
  if (offset == reg::RDT(n) && !q.enabled()) return;  // ignored while disabled
  csr_.write(offset, value);
  if (offset == reg::RDT(n)) {
    q.set_tail(csr_[offset], t);
    if (waves_) waves_->rx.doorbell(n, t);
    rx_fetches_.want(n, t);
  } else if (offset == reg::SRRCTL(n)) {
    q.set_minimum_threshold(reg::srrctl::RDMTS.get(value) * 16, t);
  } else if (offset == reg::RXDCTL(n)) {
    q.set_thresholds(reg::rxdctl::PTHRESH.get(value), reg::rxdctl::HTHRESH.get(value),
                     reg::rxdctl::WTHRESH.get(value), t);
    const bool enable = (value & reg::rxdctl::ENABLE) != 0;
    if (!enable && q.enabled()) rx_fetches_.forget(n);
    if (enable && !q.enabled())
      q.set_ring({std::uint64_t{csr_[reg::RDBAH(n)]} << 32 | csr_[reg::RDBAL(n)]}, csr_[reg::RDLEN(n)], t);
    q.set_enabled(enable, t);
    if (enable) rx_fetches_.want(n, t);
    if ((value & reg::rxdctl::SWFLUSH) != 0) {
      csr_[offset] &= ~reg::rxdctl::SWFLUSH;
      rx_writeback(n, true, t);
    }
  }
}

void I350Function::write_tx_queue(unsigned n, reg::Offset offset, std::uint32_t value, Time t) {
  TxRingUnit& q = tx_queues_[n];
  const std::uint32_t before = csr_[offset];
  csr_.write(offset, value);
  if (offset == reg::TDH(n)) {
    if (!q.enabled()) q.set_head(value & 0xFFFF, t);
  } else if (offset == reg::TDT(n)) {
    q.set_tail(csr_[offset], t);
    if (waves_) waves_->tx.doorbell(n, t);
    tx_journeys_announced(n, before, csr_[offset], t);
    if (q.enabled()) tx_fetches_.want(n, t);
  } else if (offset == reg::TXDCTL(n)) {
    q.set_thresholds(reg::txdctl::PTHRESH.get(value), reg::txdctl::HTHRESH.get(value),
                     reg::txdctl::WTHRESH.get(value), t);
    const bool enable = (value & reg::txdctl::ENABLE) != 0;
    if (!enable && q.enabled()) {
      tx_fetches_.forget(n);
      tx_available_ &= ~(1u << n);
      tx_loose_[n] = 0;
      if (tx_building_ && tx_newest().queue == n) tx_abandon_building(t);
    }
    if (enable && !q.enabled())
      q.set_ring({std::uint64_t{csr_[reg::TDBAH(n)]} << 32 | csr_[reg::TDBAL(n)]}, csr_[reg::TDLEN(n)], t);
    q.set_enabled(enable, t);
    if (enable) tx_fetches_.want(n, t);
    if ((value & reg::txdctl::SWFLUSH) != 0) {
      csr_[offset] &= ~reg::txdctl::SWFLUSH;
      tx_writeback(n, true, t);
    }
  }
}

}  // namespace niclab::sim
