// One port of the I350: its functional units (hw/) wired together in time.
//
// Everything here happens at instants of the 125 MHz grid, in calendar events of this port. The file is split
// by what a packet meets and by the chapters of the register map (hw/registers.hpp, Chapter).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/pci.hpp"
#include "hw/csr_file.hpp"
#include "hw/flow_control.hpp"
#include "hw/free_running_timer.hpp"
#include "hw/header_split.hpp"
#include "hw/interrupt_causes.hpp"
#include "hw/interrupt_delivery.hpp"
#include "hw/mac_filter.hpp"
#include "hw/mac_timing.hpp"
#include "hw/packet_parser.hpp"
#include "hw/pci_config.hpp"
#include "hw/phy.hpp"
#include "hw/queue_filters.hpp"
#include "hw/registers.hpp"
#include "hw/rss.hpp"
#include "hw/semaphores.hpp"
#include "hw/spi_eeprom.hpp"
#include "hw/statistics.hpp"
#include "hw/system_time.hpp"
#include "hw/tcp_timer.hpp"
#include "hw/tx_segmenter.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"
#include "tlm/frame.hpp"
#include "tlm/i350/bus_port.hpp"
#include "tlm/i350/config.hpp"
#include "tlm/i350/fetch_arbiter.hpp"
#include "tlm/i350/intr_throttle_unit.hpp"
#include "tlm/i350/outstanding_reads.hpp"
#include "tlm/i350/port_meters.hpp"
#include "tlm/i350/rx_ring_unit.hpp"
#include "tlm/i350/tx_checksum_unit.hpp"
#include "tlm/i350/tx_ring_unit.hpp"
#include "tlm/i350/waves.hpp"

namespace niclab::sim {

/// Where every frame of a port went; a gap is a fault of the model.
struct PortAccount {
  std::uint64_t injected = 0, delivered = 0, filtered = 0, missed = 0, queue_drops = 0, error_drops = 0;
  std::uint64_t rx_inside = 0;  ///< still in the packet buffer at the end
  std::uint64_t handed_to_device = 0, on_the_wire = 0, tx_errors = 0;
  std::uint64_t tx_inside = 0;  ///< still in the device at the end
  /// MAC control frames: kept by the MAC (part of injected), sent by it (not part of on_the_wire).
  std::uint64_t rx_control = 0, tx_control = 0;
};

/// Calendar agents of a port's steps; their order at equal time is this one.
namespace step {
inline constexpr unsigned link = 0, rx_fetch = 1, rx_issue = 2, rx_written = 3, tx_finish = 4, tx_fetch = 5,
                          tx_step = 6, rx_store = 7, tx_store = 8, partner = 9, pause_refresh = 10, mdic = 11,
                          tcp_timer = 12, clock = 20, tx_stamp = 21, read_timeout = 26, stall_end = 27,
                          held = 28;

/// Clocks of Verilated blocks: the checksum unit's, one for each queue's rings, the throttle's.
inline constexpr unsigned checksum_clock = 0, tx_ring_clock = 1, rx_ring_clock = 9, throttle_clock = 17;

inline constexpr unsigned kAgents = 32;
}  // namespace step

class I350Function {
 public:
  I350Function(Engine& engine, BusPort& bus, FramePool& frames, hw::SpiEeprom& eeprom,
               hw::Semaphores& semaphores, unsigned number, unsigned agent, const I350FunctionConfig& config);
  I350Function(const I350Function&) = delete;
  I350Function& operator=(const I350Function&) = delete;

  void power_on(Time t);

  hw::PciConfigSpace& config_space() { return pci_; }
  const hw::PciConfigSpace& config_space() const { return pci_; }
  /// Accesses as they come off the bus, on the grid.
  std::uint32_t read_csr(std::uint32_t offset, Time t);
  void write_csr(std::uint32_t offset, std::uint32_t value, Time t);
  /// Of BAR3; `byte_enable` bit i enables byte i.
  std::uint32_t read_msix(std::uint32_t offset) const { return delivery_.read_table(offset); }
  void write_msix(std::uint32_t offset, std::uint32_t value, unsigned byte_enable, Time t);
  /// Configuration requests are retried while this is false: the NVM is being read, or a function-level reset
  /// is not over (1.3, 4.9).
  bool config_ready(Time t) const { return t >= config_ready_at_; }
  std::uint32_t read_config(std::uint16_t offset);
  void write_config(std::uint16_t offset, std::uint32_t value, unsigned byte_enable, Time t);
  /// Of the I/O BAR: IOADDR and IODATA (1.3). `offset` is DWORD aligned.
  std::uint32_t read_io(std::uint32_t offset, Time t);
  void write_io(std::uint32_t offset, std::uint32_t value, Time t);
  /// CTRL.DEV_RST was written, by this function's software (`own`) or another's: then this one keeps its
  /// interrupt registers, by which it tells its software (fact base 4.9).
  void device_reset(Time t, bool own);

