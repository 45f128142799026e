// The igb-class driver of one port of an I350, or of one of its relatives in device_table.hpp.
//
// Reading order: probe.cpp, open.cpp, setup.cpp (bring-up), tx.cpp, irq.cpp, rx.cpp (the path of a packet),
// itr.cpp, watchdog.cpp, stats.cpp, ethtool.cpp; hardware.hpp is the layer below.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/pci.hpp"
#include "driver/config.hpp"
#include "driver/ethtool.hpp"
#include "driver/hardware.hpp"
#include "driver/pci_state.hpp"
#include "driver/ptp.hpp"
#include "driver/ring.hpp"
#include "driver/stats.hpp"
#include "stack/net_device.hpp"
#include "stack/skbuff.hpp"

namespace niclab::igb {

class IgbAdapter;

struct ProbeResult {
  std::unique_ptr<IgbAdapter> adapter;  ///< nullptr when error != 0
  int error = 0;                        ///< negative errno
  std::string reason;                   ///< what the driver had against the card, if it said so
};

/// Binds the driver to a port: identifies and resets it, checks its NVM, registers interface `name` (path-map
/// A-08, fact base 5.1). From a task. The adapter must outlive every sk_buff it received. -ENODEV: not in
/// device_table.hpp; -EBUSY: another driver's; -EIO: no answer, bad NVM checksum or MAC address, no usable
/// DMA mask; -EOPNOTSUPP: not a copper port.
ProbeResult igb_probe(PciDevice& pdev, stack::NetdevCore& core, std::string name,
                      const IgbConfig& config = {});

/// Driver state shared with its kernel worker, which outlives a dying adapter.
struct Worker {
  WaitQueue queue;
  unsigned pending = 0;  ///< WorkItem bits
  bool busy = false;     ///< runs one now
  IgbAdapter* adapter = nullptr;
};
enum WorkItem : unsigned { kWatchdogTask = 1, kResetTask = 2, kPtpTxWork = 16, kPtpOverflowCheck = 32 };

class IgbAdapter final : public stack::NetDevice, private PciErrorHandler {
 public:
  IgbAdapter(PciDevice& pdev, stack::NetdevCore& core, std::string name, const IgbConfig& config);
  ~IgbAdapter() override;
  IgbAdapter(const IgbAdapter&) = delete;
  IgbAdapter& operator=(const IgbAdapter&) = delete;

  /// Closes the interface if need be and gives everything back (path-map A-35). From a task.
  void igb_remove();

  // --- net_device_ops ----------------------------------------------------------------------------
  int ndo_open() override;
  int ndo_stop() override;
  stack::NetdevTx ndo_start_xmit(stack::SkbPtr& skb) override;
  void ndo_set_rx_mode() override { igb_set_rx_mode(); }
  void ndo_tx_timeout() override;
  int ndo_change_mtu(std::uint32_t new_mtu) override;
  int ndo_hwtstamp_set(stack::HwtstampConfig& wanted) override {
    return ptp_.index() >= 0 ? ptp_.set_ts_config(wanted) : -EOPNOTSUPP;
  }
  stack::PtpClock* ptp_clock() override { return ptp_.index() >= 0 ? &ptp_ : nullptr; }
  /// Reads the device's counters first, as igb does. From a task.
  stack::DeviceStats ndo_get_stats64() override;
  /// The same without the lock that ndo_get_stats64() takes: for an observer after the run, when time stands
  /// still and a task may have been stopped with the lock in its hands.
  void igb_read_stats();
  /// Register counters are those of the last watchdog run or ndo_get_stats64().
  std::vector<std::pair<std::string, std::uint64_t>> ethtool_stats() override;
  /// What ndo_get_stats64() and ethtool_stats() would say now, for an observer who changes nothing.
  StatsSnapshot observe_stats(const RegisterPeek& peek) const;
  std::vector<std::pair<std::string, std::uint64_t>> ethtool_stats(const StatsSnapshot& s) const;

