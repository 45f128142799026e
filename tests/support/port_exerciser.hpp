// A lawful but unpredictable driver and network for one port of the card: random register writes, descriptor
// rings, frames, resets and refusals, and what must hold whatever comes.
//
// It keeps the rules of fact base 3.1 (rings and buffers are programmed while their queue is off, the tail
// never passes what software may give), and throws Violation when the card breaks one:
//   * the card reads and writes only what it was given: descriptors between head and tail, buffers of
//   descriptors
//     it holds, the write-back address, the addresses of interrupt messages; never across 4 KB, never beyond
//     MPS and MRRS;
//   * the head stays between where it was and the tail;
//   * the account closes at every look;
//   * in the end, with everything switched on and all queues supplied, everything posted is completed and the
//     packet buffer empty within a bounded time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "hw/registers.hpp"
#include "hw/semaphores.hpp"
#include "hw/spi_eeprom.hpp"
#include "tests/support/choices.hpp"
#include "tests/support/port_bus.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::test {

class PortExerciser final : private DmaLaw {
 public:
  struct Options {
    unsigned steps = 400;  ///< or until a fuzzer's bytes are used up
    bool eager = false;
    bool tell = false;        ///< every write of a register on standard error
    bool blocks_too = false;  ///< this history is run in RTL as well
    sim::Fidelities fidelity{};
    sim::RtlWorld* rtl = nullptr;
  };
  /// Memory of the host: may be given to one exerciser after the other; at least kMemory bytes.
  static constexpr std::size_t kQueueBytes = 0x130000, kTxDataBytes = 0x40000;
  static constexpr std::size_t kMemory = hw::reg::kQueues * kQueueBytes + kTxDataBytes + 0x1000;

  /// Every decision is a statement of its own, so that all compilers take them in one order.
  PortExerciser(Choices& choices, std::span<std::byte> memory, const Options& options);

  /// All steps, then the end. Throws Violation, whose text says when.
  void run();

  std::uint64_t writes() const { return writes_; }  ///< of registers, MSI-X table, configuration space
  std::uint64_t descriptors() const { return descriptors_; }  ///< posted
  std::uint64_t digest() const {
    return bus_.digest();
  }  ///< of all that went over bus and wire, with its times
  sim::PortAccount account() const { return function_.account(); }
  const sim::I350Function::ErrorCounts& errors() const { return function_.errors(); }

 private:
  static constexpr unsigned kBuffers = 64;  ///< of a receive queue
  static constexpr std::uint64_t kBase = 0x1'2340'0000;

  /// A ring as software sees it.
  struct Ring {
    bool enabled = false;
    bool ever = false;  ///< programmed since power-on: its memory may still be touched
    std::uint64_t base = 0;
    unsigned length = 0;
    unsigned tail = 0;   ///< next to give
    unsigned told = 0;   ///< the tail the card knows: what lies behind it is not the card's yet
    unsigned clean = 0;  ///< oldest not given back
    unsigned head = 0;   ///< last seen in RDH, TDH
    Time off_since{};
    std::uint32_t dctl = 0;
    unsigned distance(unsigned from, unsigned to) const {
      return to >= from ? to - from : to + length - from;
    }
    unsigned held() const { return distance(clean, tail); }
    unsigned given_away() const { return distance(clean, told); }
    unsigned next(unsigned i) const { return i + 1 == length ? 0 : i + 1; }
  };
  struct RxRing : Ring {
    std::uint32_t buffer_bytes = 2048;
    unsigned next_buffer = 0;
    std::array<std::uint16_t, 512> buffer_of{};       ///< by ring index
    std::array<std::uint16_t, kBuffers> offset_of{};  ///< where in its room a buffer begins
    std::array<bool, kBuffers> given{};               ///< by buffer: the card holds it
  };
  struct TxRing : Ring {
    std::deque<unsigned> reports;  ///< indices of descriptors with RS, oldest first
    bool head_writeback = false;
    bool wrong = false;  ///< a descriptor no driver may post went in: the queue may have stopped
    std::array<unsigned, 2> headers{};  ///< of each context: bytes before the payload of its segments
    unsigned open = 0;                  ///< descriptors of a packet whose last one had no EOP
    bool open_legacy = false;
  };