  /// The last bit of a frame reached the MAC at `end` (not rounded). Takes over the reference.
  void receive_frame(Time end, Frame* frame, JourneyId journey = JourneyId::none);
  /// Measurement: a CPU posted the write that follows at `t`, and its TLP was on the link from `start` to
  /// `end`.
  void posted_at(Time t, Time start, Time end) { write_posted_ = {t, start, end}; }
  /// A read asked for with BusPort::read is answered.
  void read_completed(Time t, const ReadAnswer& answer);

  // --- what goes wrong (bus_errors.cpp; docs/i350.md, "Errors and resets") --------------------------
  /// The function found an error on the bus: status bits, AER, and a message upstream if one is due.
  void bus_error(hw::PciError error, hw::ErrorRole role, const hw::TlpHeader& header, Time t);
  /// A poisoned request arrived, and was thrown away.
  void poisoned_request(const hw::TlpHeader& header, Time t);
  struct ErrorCounts {
    std::uint64_t correctable = 0, nonfatal = 0, fatal = 0;  ///< messages sent
    std::array<std::uint64_t, 64> found{};                   ///< by hw::PciError
  };
  const ErrorCounts& errors() const { return errors_; }
  /// What a scenario breaks; each at an instant of the grid. A memory loses bits that cannot be corrected.
  void break_memory(Time t);
  /// Transmit descriptors are neither taken nor written back for `d`, or until a reset.
  void stall_transmit(Time t, Duration d);
  /// The next `count` frames received have a wrong FCS.
  void damage_frames(std::uint64_t count) { damage_frames_ += count; }
  /// As if CTRL.RST had been written, but no software knows.
  void surprise_reset(Time t);
  /// The PCIe link was down: all of the function but its sticky bits starts as at power-on.
  void fundamental_reset(Time t);
  /// The wire brings no end of the last frame that was received and has not ended.
  void frame_truncated();

  void attach_stamps(DescriptorStamps& rx, DescriptorStamps& tx) { rx_stamps_ = &rx, tx_stamps_ = &tx; }
  const hw::Statistics& statistics() const { return statistics_; }
  PortAccount account() const;
  /// Before the run: from now on the port has meters.
  void measure() { meters_ = std::make_unique<PortMeters>(); }
  PortMeters* meters() { return meters_.get(); }
  /// The run is over: what is still inside has stayed until `end`.
  void settle_meters(Time end);
  const DmaCounts& dma_counts() const { return dma_; }
  /// The run is over: the clocks of Verilated blocks come up to its end.
  void finish(Time end);
  /// What the Verilated blocks did; empty for a unit that is a model.
  RtlCounters tx_ring_counters() const;
  RtlCounters rx_ring_counters() const;
  RtlCounters tx_checksum_counters() const { return tx_checksum_.counters(); }
  RtlCounters intr_throttle_counters() const { return throttle_.counters(); }
  bool link_up(Time t) const { return t >= link_up_from_; }
  /// Speed and duplex of the MAC: the PHY's, unless CTRL.FRCSPD and FRCDPX force others.
  hw::LinkMode link_mode() const { return mac_mode_; }
  /// What SYSTIM shows at `t`.
  hw::SystemTime::Value system_time(Time t) const { return system_time_.at(t); }
  /// What the PHY says to the other end of the cable.
  const hw::LinkSignal& link_signal() const { return phy_.signal(); }
  /// The other end says this from `t` on (not rounded); `t` lies ahead.
  void partner_will_say(const hw::LinkSignal& s, Time t);
  /// How long a bit takes on the cable.
  void set_cable(Duration propagation);
  /// Nothing in the packet buffers, nothing on its way to or from host memory.
  bool idle() const;
  /// What software did that hardware cannot do, one line each.
  const std::vector<std::string>& faults() const { return faults_; }
  /// After whatever may have changed registers, rings or buffers.
  void show_waves(Time t) {
    if (waves_) [[unlikely]]
      show_state(t);
  }

 private:
  // --- function.cpp ------------------------------------------------------------------------------
  void reset(Time t);
  void reset_all_but_interrupts(Time t);
  void truncate_frame_on_wire(Time t);
  void function_level_reset(Time t);
  /// Requests of the function are unanswered; those from before a reset count.
  bool transactions_pending() const { return rx_fetches_.busy() || tx_fetches_.busy() || tx_reads_ != 0; }
  /// The device may master the bus again.
  void master_enabled_again(Time t);
  bool master_enabled() const {
    return pci_.bus_master_enabled() && (csr_[hw::reg::CTRL] & hw::reg::ctrl::GIO_MASTER_DISABLE) == 0;
  }
  /// The device may move data and descriptors, or those of packets to be sent: master_enabled(), and nothing
  /// is broken.
  bool dma_enabled() const {
    return pci_.bus_master_enabled() &&
           ((csr_[hw::reg::CTRL] & hw::reg::ctrl::GIO_MASTER_DISABLE) | (holds_ & kHoldAll)) == 0;
  }
  bool tx_dma_enabled() const {
    return pci_.bus_master_enabled() &&
           ((csr_[hw::reg::CTRL] & hw::reg::ctrl::GIO_MASTER_DISABLE) | holds_) == 0;
  }
  /// As dma_enabled(), for someone about to master the bus: if software never set the bus-master bit, that is
  /// a fault of the driver, told once until it does.
  bool may_master(const char* what, Time t);
  void fault(std::string what, Time t);