  // --- ethtool_ops: 0 or a negative errno. From a task. ------------------------------------------
  Coalesce get_coalesce() const;
  int set_coalesce(const Coalesce& wanted);
  RingParam get_ringparam() const;
  int set_ringparam(const RingParam& wanted);
  Channels get_channels() const;
  int set_channels(unsigned combined);
  DriverInfo get_drvinfo() const;
  /// Bytes of the NVM, low byte of each word first (ethtool -e). -EINVAL: outside it; else what reading says.
  int get_eeprom(unsigned offset, std::span<std::uint8_t> bytes);
  /// Writes them (ethtool -E), then all checksums. `magic` is the device and vendor ID; else -EFAULT.
  int set_eeprom(std::uint32_t magic, unsigned offset, std::span<const std::uint8_t> bytes);
  unsigned get_eeprom_len() const { return 2 * hw_.nvm_words(); }
  PauseParam get_pauseparam() const;
  /// Number of the PTP hardware clock (ethtool -T), -1: none.
  int phc_index() const { return ptp_.index(); }
  /// Without autoneg the pause switches go straight into the MAC; with it the link is set up anew and they
  /// are ignored, as in igb. 0.
  int set_pauseparam(const PauseParam& wanted);
  /// What is asked for, and what the link has.
  LinkSettings get_link_settings() const;
  /// The next negotiation offers symmetric PAUSE.
  bool offers_pause() const;
  /// Sets the link up anew. -EINVAL: nothing to offer, a mode that is not there, 1000 Mb/s half duplex, or
  /// firmware forbids it. 1000 Mb/s full duplex is negotiated even if it is to be forced, as in igb.
  int set_link_settings(const LinkSettings& wanted);
  /// Energy-efficient Ethernet, read from MAC and PHY. From a task.
  int get_eee(Eee& eee);
  /// Restarts the negotiation (ethtool -r).
  int nway_reset();
  /// Blinks the port's LEDs for so many seconds (ethtool -p).
  int set_phys_id(unsigned seconds);
  /// The redirection table (ethtool -x / -X): the receive queue of each hash index. -EINVAL: wrong size, or a
  /// queue that is not there.
  const RxIndirection& get_rxfh_indir() const { return rss_indir_; }
  int set_rxfh_indir(std::span<const unsigned> queues);
  /// Whether ports take part in the hash of UDP over IPv4 (ethtool -n / -N); else addresses alone do.
  bool rss_udp_ports() const { return rss_udp_ports_; }
  int set_rss_udp_ports(bool on);

  /// ethtool -t: the parts that igb_diag_test runs, offline with the interface closed meanwhile, and seconds
  /// of waiting (fact base 2.2, 2.6.1).
  SelfTest diag_test(bool offline);
  /// WUFC filters that wake the host from suspension (wufc::); -EOPNOTSUPP: not this card, or not such ones.
  std::uint32_t get_wol() const { return wol_; }
  bool wol_supported() const { return wol_supported_; }
  int set_wol(std::uint32_t filters);

  // --- power and reset of the function: 0 or a negative errno. From a task. -----------------------
  /// To D3hot and back (igb_suspend, igb_resume). -EBUSY: suspended already, or not there. An open interface
  /// stays open for the stack.
  int igb_suspend();
  int igb_resume();
  /// echo 1 > /sys/bus/pci/devices/.../reset: a function-level reset under the driver, which sets up anew.
  /// -ENODEV: the device is not there or has no power.
  int pci_reset_function();
  PciAddress pci_address() const { return pdev_.address(); }

  // --- contexts the machine enters ---------------------------------------------------------------
  int igb_poll(QVector& q_vector, int budget);  ///< softirq (path-map B-122, C-24)
  /// The end of every handler that serves rings: the poll does the rest.
  void schedule_poll(QVector& q);
  void igb_msix_ring(QVector& q_vector);                    ///< hard interrupt (C-06)
  void igb_watchdog_task();                                 ///< worker, every 2 s (A-18)
  void igb_reset_task();                                    ///< worker
  void igb_ptp_tx_work() { ptp_.tx_work(); }                ///< worker
  void igb_ptp_overflow_check() { ptp_.overflow_check(); }  ///< worker

  // --- for reports and tests ---------------------------------------------------------------------
  unsigned num_queues() const { return static_cast<unsigned>(rx_rings_.size()); }
  bool queue_pairs() const { return queue_pairs_; }
  bool msix_enabled() const { return msix_enabled_; }
  const TxRing& tx_ring(unsigned i) const { return *tx_rings_[i]; }
  const RxRing& rx_ring(unsigned i) const { return *rx_rings_[i]; }
  const std::vector<std::unique_ptr<QVector>>& q_vectors() const { return q_vectors_; }
  QVector& q_vector(unsigned i) { return *q_vectors_[i]; }
  const HwStats& hw_stats() const { return hw_stats_; }
  std::uint64_t tx_timeout_count() const { return tx_timeout_count_; }
  LinkState link() const { return link_; }
  /// By vector of rings, from probe on; those of vectors that are no more too.
  std::span<const PollCounts> poll_counts() const;
  /// From now on `meter` is told of transmit descriptors: from the doorbell until they are cleaned.
  void measure_tx_rings(BufferMeter& meter) { tx_meter_ = &meter; }
  /// The run is over: what is still in the rings has been there until `end`.
  void settle_meters(Time end);

 private:
  friend ProbeResult igb_probe(PciDevice&, stack::NetdevCore&, std::string, const IgbConfig&);

  // probe.cpp
  int probe();
  int refuse(const char* reason);
  const std::string& probe_reason() const { return reason_; }
  int pci_setup();
  void read_wol();
  int sw_init();
  void start_worker();

