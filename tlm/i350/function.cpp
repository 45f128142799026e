// One port as a whole: what it consists of, resets, configuration writes, and to whom a register access goes
// (fact base 2.2, 4.9).
#include "tlm/i350/function.hpp"

#include <bit>

namespace niclab::sim {

using namespace hw;

namespace {

PciIdentity identity(const Nvm& nvm, unsigned number, const I350FunctionConfig& config) {
  PciIdentity id = pci_identity(nvm, number, config.ports);
  id.link_gen = config.link_gen;
  id.link_lanes = config.link_lanes;
  if (config.quirks.registers.intx_shared) id.interrupt_pin = 1;
  return id;
}

/// In place of a lot, so that of two cards one becomes master.
std::uint16_t phy_seed(const MacAddress& mac) {
  return static_cast<std::uint16_t>(mac.octets[4] << 8 | mac.octets[5]);
}

}  // namespace

I350Function::I350Function(Engine& engine, BusPort& bus, FramePool& frames, SpiEeprom& eeprom,
                           Semaphores& semaphores, unsigned number, unsigned agent,
                           const I350FunctionConfig& config)
    : engine_(engine),
      bus_(bus),
      frames_(frames),
      eeprom_(eeprom),
      semaphores_(semaphores),
      number_(number),
      agent_(agent),
      config_(config),
      pci_(identity(eeprom.image(), number, config)),
      phy_(config.negotiation, phy_seed(config.mac)),
      pause_sender_(config.quirks.pause_sender),
      system_time_(config.clock_ppb),
      waves_(config.waves != nullptr ? std::make_unique<FunctionWaves>(*config.waves, config.wave_scope)
                                     : nullptr) {
  const Fidelities& f = config.fidelity;
  tx_checksum_.choose(f.tx_checksum, config.rtl, engine, agent + step::checksum_clock,
                      config.name + " tx_checksum");
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    const std::string queue = "_ring queue " + std::to_string(q);
    tx_queues_[q].choose(f.tx_ring, config.rtl, engine, agent + step::tx_ring_clock + q,
                         config.name + " tx" + queue);
    rx_queues_[q].choose(f.rx_ring, config.rtl, engine, agent + step::rx_ring_clock + q,
                         config.name + " rx" + queue);
    if (const unsigned depth = config.quirks.descriptor_cache; depth != 0) {
      tx_queues_[q].set_depth(depth);
      rx_queues_[q].set_depth(depth);
    }
  }
  throttle_.choose(f.intr_throttle, config.rtl, engine, agent + step::throttle_clock,
                   config.name + " intr_throttle", config.quirks.throttle);
  if (config.waves == nullptr) return;
  rx_fetches_.show_waves(&waves_->rx);
  tx_fetches_.show_waves(&waves_->tx);
  tx_checksum_.show_waves(*config.waves, config.wave_scope, "tx_checksum");
  throttle_.show_waves(*config.waves, config.wave_scope, "intr_throttle");
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    tx_queues_[q].show_waves(*config.waves, config.wave_scope, "tx_ring" + std::to_string(q));
    rx_queues_[q].show_waves(*config.waves, config.wave_scope, "rx_ring" + std::to_string(q));
  }
}

void I350Function::finish(Time end) {
  tx_checksum_.finish(end);
  throttle_.finish(end);
  for (TxRingUnit& q : tx_queues_) q.finish(end);
  for (RxRingUnit& q : rx_queues_) q.finish(end);
}

RtlCounters I350Function::tx_ring_counters() const {
  RtlCounters all;
  for (const TxRingUnit& q : tx_queues_) all += q.counters();
  return all;
}

RtlCounters I350Function::rx_ring_counters() const {
  RtlCounters all;
  for (const RxRingUnit& q : rx_queues_) all += q.counters();
  return all;
}

void I350Function::power_on(Time t) {
  csr_.reset(true);
  throttle_.reset(t);
  reset_by(config_.quirks.registers, csr_, true);
  status_latched_ = reg::status::PHYRA;
  io_address_ = 0;
  nvm_errors_ = 0;
  offer_eee();
  phy_.reset(t);
  reset(t);
  config_ready_at_ = nvm_loaded_at_;
}

void I350Function::fault(std::string what, Time t) {
  faults_.push_back("device fault at " + std::to_string(t.ns()) + " ns: " + std::move(what));
}