  // --- register accesses of each chapter, in its file ---------------------------------------------
  std::uint32_t read_general(const hw::reg::Target& r, Time t);
  void write_general(const hw::reg::Target& r, std::uint32_t value, Time t);
  std::uint32_t status(Time t);
  static std::uint32_t i2c_lines(std::uint32_t params);
  void write_ctrl(std::uint32_t value, Time t);
  std::uint32_t read_nvm(const hw::reg::Target& r, Time t);
  void write_nvm(const hw::reg::Target& r, std::uint32_t value, Time t);
  std::uint32_t read_eecd(Time t);
  void write_eecd(std::uint32_t value, Time t);
  void write_eerd(std::uint32_t value, Time t);
  bool nvm_granted(Time t) { return semaphores_.nvm_granted(number_, t) && t >= nvm_granted_at_; }
  /// Reads the port's section of the NVM into the registers it decides; at resets and CTRL_EXT.EE_RST.
  void load_nvm(Time t);
  /// The port lets go of the EEPROM; a reset takes it away, in the middle of a transfer too.
  void release_nvm(Time t);
  void abort_nvm(Time t);
  std::uint32_t read_link(const hw::reg::Target& r, Time t);
  void write_link(const hw::reg::Target& r, std::uint32_t value, Time t);
  std::uint32_t read_flow_control(const hw::reg::Target& r, Time t);
  void write_flow_control(const hw::reg::Target& r, std::uint32_t value, Time t);
  void write_mdic(std::uint32_t value, Time t);
  std::uint32_t mdic(std::uint32_t written, Time t);
  void mdic_event(Time t, std::uint32_t);
  void offer_eee();
  std::uint32_t read_interrupts(const hw::reg::Target& r, Time t);
  void write_interrupts(const hw::reg::Target& r, std::uint32_t value, Time t);
  void write_receive_filters(const hw::reg::Target& r, std::uint32_t value, Time t);
  void update_rx_setup(Time t);
  void update_rx_minimum(unsigned q, Time t);
  std::uint32_t read_receive_queues(const hw::reg::Target& r, Time t);
  void write_receive_queues(const hw::reg::Target& r, std::uint32_t value, Time t);
  void write_rdt(unsigned n, std::uint32_t value, Time t);
  void write_rxdctl(unsigned n, std::uint32_t value, Time t);
  std::uint32_t read_transmit(const hw::reg::Target& r, Time t);
  void write_transmit(const hw::reg::Target& r, std::uint32_t value, Time t);
  void tail_moved(unsigned n, unsigned before, Time t);
  void tx_place_ring(unsigned n, Time t);
  void tx_switch_off(unsigned n, Time t);
  void write_txdctl(unsigned n, std::uint32_t value, Time t);
  std::uint32_t read_statistics(const hw::reg::Target& r);
  std::uint32_t read_time_sync(const hw::reg::Target& r, Time t);
  void write_time_sync(const hw::reg::Target& r, std::uint32_t value, Time t);

  // --- receive.cpp -------------------------------------------------------------------------------
  enum class RxState : std::uint8_t { idle, waiting_ready, waiting_descriptor, waiting_writeback, issuing };
  /// A frame in the packet buffer.
  struct RxEntry {
    Frame* frame = nullptr;  ///< as it will lie in host memory
    Time ready{};
    Time arrived{};
    std::uint32_t offset = 0;  ///< bytes already written to the host
    std::uint32_t number = 0;  ///< FrameEvent::packet
    std::uint32_t hash = 0;
    std::uint32_t ptype_rss = 0;
    std::uint32_t status = 0;
    std::uint32_t wire_length = 0;  ///< with FCS
    JourneyId journey{};
    std::uint16_t header = 0;   ///< bytes of the frame that header split takes as its header; 0: not split
    std::uint16_t vlan = 0;     ///< the tag that was stripped, for the descriptor
    std::uint8_t strip_at = 0;  ///< where a tag has to be taken out; 0: nowhere
    std::uint8_t queue = 0;
    bool counted_rnbc = false;
    hw::DestinationKind kind = hw::DestinationKind::unicast;
  };
  /// What registers say about the packets of a queue, worked out when they are written.
  struct RxSetup {
    hw::RxBuffers buffers;
    std::uint32_t psrtype = 0;
    bool drop = false;  ///< SRRCTL.DROP_EN or QDE
    bool strip_vlan = false, hide_vlan = false, strip_fcs = false;
    unsigned minimum = 0;           ///< free descriptors at which RXDMT0 comes; 0: never
    bool as_received = false;       ///< nothing to do to a frame, unless a tag has to go
    bool packet_checksum = false;   ///< the write-back has a checksum over the stored bytes
    bool stamps = false;            ///< TSYNCRXCTL.EN
    bool stamps_in_packet = false;  ///< and SRRCTL.TIMESTAMP: a header in front of the packet
  };
  enum class RxVerdict : std::uint8_t { accepted, filtered, error };
  std::uint32_t receive_buffer_bytes() const;
  void frame_event(Time t, std::uint32_t);
  void accept(Frame* frame, JourneyId journey, Time t);
  bool length_accepted(const Frame& frame, std::uint32_t length);
  bool length_field_error(const hw::ParsedPacket& packet);
  RxVerdict classify(RxEntry& e);
  bool choose_queue(RxEntry& e, const hw::ParsedPacket& packet);
  void store(RxEntry& e);
  Frame* stored_image(const RxEntry& e, const RxSetup& setup);
  /// Bytes of the packet buffer a frame of that length, FCS included, takes.
  std::uint32_t rx_occupancy(std::uint32_t wire_length) const {
    const std::uint32_t unit = config_.quirks.rx_buffer_unit;
    return (wire_length + unit - 1) & ~(unit - 1);
  }
  /// The only places where the occupancy of the packet buffer changes, but for a reset.
  void rx_fifo_add(std::uint32_t bytes, Time t);
  void rx_fifo_remove(std::uint32_t bytes, Time t);
  void rx_next(Time t);
  bool rx_short_of_descriptors(const RxEntry& e, Time t);
  void rx_starved(Time t);
  void rx_drop(Time t);
  void rx_retry(Time t);
  void rx_issue(Time t, std::uint32_t);
  Time rx_write(Time t, std::uint64_t address, const RxEntry& e, std::uint32_t offset, std::uint32_t length);
  void rx_written(Time t, std::uint32_t);
  hw::Descriptor rx_result(const RxEntry& e, bool last) const;
  void rx_pop(Time t);
  void rx_writeback(unsigned q, bool flush, Time t);