  void cancel_work();
  void device_vanished();

  // irq.cpp: interrupt scheme and handlers (path-map)
  void set_interrupt_capability(bool msix);
  void reset_interrupt_capability();
  std::string_view interrupt_kind() const;
  void init_interrupt_scheme(bool msix);
  void clear_interrupt_scheme();
  void alloc_q_vectors();
  void add_q_vector(unsigned v_count, std::optional<unsigned> rx, std::optional<unsigned> tx);
  int igb_request_irq();
  int igb_request_msix();
  int fall_back_to_single();
  void igb_free_irq();
  void igb_configure_msix();
  void igb_assign_vector(QVector& q_vector, unsigned msix_vector);
  void igb_write_ivar(unsigned msix_vector, unsigned index, unsigned shift);
  void igb_irq_enable();
  void igb_irq_disable();
  void igb_ring_irq_enable(QVector& q_vector);
  void igb_msix_other();
  void igb_intr_msi();
  void igb_intr();
  void igb_handle_icr(std::uint32_t icr);
  void igb_tsync_interrupt();

  // open.cpp
  int igb_open();
  void igb_close();
  void igb_up();
  void igb_down();
  void igb_start();
  void igb_reset();
  void igb_reinit_locked();
  void igb_power_up_link();
  void power_down_if_closed();
  void begin_reconfiguration();
  void end_reconfiguration();

  // power.cpp
  bool igb_shutdown(std::uint32_t wanted);
  void igb_arm_wakeup(std::uint32_t wanted);
  int igb_reinit();
  PciErsResult error_detected(PciChannelState state) override;
  PciErsResult slot_reset() override;
  void resume() override;

  // self_test.cpp: each returns what ethtool prints, 0 for passed
  SelfTest offline_test();
  std::uint64_t igb_reg_test();
  std::uint64_t igb_eeprom_test();
  std::uint64_t igb_intr_test();
  std::uint64_t igb_test_causes(bool shared);
  std::uint64_t igb_loopback_test();
  std::uint64_t igb_run_loopback_test(TxRing& tx, RxRing& rx);
  unsigned igb_clean_test_rings(TxRing& tx, RxRing& rx);
  std::uint64_t igb_link_test();
  bool reg_pattern_test(reg::Offset offset, std::uint32_t mask, std::uint32_t write);
  bool reg_set_and_check(reg::Offset offset, std::uint32_t mask, std::uint32_t write);
  std::uint32_t caused_by(std::uint32_t causes);
  void igb_test_intr() { test_icr_ |= hw_.rd32(hw_.row().icr); }

  // setup.cpp: rings and registers behind them (fact base 5.3)
  void igb_setup_tx_resources(TxRing& ring, unsigned count);  // throws std::bad_alloc
  void igb_setup_rx_resources(RxRing& ring, unsigned count);
  void igb_free_tx_resources(TxRing& ring);
  void igb_free_rx_resources(RxRing& ring);
  void igb_setup_all_tx_resources();
  void igb_setup_all_rx_resources();
  void igb_free_all_tx_resources();
  void igb_free_all_rx_resources();
  void igb_clean_tx_ring(TxRing& ring);
  void igb_clean_rx_ring(RxRing& ring);
  void igb_configure();
  void igb_get_hw_control();
  void igb_release_hw_control();
  void igb_restore_vlan();
  void igb_setup_tctl();
  void igb_setup_mrqc();
  void igb_default_rss_indir();
  void igb_write_rss_indir();
  std::uint32_t mrqc() const;
  void igb_setup_rctl();
  void igb_configure_tx();
  void igb_configure_rx();
  void igb_configure_tx_ring(TxRing& ring);
  void igb_configure_rx_ring(RxRing& ring);
  void igb_set_rx_mode();

  void count_poll(const QVector& q, std::uint64_t received, std::uint64_t sent, bool complete);

  // tx.cpp
  void tx_ring_published(TxRing& ring, unsigned first, unsigned tail);
  void tx_ring_cleaned(TxRing& ring, unsigned end, Time now);
  stack::NetdevTx igb_xmit_frame_ring(stack::SkbPtr& skb, TxRing& ring);
  std::uint32_t igb_tx_csum(TxRing& ring, const stack::SkBuff& skb);
  bool igb_tx_map(TxRing& ring, unsigned first, std::uint32_t popts, std::uint32_t tstamp);
  void igb_tx_unwind(TxRing& ring, unsigned first, unsigned end);
  void igb_tx_publish(TxRing& ring, unsigned first, unsigned last);
  bool igb_maybe_stop_tx(TxRing& ring, unsigned wanted);
  bool igb_clean_tx_irq(QVector& q_vector);
  void igb_unmap_tx(TxBuffer& buffer);
  bool igb_tx_hang(TxRing& ring);
  void igb_report_hang(const TxRing& ring, std::uint64_t since, std::uint64_t jiffies);

