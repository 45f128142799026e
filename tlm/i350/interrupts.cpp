// From a finished descriptor to an interrupt message (fact base 2.6, 3.4).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

// --- registers -----------------------------------------------------------------------------------

std::uint32_t I350Function::read_interrupts(const reg::Target& r, Time t) {
  switch (r.first) {
    case reg::ICR: {
      const std::uint32_t before = causes_.active();
      const std::uint32_t v = causes_.read_icr();
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
    case reg::EITR(0): return throttle_.read_eitr(r.index, t);
    case reg::IVAR(0): return vectors_.ivar(r.index);
    case reg::IVAR_MISC: return vectors_.ivar_misc();
    case reg::TCPTIMER: return tcp_timer_.read();
    default: return csr_.read(r.offset);
  }
}

void I350Function::write_interrupts(const reg::Target& r, std::uint32_t value, Time t) {
  const std::uint32_t before = causes_.active();
  switch (r.first) {
    case reg::ICR: causes_.write_icr(value); break;
    case reg::ICS: causes_.set(value); break;
    case reg::IMS: causes_.write_ims(value); break;
    case reg::IMC: causes_.write_imc(value); break;
    case reg::IAM: causes_.write_iam(value); break;
    case reg::EICR:
      throttle_.write_eicr(value, t);
      if ((throttle_.gpie() & reg::gpie::PBA_support) != 0 && config_.quirks.eicr_clear_removes_pending)
        delivery_.clear_pending(value & ~throttle_.eiac());
      break;
    case reg::EICS: throttle_.write_eics(value, t); break;
    case reg::EIMS: throttle_.write_eims(value, t); break;
    case reg::EIMC: throttle_.write_eimc(value, t); break;
    case reg::EIAC: throttle_.write_eiac(value, t); break;
    case reg::EIAM: throttle_.write_eiam(value, t); break;
    case reg::GPIE:
      throttle_.write_gpie(value, t);
      interrupt_mode_changed(t);
      break;
    case reg::EITR(0): throttle_.write_eitr(r.index, value, t); break;
    case reg::PBACL: return delivery_.clear_pending(value);
    case reg::IVAR(0): return vectors_.write_ivar(r.index, value);
    case reg::IVAR_MISC: return vectors_.write_ivar_misc(value);
    case reg::TCPTIMER: return write_tcp_timer(value, t);
    default: return csr_.write(r.offset, value);
  }
  causes_changed(before, t);
}

// --- from a cause to a message -------------------------------------------------------------------

void I350Function::queue_cause(std::optional<unsigned> vector, std::uint32_t legacy, Time t) {
  if (vector) throttle_.set_causes(reg::bit(*vector), t);
  if (!throttle_.msix_mode()) legacy_cause(legacy, t);
  schedule_grant(t);
}

void I350Function::low_latency_interrupt(std::optional<unsigned> vector, Time t) {
  if (!vector) return;
  throttle_.low_latency(throttle_.msix_mode() ? reg::bit(*vector) : 1u, t);
  schedule_grant(t);
}

void I350Function::legacy_cause(std::uint32_t causes, Time t) {
  const std::uint32_t before = causes_.active();
  causes_.set(causes);
  causes_changed(before, t);
}

void I350Function::causes_changed(std::uint32_t active_before, Time t) {
  const std::uint32_t active = causes_.active();
  if (throttle_.msix_mode()) {
    const std::uint32_t risen = active & ~active_before;
    if (risen != 0)
      throttle_.set_causes(vectors_.of_causes(risen, config_.quirks.drsta_in_ivar_misc_byte_0), t);
  } else {
    throttle_.set_other_level(active != 0, t);
  }
  schedule_grant(t);
}

void I350Function::schedule_grant(Time t) {
  if (delivery_.watches_lines()) [[unlikely]] {
    delivery_.lines_are(interrupt_lines());
    show_interrupt_status(t);
  }
  const Time due = niclab::max(throttle_.next_grant(), t);
  const Time wanted = throttle_.next_grant() == Time::never() ? Time::never() : due;
  if (wanted == grant_scheduled_) return;
  if (grant_scheduled_ != Time::never()) engine_.cancel(Kind::throttle, agent_, this);
  grant_scheduled_ = wanted;
  if (wanted != Time::never()) engine_.at<&I350Function::grant_event>(wanted, Kind::throttle, agent_, *this);
}

void I350Function::grant_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  grant_scheduled_ = Time::never();
  const std::uint32_t granted = throttle_.grants(t);
  for (std::uint32_t left = granted; left != 0; left &= left - 1) {
    const auto v = static_cast<unsigned>(__builtin_ctz(left));
    // Completed descriptors go out before the message that announces them.
    flush_vector(v, t, false);
    statistics_.count(reg::IAC);
    if (waves_) waves_->interrupt(v, t);
    if (delivery_.way() != InterruptDelivery::Way::intx) may_master("interrupt message", t);
    if (const auto message = delivery_.grant(v)) [[likely]] {
      send_message(*message, t);
    } else {
      show_interrupt_status(t);
    }
  }
  schedule_grant(t);
}