  // --- transmit.cpp ------------------------------------------------------------------------------
  /// A packet, or a segment of one, in the transmit buffer: from its first descriptor until its bytes are
  /// there.
  struct TxPacket {
    /// What only some packets ask for: bits of `extras`.
    static constexpr std::uint8_t kTag = 1, kOwnFcs = 2, kLegacyChecksum = 4, kSegment = 8, kTimeStamp = 16;

    Frame* frame = nullptr;
    std::uint32_t filled = 0;  ///< bytes of the frame asked for so far
    std::uint32_t pending_reads = 0;
    std::uint32_t generation = 0;  ///< of its queue: after a reset its descriptors are nobody's
    std::uint8_t queue = 0;
    std::uint8_t extras = 0;
    bool issued = false;  ///< all its bytes are asked for
    bool failed = false;
    bool ixsm = false, txsm = false;
    hw::AdvTxContext context;
    std::uint16_t eop_index = 0;
    std::uint16_t descriptors = 0;  ///< done with it; none with a segment that is not the last
    std::uint16_t tag = 0;          ///< kTag
    std::uint8_t css = 0, cso = 0;  ///< kLegacyChecksum
    std::uint8_t segmentation = 0;  ///< kSegment: index of tx_segmentations_
    hw::TxSegment segment;          ///< kSegment