bool I350Function::may_master(const char* what, Time t) {
  if (!pci_.bus_master_enabled() && !was_master_ && !no_master_reported_ && pci_.power_state() == 0) {
    no_master_reported_ = true;
    fault(std::string("bus mastering is off (Command bit 2): ") + what + " held back", t);
  }
  return dma_enabled();
}

PortAccount I350Function::account() const {
  PortAccount a = account_;
  a.rx_inside = rx_fifo_.size();
  a.tx_inside = tx_mac_.size();
  return a;
}

bool I350Function::idle() const {
  return arriving_.empty() && looped_.empty() && rx_fifo_.empty() && tx_count_ == 0 && tx_mac_.empty() &&
         !rx_fetches_.busy() && !tx_fetches_.busy();
}

// --- reset ---------------------------------------------------------------------------------------

void I350Function::reset(Time t) {
  reset_interrupts(t);
  reset_all_but_interrupts(t);
}

void I350Function::device_reset(Time t, bool own) {
  pci_.reload(identity(eeprom_.image(), number_, config_));
  if (own) reset_interrupts(t);
  reset_all_but_interrupts(t);
  config_ready_at_ = nvm_loaded_at_;
  status_latched_ |= reg::status::DEV_RST_SET;
  throttle_.expire_counters(t);
  legacy_cause(reg::icr::DRSTA, t);
  show_waves(t);
}

void I350Function::reset_all_but_interrupts(Time t) {
  while (!rx_fifo_.empty()) {
    const RxEntry& e = rx_fifo_.front();
    ++account_.error_drops;
    journey_dropped(e.journey);
    FramePool::unref(e.frame);
    rx_fifo_.pop_front();
    rx_fifo_bytes_ -= rx_occupancy(e.wire_length);
    if (meters_) rx_left(e, t);
  }
  rx_fifo_bytes_ = rx_fifo_head_ = 0;
  if (meters_) meters_->reset(t);
  truncate_frame_on_wire(t);
  holds_end();
  if (rx_state_ == RxState::waiting_ready) engine_.cancel(Kind::device, agent_ + step::rx_issue, this);
  if (rx_state_ == RxState::issuing) engine_.cancel(Kind::device, agent_ + step::rx_written, this);
  rx_state_ = RxState::idle;
  rx_fetches_.reset();
  tx_fetches_.reset();
  while (!tx_mac_.empty()) {
    ++account_.tx_errors;
    const TxOnWire f = tx_mac_.front();
    tx_buffer_bytes_ -= f.buffer_bytes;
    journey_dropped(f.frame->journey);
    tx_mac_.pop_front();
    if (meters_) tx_left(f.buffer_bytes, f.frame->buffered, t);
    FramePool::unref(f.frame);
  }
  // Packets still being read finish their reads and are then discarded; their descriptors are nobody's now.
  for (unsigned i = 0; i < tx_count_; ++i) {
    TxPacket& p = tx_slots_[(tx_head_ + i) % kTxSlots];
    p.failed = true;
  }
  if (tx_building_) tx_abandon_building(t);
  tx_available_ = tx_priority_ = 0;
  tx_checksum_.reset(t);
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    rx_queues_[q].reset(t);
    tx_queues_[q].reset(t);
    tx_loose_[q] = 0;
  }
  abort_nvm(t);
  csr_.reset();
  reset_by(config_.quirks.registers, csr_, false);
  update_read_timeout();
  csr_[reg::BARCTRL] |=
      reg::barctrl::FLASH_SIZE.put(std::countr_zero(pci_.identity().bar0_size / PciConfigSpace::kBar0Size));
  reset_link(t);
  free_running_timer_.write(0, t);
  filter_ = MacFilter(config_.quirks.uta_always);
  rss_ = RssHash(config_.quirks.rss);
  for (unsigned i = 0; i < 32; ++i) rss_.write_reta(i, csr_[reg::RETA(i)]);
  for (unsigned i = 0; i < 10; ++i) rss_.write_rssrk(i, csr_[reg::RSSRK(i)]);
  queue_filters_ = QueueFilters(config_.quirks.filters);
  parser_ = ParserConfig();
  rx_setup_ = {};
  update_rx_setup(t);
  reset_time_sync(t);
  if (!config_.quirks.registers.statistics_kept) statistics_.reset();
  load_nvm(t);
  flow_control_changed(t);
  flow_control_forget(t);
  tx_finish_ready(t);
  interrupt_mode_changed(t);
  schedule_grant(t);
  watch_link(t);
}

