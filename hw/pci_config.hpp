// PCI configuration space of one I350 function: type-0 header, BARs, capability chains (fact base 1.2-1.5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/addresses.hpp"
#include "base/time.hpp"
#include "hw/aer.hpp"

namespace niclab::hw {

/// What differs from card to card and port to port.
struct PciIdentity {
  unsigned port = 0;  ///< PCI function number
  std::uint16_t device_id = 0x1521, subsystem_vendor = 0x8086, subsystem_id = 0x00A1;
  MacAddress serial_mac;  ///< of port 0; the Device Serial Number derives from it
  unsigned link_gen = 2;  ///< 1 = 2.5 GT/s, 2 = 5 GT/s
  unsigned link_lanes = 4;
  bool intx_shared = false;  ///< every function's pin is INTA; else INTA to INTD in turn (1.2)
};

class PciConfigSpace {
 public:
  // Where things are (1.2, 1.4, 1.5).
  static constexpr std::uint16_t kCommand = 0x04, kStatus = 0x06, kBar0 = 0x10, kCapPointer = 0x34;
  static constexpr std::uint16_t kPm = 0x40, kMsi = 0x50, kMsix = 0x70, kPcie = 0xA0;
  static constexpr std::uint16_t kAer = 0x100, kDsn = 0x140;
  static constexpr std::uint32_t kBar0Size = 128 * 1024, kBar2Size = 32, kBar3Size = 16 * 1024;

  /// What a write means to the rest of the function; the caller compares bus_master_enabled() and the like
  /// itself.
  struct WriteEffects {
    bool function_level_reset = false;  ///< DevCtl bit 15 was written 1
  };

  explicit PciConfigSpace(const PciIdentity& identity);

  /// Power-on or function-level reset.
  void reset();

  /// A DWORD access as it comes in a configuration TLP; `offset` in bytes, 0..0xFFC, DWORD aligned;
  /// `byte_enable` bit i enables byte i. Out of range reads all ones, writes do nothing.
  std::uint32_t read(std::uint16_t offset) const;
  WriteEffects write(std::uint16_t offset, std::uint32_t value, unsigned byte_enable = 0xF);

  /// Narrower accesses, naturally aligned.
  std::uint8_t read8(std::uint16_t offset) const { return static_cast<std::uint8_t>(shifted(offset)); }
  std::uint16_t read16(std::uint16_t offset) const { return static_cast<std::uint16_t>(shifted(offset)); }
  WriteEffects write8(std::uint16_t offset, std::uint8_t value) {
    return write(offset & ~3, std::uint32_t{value} << 8 * (offset & 3), 1u << (offset & 3));
  }
  WriteEffects write16(std::uint16_t offset, std::uint16_t value) {
    return write(offset & ~3, std::uint32_t{value} << 8 * (offset & 2), 3u << (offset & 2));
  }

  bool io_enabled() const { return (word(kCommand) & 1) != 0; }
  bool memory_enabled() const { return (word(kCommand) & 2) != 0; }
  bool bus_master_enabled() const { return (word(kCommand) & 4) != 0; }
  bool intx_disabled() const { return (word(kCommand) & 0x400) != 0; }
  /// Base address of memory BAR 0 or 3, or I/O BAR 2; 0 for the others.
  std::uint32_t bar(unsigned n) const { return word(static_cast<std::uint16_t>(kBar0 + 4 * n)) & ~0xFu; }

  unsigned interrupt_pin() const { return word(0x3C) >> 8 & 0xFF; }  ///< 1 = INTA ... 4 = INTD

  bool msi_enabled() const { return (word(kMsi) >> 16 & 1) != 0; }
  std::uint64_t msi_address() const { return word(0x54) | std::uint64_t{word(0x58)} << 32; }
  std::uint16_t msi_data() const { return static_cast<std::uint16_t>(word(0x5C)); }
  bool msi_masked() const { return (word(0x60) & 1) != 0; }
  void set_msi_pending(bool pending) { word(0x64) = pending; }
  bool msix_enabled() const { return (word(kMsix) >> 31) != 0; }
  bool function_masked() const { return (word(kMsix) >> 30 & 1) != 0; }

  unsigned max_payload_size() const { return 128u << (word(0xA8) >> 5 & 7); }        ///< bytes
  unsigned max_read_request_size() const { return 128u << (word(0xA8) >> 12 & 7); }  ///< bytes
  unsigned power_state() const { return word(0x44) & 3; }                            ///< 0 = D0, 3 = D3hot

  /// Status bit 3 follows the INTx pin; DevSta bit 5 follows outstanding requests.
  void set_interrupt_status(bool asserted) { set_bit(kCommand, 19, asserted); }
  void set_transactions_pending(bool pending) { set_bit(0xA8, 21, pending); }
  /// Status (RTA, RMA, ...) and DevSta error bits the device latches; bits as in the 16-bit registers.
  void latch_status(std::uint16_t bits) { word(kCommand) |= std::uint32_t{bits} << 16; }
  void latch_device_status(std::uint16_t bits) { word(0xA8) |= std::uint32_t{bits} << 16; }
  /// The device found an error (1.5): status bits here and in AER; the message to send.
  ErrorMessage report_error(PciError error, ErrorRole role, const TlpHeader& header);
  /// A read of the device was answered with an error: Status says which (a received abort is no error of the
  /// requester's, so AER does not).
  void received_master_abort() { latch_status(0x2000); }
  void received_target_abort() { latch_status(0x1000); }
  /// A poisoned TLP arrived; `completion`: it was an answer to the device.
  void received_poison(bool completion) {
    latch_status(
        static_cast<std::uint16_t>(0x8000 | (completion && (word(kCommand) & 0x40) != 0 ? 0x0100 : 0)));
  }
  /// How long the device waits for a completion, coded as bits 3:0 of Device Control 2 are (1.4.4).
  static Duration completion_timeout(unsigned code);

 private:
  std::uint32_t& word(std::uint16_t offset) { return value_[offset / 4]; }
  std::uint32_t word(std::uint16_t offset) const { return value_[offset / 4]; }
  std::uint32_t shifted(std::uint16_t offset) const { return read(offset & ~3) >> 8 * (offset & 3); }
  void set_bit(std::uint16_t offset, unsigned n, bool on) {
    word(offset) = (word(offset) & ~(1u << n)) | std::uint32_t{on} << n;
  }

  PciIdentity identity_;
  Aer aer_;  // sticky: no reset but power-on clears it
  std::array<std::uint32_t, 1024> value_{};
};

}  // namespace niclab::hw