    void start() {
      frame = nullptr;
      filled = pending_reads = 0;
      issued = failed = ixsm = txsm = false;
      eop_index = descriptors = extras = 0;
    }
  };
  struct TxOnWire {
    Frame* frame = nullptr;
    std::uint8_t queue = 0;
    std::uint8_t extras = 0;
    std::uint16_t tag = 0;
    std::uint32_t buffer_bytes = 0;
    Time ready{};
  };
  /// The packet that takes descriptors.
  struct TxBuilding {
    std::uint8_t queue = 0;
    std::uint8_t segmentation = 0;
    std::uint32_t generation = 0;  ///< of its queue, when it began
    bool legacy = false, segmented = false;
    bool open = false;    ///< the newest slot takes its bytes
    bool failed = false;  ///< nothing more is fetched for it
    std::uint16_t descriptors = 0;
    std::uint16_t last_index = 0;  ///< of its descriptor taken last
    std::uint32_t left = 0;        ///< bytes promised and not yet described
  };
  /// A super-packet: from its first descriptor to the end of its last segment.
  struct TxSegmentation {
    hw::TxSegmenter segmenter;
    Frame* header = nullptr;          ///< the prototype
    std::uint32_t header_filled = 0;  ///< bytes of it asked for so far
    std::uint8_t extras = 0;
    bool ixsm = false, txsm = false;
    bool failed = false;  ///< what of it has not left yet will not
  };
  static constexpr unsigned kTxSlots = 32;
  static constexpr unsigned kTxSegmentations = 64;      ///< more than have slots, and one that is being built
  static constexpr std::uint32_t kLongestFrame = 9728;  ///< bytes with FCS, fact base 0.3
  static constexpr std::uint32_t kEthernetHeader = 14;  ///< bytes; what is shorter is no packet
  bool tx_enabled() const { return (csr_[hw::reg::TCTL] & hw::reg::tctl::EN) != 0; }
  bool tx_mac_enabled() const { return tx_enabled() || !config_.quirks.tctl_en_holds_buffer; }
  void tx_kick(Time t);
  void tx_step(Time t, std::uint32_t);
  bool tx_process_descriptor(Time t);
  unsigned tx_next_of(unsigned set, Time t);
  unsigned tx_choose_queue(Time t);
  std::uint32_t tx_longest() const;
  bool tx_room_for(std::uint32_t bytes) const;
  bool tx_room_for(unsigned q, const hw::Descriptor& next, hw::TxDescriptorType type) const;
  bool tx_take_descriptor(Time t);
  bool tx_take_context(unsigned q, const hw::TakenDescriptor& taken, Time t);
  bool tx_take_data(unsigned q, const hw::TakenDescriptor& taken, Time t);
  bool tx_take_buffer(unsigned index, DmaAddress buffer, std::uint32_t length, bool last, Time t);
  TxPacket& tx_new_slot(unsigned q, std::uint32_t bytes, std::uint32_t room = 0);
  void tx_begin(unsigned q);
  void tx_start_packet(unsigned q, const hw::AdvTxData& data, unsigned index, Time t);
  static std::uint8_t tx_extras(const hw::AdvTxData& data);
  static std::uint8_t tx_extras(bool vle, bool ifcs);
  void tx_refuse(unsigned index, const std::string& why, Time t);
  void tx_refuse_length(unsigned index, std::uint32_t bytes, Time t);
  bool tx_stop_queue(unsigned q, unsigned index, const std::string& why, Time t);
  void tx_abandon_building(Time t);
  bool tx_last_descriptor();
  void tx_close_packet(bool failed);
  std::uint32_t tx_read(TxPacket& p, Frame* into, std::uint32_t offset, std::uint32_t most, Time t);
  bool tx_wait_for_read(Time t);
  bool tx_issue_reads(Time t);
  /// The packet begun last.
  unsigned tx_most_reads() const { return std::min(bus_.payload_reads(), config_.quirks.payload_reads); }
  unsigned tx_newest_slot() const { return (tx_head_ + tx_count_ - 1) % kTxSlots; }
  TxPacket& tx_newest() { return tx_slots_[tx_newest_slot()]; }
  bool tx_front_complete() const {
    const TxPacket& p = tx_slots_[tx_head_];
    return tx_count_ != 0 && p.issued && p.pending_reads == 0;
  }
  void tx_finish_ready(Time t);
  void schedule_tx_finish(Time t);
  void tx_finish_event(Time t, std::uint32_t);
  void tx_finish(TxPacket& p, Time t);
  void tx_count_error(unsigned q);
  void tx_refuse_offload(TxPacket& p, hw::TxChecksumResult r, Time t);
  void tx_finish_extras(TxPacket& p, Frame& frame);
  void tx_to_mac(const TxPacket& p, Frame* frame, Time t);
  void tx_pad(const TxPacket& p, Frame& frame) const;
  void tx_descriptors_done(unsigned n, unsigned count, Time t);
  void tx_writeback(unsigned q, bool flush, Time t);
  void tx_write_descriptors(unsigned n, hw::TxWriteback burst, Time t);

  // --- segmentation.cpp --------------------------------------------------------------------------
  bool tx_room_for_segment(std::uint32_t bytes) const;
  bool tx_room_for_segments(unsigned q, const hw::AdvTxData& data) const;
  void tx_start_segmentation(const hw::AdvTxData& data, unsigned index, Time t);
  bool tx_open_segment();
  TxPacket& tx_missing_segment();
  bool tx_issue_segments(Time t);
  void tx_finish_segment(TxPacket& p, Frame& frame);

  // --- legacy_transmit.cpp -----------------------------------------------------------------------
  bool tx_room_for_legacy(const hw::LegacyTx& d) const;
  bool tx_take_legacy(unsigned q, const hw::TakenDescriptor& taken, Time t);
  void tx_start_legacy(unsigned q, const hw::LegacyTx& d);
  void tx_command_legacy(const hw::LegacyTx& d);
  void tx_extend_legacy(const hw::LegacyTx& d, unsigned index, Time t);
  std::uint64_t tx_write_legacy(unsigned n, const hw::TxWriteback& burst, Time t);

  // --- mac.cpp -----------------------------------------------------------------------------------
  void tx_mac_start(Time t, std::uint32_t);
  void tx_mac_try(Time t);
  void tx_mac_reconsider(Time t);
  void tx_mac_pause(Time t);
  void tx_dress(const TxOnWire& next, Time t);
  void tx_mac_put(Frame* frame, Time t);
  /// What is sent comes in again: RCTL.LBM, or the PHY's own loopback.
  bool loops_back() const { return loops_back_; }
  void loop_back(Frame* frame, Time end);
  void looped_event(Time t, std::uint32_t);
  void tx_deferred();

  // --- flow_control.cpp --------------------------------------------------------------------------
  static constexpr std::uint32_t kNoControlFrames = ~std::uint32_t{0};  // an EtherType no frame has
  void flow_control_changed(Time t);
  void flow_control_forget(Time t);
  hw::FlowControlAddresses flow_control_addresses() const;
  enum class Control : std::uint8_t { none, passed_on, kept };
  Control take_control_frame(const Frame& frame, Time t);
  void receive_buffer_overflowed(Time t);
  void pause_crossed(Time t);
  void pause_wanted(Time t);
  void schedule_pause_refresh();
  void pause_refresh(Time t, std::uint32_t);
  void software_pause(Time t);

