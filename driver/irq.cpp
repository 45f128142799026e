// Vectors, their handlers, and the poll they schedule (path-map, B-122, C-06, C-24).
#include <cerrno>

#include "base/function_trace.hpp"
#include "driver/igb.hpp"
#include "driver/path_cost.hpp"

namespace niclab::igb {
namespace {

// With MSI-X the "other" vector sees these (fact base 5.3 row 12); a single vector sees traffic too (2.6.4).
constexpr std::uint32_t kOtherCauses = reg::icr::LSC | reg::icr::DOUTSYNC | reg::icr::DRSTA;
constexpr std::uint32_t kSingleCauses =
    reg::icr::RXDW | reg::icr::RXDMT0 | reg::icr::RXSEQ | reg::icr::LSC | reg::icr::TXDW | reg::icr::DRSTA;

struct IvarPlace {
  unsigned index,
      shift;  // of the register, and of a receive queue's byte in it; a transmit queue's is the next
};
IvarPlace ivar_place(const DeviceRow& row, unsigned queue) {
  if (row.ivar_of_neighbours) return {queue >> 1, (queue & 1) << 4};
  return {queue & 7, (queue & 8) << 1};
}

}  // namespace

// --- scheme --------------------------------------------------------------------------------------

void IgbAdapter::set_interrupt_capability(bool msix) {
  const unsigned vectors = 1 + queues_ * (queue_pairs_ ? 1 : 2);
  msix_enabled_ = msix && pdev_.enable_msix(vectors) == 0;
  if (msix_enabled_) return;
  queues_ = 1;  // a single vector serves a single pair of rings
  queue_pairs_ = true;
  msi_enabled_ = pdev_.enable_msi() == 0;
}

void IgbAdapter::reset_interrupt_capability() {
  if (msix_enabled_) pdev_.disable_msix();
  if (msi_enabled_) pdev_.disable_msi();
  msix_enabled_ = msi_enabled_ = false;
}

std::string_view IgbAdapter::interrupt_kind() const {
  if (msix_enabled_) return "MSI-X";
  return msi_enabled_ ? "MSI" : "legacy";
}

void IgbAdapter::init_interrupt_scheme(bool msix) {
  set_interrupt_capability(msix);
  for (unsigned i = 0; i < queues_; ++i) {
    auto& tx = *tx_rings_.emplace_back(std::make_unique<TxRing>());
    tx.queue_index = i;
    tx.queue = &tx_queues[i];
    tx.queue->dev = this;
    tx.queue->index = i;
    rx_rings_.emplace_back(std::make_unique<RxRing>())->queue_index = i;
  }
  alloc_q_vectors();
  real_num_tx_queues = real_num_rx_queues = queues_;
}

void IgbAdapter::clear_interrupt_scheme() {
  q_vectors_.clear();
  tx_rings_.clear();
  rx_rings_.clear();
  reset_interrupt_capability();
}

void IgbAdapter::alloc_q_vectors() {
  if (queue_pairs_) {
    for (unsigned i = 0; i < queues_; ++i) add_q_vector(i, i, i);
    return;
  }
  for (unsigned i = 0; i < queues_; ++i) add_q_vector(i, i, std::nullopt);
  for (unsigned i = 0; i < queues_; ++i) add_q_vector(queues_ + i, std::nullopt, i);
}

void IgbAdapter::add_q_vector(unsigned v_idx, std::optional<unsigned> rx, std::optional<unsigned> tx) {
  auto& q = *q_vectors_.emplace_back(std::make_unique<QVector>(*this));
  q.dev = this;
  q.v_idx = v_idx;
  if (rx) q.rx_ring = rx_rings_[*rx].get();
  if (tx) q.tx_ring = tx_rings_[*tx].get();
  q.itr.rx.present = rx.has_value();
  q.itr.tx.present = tx.has_value();
  q.itr.tx.work_limit = config_.tx_work_limit;
  const std::uint32_t setting = itr_setting(q);
  q.itr.itr_val = static_cast<std::uint16_t>(setting == 0 || setting > 3 ? setting & 0xFFFF : kItrStart);
  q.name = name + (rx && tx ? "-TxRx-" : rx ? "-rx-" : "-tx-") + std::to_string(rx ? *rx : *tx);
}

// --- request and release -------------------------------------------------------------------------

int IgbAdapter::igb_request_msix() {
  int error = pdev_.request_irq(0, Callback::to<&IgbAdapter::igb_msix_other>(*this), name);
  if (error != 0) return error;
  for (std::size_t i = 0; i < q_vectors_.size(); ++i) {
    QVector& q = *q_vectors_[i];
    error = pdev_.request_irq(static_cast<unsigned>(i + 1), Callback::to<&QVector::msix_ring>(q), q.name);
    if (error != 0) {
      for (std::size_t done = 0; done <= i; ++done) pdev_.free_irq(static_cast<unsigned>(done));
      return error;
    }
  }
  igb_configure_msix();
  return 0;
}

int IgbAdapter::igb_request_irq() {
  if (msix_enabled_) {
    if (igb_request_msix() == 0) {
      irqs_requested_ = true;
      return 0;
    }
    if (const int error = fall_back_to_single(); error != 0) return error;
  }
  igb_assign_vector(*q_vectors_[0], 0);
  int error = -ENODEV;
  if (msi_enabled_) {
    error = pdev_.request_irq(0, Callback::to<&IgbAdapter::igb_intr_msi>(*this), name);
    if (error != 0) reset_interrupt_capability();
  }
  if (error != 0) error = pdev_.request_irq(0, Callback::to<&IgbAdapter::igb_intr>(*this), name);
  if (error != 0) log(name + ": Error " + std::to_string(error) + " getting interrupt");
  irqs_requested_ = error == 0;
  return error;
}

// Path-map A-32: all rings go, one pair comes back.
int IgbAdapter::fall_back_to_single() {
  igb_free_all_tx_resources();
  igb_free_all_rx_resources();
  clear_interrupt_scheme();
  init_interrupt_scheme(false);
  igb_setup_all_tx_resources();
  igb_setup_all_rx_resources();
  igb_configure();
  return 0;
}

void IgbAdapter::igb_free_irq() {
  if (!irqs_requested_) return;
  irqs_requested_ = false;
  pdev_.free_irq(0);
  if (!msix_enabled_) return;
  for (std::size_t i = 0; i < q_vectors_.size(); ++i) pdev_.free_irq(static_cast<unsigned>(i + 1));
}

// --- mapping causes to vectors (fact base 2.6.7) -------------------------------------------------

void IgbAdapter::igb_write_ivar(unsigned msix_vector, unsigned index, unsigned shift) {
  hw_.rmw32(reg::IVAR(index), 0xFFu << shift, (msix_vector | reg::ivar::VALID) << shift);
}

void IgbAdapter::igb_assign_vector(QVector& q, unsigned msix_vector) {
  if (q.rx_ring != nullptr) {
    const unsigned n = q.rx_ring->queue_index;
    const auto [index, shift] = ivar_place(hw_.row(), n);
    igb_write_ivar(msix_vector, index, shift);
  }
  if (q.tx_ring != nullptr) {
    const unsigned n = q.tx_ring->queue_index;
    const auto [index, shift] = ivar_place(hw_.row(), n);
    igb_write_ivar(msix_vector, index, shift + 8);
  }
  q.msix_vector = msix_vector;
  q.eims_value = 1u << msix_vector;
  eims_enable_mask_ |= q.eims_value;
  q.itr.set_itr = true;  // the first interrupt writes EITR
}

void IgbAdapter::igb_configure_msix() {
  using namespace reg::gpie;
  hw_.wr32(reg::GPIE, Multiple_MSIX | PBA_support | EIAME | NSICR);
  eims_other_ = 1u << 0;
  hw_.wr32(reg::IVAR_MISC, reg::ivar::VALID << 8);
  eims_enable_mask_ = eims_other_;
  unsigned vector = 1;
  for (const auto& q : q_vectors_) igb_assign_vector(*q, vector++);
  hw_.wrfl();
}

// --- masking (path-map A-33) ---------------------------------------------------------------------

void IgbAdapter::igb_irq_enable() {
  if (msix_enabled_) {
    hw_.rmw32(reg::EIAC, 0, eims_enable_mask_);
    hw_.rmw32(reg::EIAM, 0, eims_enable_mask_);
    hw_.wr32(reg::EIMS, eims_enable_mask_);
    hw_.wr32(hw_.row().ims, kOtherCauses);
  } else {
    hw_.wr32(hw_.row().ims, kSingleCauses);
    hw_.wr32(hw_.row().iam, kSingleCauses);
  }
}

void IgbAdapter::igb_irq_disable() {
  if (msix_enabled_) {
    hw_.rmw32(reg::EIAM, eims_enable_mask_, 0);
    hw_.wr32(reg::EIMC, eims_enable_mask_);
    hw_.rmw32(reg::EIAC, eims_enable_mask_, 0);
  }
  hw_.wr32(hw_.row().iam, 0);
  hw_.wr32(hw_.row().imc, ~std::uint32_t{0});
  hw_.wrfl();
}

void IgbAdapter::igb_ring_irq_enable(QVector& q) {
  kernel_.sync();  // settings and link speed belong to others
  const std::uint32_t setting = itr_setting(q);
  if (itr_dynamic(setting)) {
    if (q_vectors_.size() == 1)
      igb_set_itr(q.itr, setting, link_.speed);
    else
      igb_update_ring_itr(q.itr, setting, link_.speed);
    spend(path::igb_update_itr);
  }
  kernel_.sync();
  if (down_) return;
  if (msix_enabled_)
    hw_.wr32(reg::EIMS, q.eims_value);
  else
    igb_irq_enable();
}

// --- handlers ------------------------------------------------------------------------------------

void QVector::msix_ring() { adapter.igb_msix_ring(*this); }

void IgbAdapter::schedule_poll(QVector& q) {
  if (kernel_.journeys() != nullptr) kernel_.interrupt_stamps().handled = kernel_.moment();
  core_.napi_schedule(q);
}

void IgbAdapter::igb_msix_ring(QVector& q) {
  const FunctionSpan span(kernel_, "igb_msix_ring");
  spend(path::igb_msix_ring);
  if (const auto eitr = igb_write_itr(q.itr)) hw_.wr32(reg::EITR(q.msix_vector), *eitr);
  schedule_poll(q);
}

void IgbAdapter::igb_handle_icr(std::uint32_t icr) {
  if ((icr & reg::icr::DRSTA) != 0) schedule_work(kResetTask);
  if ((icr & reg::icr::DOUTSYNC) != 0) ++doosync_;
  if ((icr & reg::icr::TIME_SYNC) != 0) [[unlikely]]
    igb_tsync_interrupt();
  if ((icr & (reg::icr::LSC | (msix_enabled_ ? 0 : reg::icr::RXSEQ))) != 0) {
    kernel_.sync();
    hw_.get_link_status = true;
    if (!down_) kernel_.mod_timer(watchdog_timer_, kernel_.jiffies() + 1);
  }
}

void IgbAdapter::igb_tsync_interrupt() {
  if ((hw_.rd32(reg::TSICR) & reg::tsicr::TXTS) != 0) schedule_work(kPtpTxWork);
}

void IgbAdapter::igb_msix_other() {
  spend(path::igb_msix_other);
  igb_handle_icr(hw_.rd32(hw_.row().icr));
  hw_.wr32(reg::EIMS, eims_other_);
}

void IgbAdapter::igb_intr_msi() {
  const FunctionSpan span(kernel_, "igb_intr_msi");
  spend(path::igb_intr);
  QVector& q = *q_vectors_[0];
  const std::uint32_t icr = hw_.rd32(hw_.row().icr);
  if (const auto eitr = igb_write_itr(q.itr)) hw_.wr32(reg::EITR(0), *eitr);
  igb_handle_icr(icr);
  schedule_poll(q);
}

void IgbAdapter::igb_intr() {
  spend(path::igb_intr);
  QVector& q = *q_vectors_[0];
  const std::uint32_t icr = hw_.rd32(hw_.row().icr);
  if ((icr & reg::icr::INTA) == 0) return;  // somebody else's on a shared line
  if (const auto eitr = igb_write_itr(q.itr)) hw_.wr32(reg::EITR(0), *eitr);
  igb_handle_icr(icr);
  schedule_poll(q);
}

// --- poll ----------------------------------------------------------------------------------------

int QVector::poll(int budget) { return adapter.igb_poll(*this, budget); }

// Of a poll that is over; `received` and `sent` were the counts of its rings before.
void IgbAdapter::count_poll(const QVector& q, std::uint64_t received, std::uint64_t sent, bool complete) {
  PollCounts& c = polls_[q.v_idx];
  const std::uint64_t rx = q.rx_ring != nullptr ? q.rx_ring->stats.packets - received : 0;
  const std::uint64_t tx = q.tx_ring != nullptr ? q.tx_ring->stats.packets - sent : 0;
  ++c.polls;
  c.empty_polls += rx + tx == 0;
  c.rx_packets += rx;
  c.tx_packets += tx;
  ++(complete ? c.completes : c.budget_exhausted);
}

std::span<const PollCounts> IgbAdapter::poll_counts() const {
  std::size_t n = polls_.size();
  while (n > q_vectors_.size() && polls_[n - 1].polls == 0) --n;
  return {polls_.data(), n};
}

int IgbAdapter::igb_poll(QVector& q, int budget) {
  const FunctionSpan span(kernel_, "igb_poll");
  if (kernel_.journeys() != nullptr) q.stamps.polling = kernel_.moment();
  spend(path::igb_poll);
  bool complete = true;
  const std::uint64_t sent = q.tx_ring != nullptr ? q.tx_ring->stats.packets : 0;
  const std::uint64_t received = q.rx_ring != nullptr ? q.rx_ring->stats.packets : 0;
  if (q.tx_ring != nullptr) complete = igb_clean_tx_irq(q);
  if (q.rx_ring != nullptr) complete &= igb_clean_rx_irq(q, budget);
  kernel_.sync();  // for the counts
  count_poll(q, received, sent, complete);
  if (!complete) return budget;  // path-map B-129
  core_.napi_complete(q);
  igb_ring_irq_enable(q);
  return 0;
}

}  // namespace niclab::igb