  // --- DmaLaw ------------------------------------------------------------------------------------
  std::byte* readable(std::uint64_t address, std::uint32_t length, sim::ReadTag tag) override;
  std::byte* writable(std::uint64_t address, std::uint32_t length, bool frame) override;
  void written(std::uint64_t address, std::uint32_t length) override;
  void check_descriptors(const Ring& r, std::uint64_t address, std::uint32_t length, const char* what) const;
  void check_buffer(unsigned q, std::uint64_t in_queue, std::uint32_t length) const;

  // --- places ------------------------------------------------------------------------------------
  std::byte* at(std::uint64_t address) { return memory_.data() + (address - kBase); }
  static std::uint64_t queue_base(unsigned q) { return kBase + q * kQueueBytes; }
  static std::uint64_t tx_data() { return kBase + hw::reg::kQueues * kQueueBytes; }
  static std::uint64_t messages() { return tx_data() + kTxDataBytes; }
  static constexpr std::uint32_t kRxRing = 0, kTxRing = 0x4000, kHeadWriteback = 0x8000, kHeaders = 0x9000,
                                 kHeaderBytes = 0x800, kPackets = 0x2A000, kPacketBytes = 0x4000;

  // --- what software does ------------------------------------------------------------------------
  void write(hw::reg::Offset offset, std::uint32_t value);
  std::uint32_t read(hw::reg::Offset offset);
  void config(std::uint16_t offset, std::uint32_t value, unsigned bytes = 0xF);
  void step();
  void any_register();
  void control();
  void set_up_configuration();
  void configuration();
  void message_table();
  void phy();
  void arrivals(unsigned count);
  void rx_enable(unsigned q);
  void rx_disable(unsigned q);
  void rx_post(unsigned q, unsigned count);
  void rx_clean(unsigned q);
  void tx_enable(unsigned q);
  void tx_disable(unsigned q);
  void tx_post(unsigned q, unsigned packets);
  void tx_packet(unsigned q);
  bool tx_may_begin(unsigned q, unsigned descriptors, bool legacy);
  bool tx_ends(unsigned q, unsigned descriptors, bool legacy);
  void tx_legacy_packet(unsigned q);
  void tx_doorbell(unsigned q, unsigned tail);
  void tx_descriptor(unsigned q, const hw::Descriptor& d, bool reports);
  void tx_clean(unsigned q);
  void thresholds(unsigned q);
  std::uint32_t some_thresholds(unsigned most, unsigned most_wthresh);
  void all_off();
  void reset();
  void breakdown();
  void pass(Duration d);
  bool rested(const Ring& r) const { return !r.ever || now_ >= r.off_since + 20_us; }

  // --- what must hold ----------------------------------------------------------------------------
  void look();
  void look_at_head(Ring& r, std::uint32_t head, const char* name, unsigned q);
  void end();
  void normal_operation();
  bool everything_done();
  std::string state();

  Choices& choices_;
  std::span<std::byte> memory_;
  Options options_;
  sim::Engine engine_;
  sim::FramePool frames_;
  hw::SpiEeprom nvm_;
  hw::Semaphores semaphores_;
  PortBus bus_;
  sim::I350Function function_;
  std::vector<hw::reg::Offset> registers_;  ///< any value is lawful for these
  std::array<RxRing, hw::reg::kQueues> rx_{};
  std::array<TxRing, hw::reg::kQueues> tx_{};
  bool broken_ = false;  ///< a memory is, so that only a reset helps
  bool looped_ = false;  ///< frames may have come back from the MAC itself
  Time now_{}, wire_free_{};
  std::uint64_t writes_ = 0, descriptors_ = 0, arrived_ = 0;
};

}  // namespace niclab::test