  // --- time_sync.cpp -----------------------------------------------------------------------------
  void reset_time_sync(Time t);
  void put_time(hw::reg::Offset low, hw::reg::Offset high, std::uint64_t ns);
  std::uint32_t latch_system_time(Time t);
  void write_system_time(hw::reg::Offset offset, std::uint32_t value, Time t);
  void adjust_system_time(std::uint32_t high, Time t);
  void write_tsauxc(std::uint32_t value, Time t);
  /// Causes that are set and enabled.
  std::uint32_t time_sync_causes() const { return csr_[hw::reg::TSICR] & csr_[hw::reg::TSIM]; }
  void time_sync_cause(std::uint32_t causes, Time t);
  void time_sync_changed(std::uint32_t before, Time t);
  std::uint64_t target_time(unsigned i) const;
  void schedule_clock_event(Time t);
  void clock_event(Time t, std::uint32_t);
  void target_reached(unsigned i, Time t);
  void auxiliary_stamp(unsigned i, Time t);
  bool pin_level(unsigned pin) const;
  void pins_changed(Time t);
  void tx_stamp_wanted(Time start);
  void tx_stamp(Time t, std::uint32_t);
  void rx_stamp(RxEntry& e, const hw::ParsedPacket& packet, bool marked);
  void rx_insert_stamp(RxEntry& e, const RxSetup& setup);

  // --- descriptor_fetch.cpp ----------------------------------------------------------------------
  template <class Ring>
  friend class FetchArbiter;
  /// The host refused what the queue asked for: it gets no more.
  void descriptors_refused(RxRingUnit& queue, unsigned q, Time t);
  void descriptors_refused(TxRingUnit& queue, unsigned q, Time t);
  /// A read of descriptors is over: `count` of queue `q`, from `first` on, begin to enter the cache, one a
  /// clock; 0 if there were none for it.
  void descriptors_arrived(RxRingUnit& ring, unsigned q, unsigned first, unsigned count, Time t);
  void descriptors_arrived(TxRingUnit& ring, unsigned q, unsigned first, unsigned count, Time t);

  // --- bus_errors.cpp ----------------------------------------------------------------------------
  std::uint16_t requester_id() const;
  void update_read_timeout();
  /// Asks the host for bytes, into `frame` at `offset` or into the TLP; ends with read_over().
  void issue_read(std::uint64_t address, std::uint32_t length, Frame* frame, std::uint32_t offset,
                  const ReadTag& tag, Time t, JourneyId journey = JourneyId::none);
  void watch_reads(Time due);
  void reads_expire(Time t, std::uint32_t);
  bool still_wanted(const ReadTag& tag) const;
  void read_expired(OutstandingRead& r, Time t);
  void unexpected_completion(const ReadAnswer& answer, Time t);
  void read_failed(const ReadTag& tag, std::uint32_t length, const ReadAnswer& answer, Time t);
  void tell_refused(const ReadTag& tag, Time t);
  /// Without `data` it failed.
  void read_over(const ReadTag& tag, std::span<const std::byte> data, Time t);
  void give_up_reads(Time t);
  void stall_ends(Time t, std::uint32_t);
  void write_held(Time t);
  void write_held_transmit(Time t);
  void held_event(Time t, std::uint32_t);
  void holds_end();
  Frame* damaged(Frame* frame);

  // --- interrupts.cpp ----------------------------------------------------------------------------
  void queue_cause(std::optional<unsigned> vector, std::uint32_t legacy, Time t);
  void legacy_cause(std::uint32_t causes, Time t);
  void causes_changed(std::uint32_t active_before, Time t);
  void schedule_grant(Time t);
  void grant_event(Time t, std::uint32_t);
  /// The cause of a queue is one that should not wait for the throttle (fact base 4.6).
  void low_latency_interrupt(std::optional<unsigned> vector, Time t);
  void send_message(const hw::MsixMessage& m, Time t);
  void reset_interrupts(Time t);
  /// Configuration space, GPIE, or whether the device may master the bus changed.
  void interrupt_mode_changed(Time t);
  /// Vectors whose EICR & EIMS is non-zero.
  std::uint32_t interrupt_lines() const;
  /// Tells configuration space, and the host, of INTx and of a pending MSI.
  void show_interrupt_status(Time t);
  void write_tcp_timer(std::uint32_t value, Time t);
  void schedule_tcp_timer();
  void tcp_timer_event(Time t, std::uint32_t);
  void raise_tcp_timer(Time t);
  /// EITR expiry of a vector with write-backs that wait for it.
  void schedule_flush(unsigned vector, Time t);
  void flush_event(Time t, std::uint32_t vector);
  void flush_vector(unsigned vector, Time t, bool raise);
  bool moderated(std::optional<unsigned> vector, Time t) const {
    return vector && throttle_.counter_running(throttle_.msix_mode() ? *vector : 0, t);
  }