void I350Function::send_message(const MsixMessage& m, Time t) {
  bus_.write(t, m.address, std::as_bytes(std::span(&m.data, 1)));
}

// --- modes ---------------------------------------------------------------------------------------

std::uint32_t I350Function::interrupt_lines() const {
  std::uint32_t lines = 0;
  for (unsigned v = 0; v < reg::kVectors; ++v)
    if (throttle_.line(v)) lines |= reg::bit(v);
  return lines;
}

void I350Function::interrupt_mode_changed(Time t) {
  causes_.set_rules({.nsicr = (throttle_.gpie() & reg::gpie::NSICR) != 0,
                     .multiple_msix = throttle_.msix_mode(),
                     .read_clears = config_.quirks.icr_clear_on_read_without_msix && !pci_.msix_enabled()});
  delivery_.configure(pci_, master_enabled(), interrupt_lines(),
                      [&](const MsixMessage& m) { send_message(m, t); });
  show_interrupt_status(t);
}

void I350Function::show_interrupt_status(Time t) {
  pci_.set_interrupt_status(delivery_.interrupt_status());
  pci_.set_msi_pending(delivery_.msi_pending());
  if (delivery_.pin() == intx_told_) return;
  intx_told_ = delivery_.pin();
  const MessageCode code = intx_told_ ? MessageCode::assert_inta : MessageCode::deassert_inta;
  bus_.message(t, static_cast<std::uint8_t>(static_cast<unsigned>(code) + pci_.interrupt_pin() - 1));
}

void I350Function::write_msix(std::uint32_t offset, std::uint32_t value, unsigned byte_enable, Time t) {
  delivery_.write_table(offset, value, byte_enable, [&](const MsixMessage& m) { send_message(m, t); });
}

void I350Function::reset_interrupts(Time t) {
  causes_ = InterruptCauses();
  vectors_ = InterruptVectors();
  throttle_.reset_port(t);
  if (config_.quirks.registers.eims_zero) throttle_.write_eimc(reg::eicr::OTHER, t);
  delivery_.reset_port();
  tcp_timer_ = TcpTimer();
  schedule_tcp_timer();
}

// --- TCP timer (fact base 2.6.9) -----------------------------------------------------------------

void I350Function::write_tcp_timer(std::uint32_t value, Time t) {
  if (tcp_timer_.write(value, t)) raise_tcp_timer(t);
  schedule_tcp_timer();
}

void I350Function::schedule_tcp_timer() {
  const Time due = tcp_timer_.expiry();
  if (due == tcp_timer_scheduled_) return;
  if (tcp_timer_scheduled_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::tcp_timer, this);
  tcp_timer_scheduled_ = due;
  if (due != Time::never())
    engine_.at<&I350Function::tcp_timer_event>(due, Kind::device, agent_ + step::tcp_timer, *this);
}

void I350Function::tcp_timer_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  tcp_timer_scheduled_ = Time::never();
  tcp_timer_.expire(t);
  raise_tcp_timer(t);
  schedule_tcp_timer();
}

void I350Function::raise_tcp_timer(Time t) {
  throttle_.set_causes(
      throttle_.msix_mode() ? InterruptVectors::cause_bit(vectors_.tcp_timer()) : reg::eicr::TCP_TIMER, t);
  legacy_cause(reg::icr::TCP_TIMER, t);
}

// --- write-backs that wait for an interrupt ------------------------------------------------------

void I350Function::schedule_flush(unsigned vector, Time t) {
  const unsigned v = throttle_.msix_mode() ? vector : 0;
  if (flush_scheduled_[v]) return;
  flush_scheduled_[v] = true;
  engine_.at<&I350Function::flush_event>(niclab::max(throttle_.counter_expiry(v), t), Kind::throttle,
                                         agent_ + 1, *this, v);
}

void I350Function::flush_event(Time t, std::uint32_t v) {
  const ShowAfter show{*this, t};
  flush_scheduled_[v] = false;
  if (throttle_.counter_running(
          v, t)) {  // restarted meanwhile by a grant, which flushed; what came since waits again
    schedule_flush(v, t);
    return;
  }
  flush_vector(v, t, true);
}

void I350Function::flush_vector(unsigned v, Time t, bool raise) {
  const bool single = !throttle_.msix_mode();
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    const auto rx = vectors_.rx(q);
    if (rx && (single || *rx == v) && rx_queues_[q].pending_reports(t) != 0) {
      rx_writeback(q, true, t);
      if (raise) queue_cause(rx, reg::icr::RXDW, t);
    }
    const auto tx = vectors_.tx(q);
    if (config_.quirks.eitr_flushes_tx_writeback && tx && (single || *tx == v) &&
        tx_queues_[q].pending_reports(t) != 0) {
      tx_writeback(q, true, t);
      if (raise) queue_cause(tx, reg::icr::TXDW, t);
    }
  }
}

}  // namespace niclab::sim