  // rx.cpp
  void igb_alloc_rx_buffers(RxRing& ring, unsigned cleaned_count);
  bool igb_alloc_mapped_page(RxRing& ring, RxBuffer& buffer);
  JourneyId take_journey(QVector& q, unsigned index);
  bool igb_clean_rx_irq(QVector& q_vector, int budget);
  void igb_fetch_rx_buffer(RxRing& ring, const hw::AdvRxWriteback& wb, JourneyId journey);
  stack::SkbPtr igb_wrap_rx_buffer(RxRing& ring, RxBuffer& buffer, std::byte* data, std::uint32_t size);
  void igb_reuse_rx_page(RxRing& ring, RxBuffer& buffer);
  bool igb_cleanup_headers(stack::SkBuff& skb, const hw::AdvRxWriteback& wb);
  void igb_rx_hwtstamp(RxRing& ring, stack::SkBuff& skb);
  void igb_process_skb_fields(RxRing& ring, stack::SkBuff& skb, const hw::AdvRxWriteback& wb, unsigned index);
  void igb_rx_checksum(RxRing& ring, stack::SkBuff& skb, const hw::AdvRxWriteback& wb);

  // watchdog.cpp
  void schedule_work(unsigned items);
  void watchdog_expired() { schedule_work(kWatchdogTask); }
  void log_link(const std::string& what);
  void ptp_overflow_due() { schedule_work(kPtpOverflowCheck); }
  void igb_link_up();
  void igb_link_down();
  bool igb_check_tx_rings();

  // stats.cpp
  void igb_update_stats();
  void igb_read_hw_stats(HwStats& into);
  void igb_fill_net_stats(stack::DeviceStats& n, const HwStats& h) const;

  std::uint32_t itr_setting(const QVector& q_vector) const {
    return q_vector.rx_ring != nullptr ? rx_itr_setting_ : tx_itr_setting_;
  }
  std::uint32_t max_frame_size() const { return mtu + 22; }  // Ethernet header, VLAN tag, FCS
  void spend(unsigned path_instructions) { kernel_.charge(kernel_.cost.instructions(path_instructions)); }
  void log(const std::string& line) { kernel_.log("igb " + line); }

  PciDevice& pdev_;
  stack::NetdevCore& core_;
  Kernel& kernel_;
  const IgbConfig config_;
  Hardware hw_;
  IgbPtp ptp_;
  stack::BufferPool pages_;
  std::shared_ptr<Worker> worker_;
  Timer watchdog_timer_;
  // interrupt scheme
  unsigned queues_ = 1;       // RX queues, and TX queues
  bool queue_pairs_ = false;  // IGB_FLAG_QUEUE_PAIRS
  bool msix_enabled_ = false;
  bool msi_enabled_ = false;  // IGB_FLAG_HAS_MSI
  bool irqs_requested_ = false;
  std::uint32_t eims_enable_mask_ = 0, eims_other_ = 0;
  std::vector<std::unique_ptr<TxRing>> tx_rings_;
  std::vector<std::unique_ptr<RxRing>> rx_rings_;
  std::vector<std::unique_ptr<QVector>> q_vectors_;
  // settings
  unsigned tx_ring_count_, rx_ring_count_;
  std::uint32_t rx_itr_setting_, tx_itr_setting_;
  bool fc_autoneg_ = true;
  bool rss_udp_ports_;
  RxIndirection rss_indir_{};
  unsigned rss_indir_queues_ = 0;  // the number of queues the table was made for
  // state
  bool down_ = true;        // __IGB_DOWN
  bool resetting_ = false;  // __IGB_RESETTING
  bool running_ = false;    // between ndo_open and ndo_stop
  bool testing_ = false;    // __IGB_TESTING
  bool suspended_ = false;
  bool reopen_ = false;              // igb_reinit opens the interface
  bool channel_offline_ = false;     // pci_channel_offline
  std::string fw_version_, reason_;  // the latter: why probe() failed
  bool wol_supported_ = false;       // IGB_FLAG_WOL_SUPPORTED
  std::uint32_t wol_ = 0;            // WUFC
  std::uint32_t test_icr_ = 0;
  PciSavedState saved_state_;
  bool owns_regions_ = false;
  LinkState link_;
  unsigned tx_timeout_factor_ = 1;  // seconds
  // statistics
  SpinLock stats_lock_;
  HwStats hw_stats_;
  stack::DeviceStats net_stats_;
  std::uint64_t tx_timeout_count_ = 0, doosync_ = 0;
  std::array<PollCounts, 2 * kMaxQueues> polls_{};  // by vector
  BufferMeter* tx_meter_ = nullptr;
  std::uint64_t tx_published_ = 0;  // of all rings
};

}  // namespace niclab::igb