  // --- meters.cpp: measurement --------------------------------------------------------------------
  void rx_entered(const RxEntry& e, Time t);
  void rx_left(const RxEntry& e, Time t);
  std::uint64_t tx_frames() const { return tx_count_ + tx_mac_.size() + (tx_mac_releasing_ != 0); }
  void tx_entered(Frame& frame, std::uint32_t bytes, Time t);
  /// Bytes more of a frame that is inside.
  void tx_grew(Frame& frame, std::uint32_t held, std::uint32_t bytes, Time t);
  void tx_left(std::uint32_t bytes, Time since, Time t);
  void read_began(OutstandingRead& r, Time t);
  void read_ended(const OutstandingRead& r, Time t);
  void rx_goes_on(Time t);

  // --- waves.cpp ---------------------------------------------------------------------------------
  void show_state(Time t);
  /// At the end of a step: show_waves.
  struct ShowAfter {
    I350Function& function;
    Time t;
    ~ShowAfter() { function.show_waves(t); }
  };
  // --- journeys.cpp: measurement, each a border in the journey of a packet --------------------------
  void journey_begins(JourneyId id, Stage stage, Time t) {
    if (id != JourneyId::none) [[unlikely]]
      bus_.journeys()->begins(id, stage, t);
  }
  void journey_ends(JourneyId id, Stage stage, Time t) {
    if (id != JourneyId::none) [[unlikely]]
      bus_.journeys()->ends(id, stage, t);
  }
  void journey_dropped(JourneyId id) {
    if (id != JourneyId::none) bus_.journeys()->dropped(id);
  }
  /// Those a write-back of receive queue `q` tells the host of.
  DescriptorRun rx_journeys(unsigned q, const hw::WritebackRun& run) const {
    if (rx_stamps_ == nullptr || !rx_stamps_->followed()) return {};
    return {rx_stamps_, static_cast<std::uint16_t>(q), static_cast<std::uint16_t>(run.index),
            static_cast<std::uint16_t>(run.descriptors.size())};
  }
  /// The tail of transmit queue `q` moved from `from` to `to`.
  void tx_journeys_announced(unsigned q, unsigned from, unsigned to, Time t);
  /// `count` descriptors of transmit queue `q`, from `first` on, begin to enter the cache, one a clock.
  void tx_journeys_fetched(unsigned q, unsigned first, unsigned count, Time t);
  /// The engine takes the last descriptor of the packet, number `index`.
  void tx_journey_taken(unsigned q, unsigned index, Time t);
  /// Of a packet whose last descriptor has been taken.
  JourneyId tx_journey(const TxPacket& p) const {
    return tx_stamps_ != nullptr ? tx_stamps_->journey(p.queue, p.eop_index) : JourneyId::none;
  }
  /// All bytes of that packet are in the transmit buffer: the journey goes on with the frame.
  JourneyId tx_journey_complete(const TxPacket& p, Time t);

  // --- link.cpp ----------------------------------------------------------------------------------
  void watch_link(Time t);
  void reset_link(Time t);
  void link_event(Time t, std::uint32_t);
  void partner_event(Time t, std::uint32_t);
  void link_lost(Time t);
  hw::LinkMode resolved_mode() const;
  Time mac_link_from() const;

  Engine& engine_;
  BusPort& bus_;
  FramePool& frames_;
  hw::SpiEeprom& eeprom_;
  hw::Semaphores& semaphores_;
  const unsigned number_;  // PCI function
  const unsigned agent_;   // calendar agent base: this port's steps use agent_ .. agent_+31
  const I350FunctionConfig config_;

  hw::PciConfigSpace pci_;
  hw::CsrFile csr_;
  IntrThrottleUnit throttle_;
  hw::InterruptCauses causes_;
  hw::InterruptVectors vectors_;
  hw::InterruptDelivery delivery_;
  hw::TcpTimer tcp_timer_;
  hw::FreeRunningTimer free_running_timer_;
  hw::Phy phy_;
  hw::MacFilter filter_;
  hw::RssHash rss_;
  hw::QueueFilters queue_filters_;
  hw::Statistics statistics_;
  hw::ParserConfig parser_;

  // receive
  std::array<RxRingUnit, hw::reg::kQueues> rx_queues_;
  struct Arriving {
    Frame* frame;
    JourneyId journey;
    bool cut;        // the link was lost before its last bit
    bool truncated;  // its sender was reset
    Time end;        // of that bit
  };
  Ring<Arriving> arriving_;     // frames whose last bit is scheduled
  Ring<Frame*> looped_;         // likewise, of our own (loopback)
  Time rx_end_{};               // of the frame that has just arrived
  std::uint64_t rx_stamp_ = 0;  // of it, for its packet
  Ring<RxEntry> rx_fifo_{256};
  std::uint32_t rx_fifo_bytes_ = 0;
  std::uint32_t rx_fifo_head_ = 0;  // bytes that ever left, for the FIFO's diagnostics
  std::array<RxSetup, hw::reg::kQueues> rx_setup_{};
  std::uint32_t rx_longest_ = 1518;  // bytes with FCS, without what tags add
  RxState rx_state_ = RxState::idle;
  FetchArbiter<RxRingUnit> rx_fetches_{
      *this,
      rx_queues_,
      {ReadKind::rx_descriptors, "receive descriptor fetch", step::rx_fetch, step::rx_store}};
  hw::TakenDescriptor rx_descriptor_;  // the one being filled ...
  hw::RxPlacement rx_place_;           // ... with what
  std::uint32_t rx_generation_ = 0;    // of the queue, when the frame in front got its first descriptor