/// The frame on its way out ends where it is: whoever receives it finds a wrong FCS (4.9).
void I350Function::truncate_frame_on_wire(Time t) {
  const LinkSpeed speed = mac_mode_.speed;
  const Duration gap = byte_time(speed) * gap_bytes(csr_[reg::TIPG]);
  if (tx_wire_free_ > t + gap && looped_.empty()) bus_.truncate_frame();
}

/// Reads of the host in flight come back to nobody; until they have, DevSta says so.
void I350Function::function_level_reset(Time t) {
  pci_.function_level_reset();
  was_master_ = false;
  delivery_.reset();
  io_address_ = 0;
  reset(t);
  config_ready_at_ = t + 1_us * config_.quirks.flr_us;
}

// --- configuration space and the I/O BAR ---------------------------------------------------------

std::uint32_t I350Function::read_config(std::uint16_t offset) {
  pci_.set_transactions_pending(transactions_pending());
  return pci_.read(offset);
}

void I350Function::write_config(std::uint16_t offset, std::uint32_t value, unsigned byte_enable, Time t) {
  const bool was_master = pci_.bus_master_enabled();
  const auto effects = pci_.write(offset, value, byte_enable);
  if (effects.function_level_reset) function_level_reset(t);
  update_read_timeout();
  interrupt_mode_changed(t);
  if (!was_master && pci_.bus_master_enabled()) {
    no_master_reported_ = false;
    was_master_ = true;
    master_enabled_again(t);
  }
}

std::uint32_t I350Function::read_io(std::uint32_t offset, Time t) {
  if (offset == 0) return io_address_;
  return offset == 4 && io_address_ < PciConfigSpace::kBar0Size ? read_csr(io_address_ & ~3u, t) : 0;
}

void I350Function::write_io(std::uint32_t offset, std::uint32_t value, Time t) {
  if (offset == 0) io_address_ = value;
  if (offset == 4 && io_address_ < PciConfigSpace::kBar0Size) write_csr(io_address_ & ~3u, value, t);
}

void I350Function::master_enabled_again(Time t) {
  rx_fetches_.schedule(t);
  tx_fetches_.schedule(t);
  write_held(t);
  tx_kick(t);
  rx_retry(t);
}

// --- register accesses: each row of the table says whose they are --------------------------------

std::uint32_t I350Function::read_csr(std::uint32_t offset, Time t) {
  const reg::Target r = reg::target(offset);
  switch (r.chapter) {
    case reg::Chapter::general: return read_general(r, t);
    case reg::Chapter::nvm: return read_nvm(r, t);
    case reg::Chapter::link: return read_link(r, t);
    case reg::Chapter::flow_control: return read_flow_control(r, t);
    case reg::Chapter::interrupts: return read_interrupts(r, t);
    case reg::Chapter::receive_queues: return read_receive_queues(r, t);
    case reg::Chapter::transmit: return read_transmit(r, t);
    case reg::Chapter::statistics: return read_statistics(r);
    case reg::Chapter::time_sync: return read_time_sync(r, t);
    default: return csr_.read(r.offset);
  }
}

void I350Function::write_csr(std::uint32_t offset, std::uint32_t value, Time t) {
  const reg::Target r = reg::target(offset);
  switch (r.chapter) {
    case reg::Chapter::general: return write_general(r, value, t);
    case reg::Chapter::nvm: return write_nvm(r, value, t);
    case reg::Chapter::link: return write_link(r, value, t);
    case reg::Chapter::flow_control: return write_flow_control(r, value, t);
    case reg::Chapter::interrupts: return write_interrupts(r, value, t);
    case reg::Chapter::receive_filters: return write_receive_filters(r, value, t);
    case reg::Chapter::receive_queues: return write_receive_queues(r, value, t);
    case reg::Chapter::transmit: return write_transmit(r, value, t);
    case reg::Chapter::power:
      csr_.write(r.offset, value);
      if (r.offset == reg::GCR) update_read_timeout();
      return;
    case reg::Chapter::time_sync: return write_time_sync(r, value, t);
    default: return csr_.write(r.offset, value);
  }
}

}  // namespace niclab::sim