  // transmit
  std::array<TxRingUnit, hw::reg::kQueues> tx_queues_;
  std::array<std::array<hw::AdvTxContext, 2>, hw::reg::kQueues> tx_contexts_{};
  std::array<TxPacket, kTxSlots> tx_slots_{};
  unsigned tx_head_ = 0, tx_count_ = 0;  // packets in order of their first descriptor
  bool tx_building_ = false;             // a packet still takes descriptors:
  TxBuilding tx_built_;
  std::array<TxSegmentation, kTxSegmentations> tx_segmentations_{};
  unsigned tx_segmentation_ = 0;  // the one begun last
  bool tx_step_scheduled_ = false;
  Time tx_engine_free_{};
  unsigned tx_next_queue_ = 0;
  unsigned tx_priority_ = 0;  // queues with TXDCTL.PRIORITY, one bit each
  std::array<std::vector<bool>, hw::reg::kQueues>
      tx_legacy_;                 // which descriptors are legacy; empty: none ever was
  unsigned tx_available_ = 0;     // queues with cached descriptors, one bit each
  std::uint64_t tx_address_ = 0;  // the descriptor being read
  std::uint32_t tx_left_ = 0;
  bool tx_last_ = false;
  bool tx_took_context_ = false;
  unsigned tx_reads_ = 0;
  std::uint32_t tx_buffer_bytes_ = 0;
  FetchArbiter<TxRingUnit> tx_fetches_{
      *this,
      tx_queues_,
      {ReadKind::tx_descriptors, "transmit descriptor fetch", step::tx_fetch, step::tx_store}};
  std::array<std::uint16_t, hw::reg::kQueues> tx_loose_{};  // contexts before their packet
  Time tx_finish_free_{};                                   // one packet finishes a clock
  bool tx_finish_scheduled_ = false;
  TxChecksumUnit tx_checksum_;
  Ring<TxOnWire> tx_mac_;
  Time tx_mac_event_ = Time::never();  // when the MAC will decide next
  Time tx_wire_free_{};                // the end of the gap after the frame last started
  std::uint32_t tx_mac_releasing_ = 0;
  Time tx_mac_releasing_since_{};  // measurement: when it came
  bool tx_deferred_ = false;       // the frame in front has been counted in DC

  // errors
  OutstandingReads reads_;
  std::optional<Duration> read_timeout_ = hw::PciConfigSpace::completion_timeout(0);
  Time read_timer_ = Time::never();
  ErrorCounts errors_;
  static constexpr std::uint32_t kHoldAll = 1, kHoldTransmit = 2;
  std::uint32_t holds_ = 0;  // what is broken
  Time stall_ends_ = Time::never();
  std::uint64_t damage_frames_ = 0;

  // flow control
  hw::PauseTimer pause_timer_;
  hw::PauseSender pause_sender_;
  std::uint32_t control_type_ = kNoControlFrames;  // EtherType of frames the MAC looks at itself
  Time pause_refresh_event_ = Time::never();

  // time stamps
  hw::SystemTime system_time_;
  Time clock_event_ = Time::never(), clock_wraps_ = Time::never();
  Time tx_stamp_event_ = Time::never();
  std::array<bool, 2> target_levels_{};  // each toggles when its target time is reached
  unsigned pin_levels_ = 0;              // of SDP0-3, one bit each

  // interrupts and link
  Time grant_scheduled_ = Time::never();
  Time tcp_timer_scheduled_ = Time::never();
  bool intx_told_ = false;  // the level of the pin, as the host knows it
  std::array<bool, hw::reg::kVectors> flush_scheduled_{};
  hw::LinkMode mac_mode_{};
  Time link_up_from_ = Time::never();  // the MAC has a link from here on
  bool link_was_up_ = false;
  bool loops_back_ = false;
  Time mdic_done_at_{};
  unsigned told_restarts_ = 0;  // of those of the PHY
  Ring<hw::LinkSignal> partner_signals_;
  Time link_event_at_ = Time::never();
  bool phy_reset_asserted_ = false;
  Time nvm_loaded_at_{}, nvm_granted_at_{}, nvm_read_at_{}, config_ready_at_{};
  std::uint32_t nvm_errors_ = 0;      // of EECD
  bool nvm_output_ = false;           // EECD.DO
  std::uint32_t io_address_ = 0;      // IOADDR
  std::uint32_t status_latched_ = 0;  // PHYRA, DEV_RST_SET
  bool no_master_reported_ = false;
  bool was_master_ = false;  // software set the bus-master bit since configuration space was reset

  struct {
    Time at{}, start{}, end{};
  } write_posted_;
  DescriptorStamps* rx_stamps_ = nullptr;
  DescriptorStamps* tx_stamps_ = nullptr;
  PortAccount account_;
  DmaCounts dma_;
  std::unique_ptr<PortMeters> meters_;
  std::vector<std::string> faults_;
  std::uint32_t tx_packets_ = 0;  // number of the last one started
  std::unique_ptr<FunctionWaves> waves_;
};

}  // namespace niclab::sim
