// PCI configuration space of one I350 function: type-0 header, BARs, capability chains (fact base 1.2-1.5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "hw/aer.hpp"
#include "hw/pci_identity.hpp"

namespace niclab::hw {

/// What lies behind a function's BARs (1.3).
enum class PciRegion : std::uint8_t { registers, flash, msix, rom, io };

/// A request's place in a region; `offset` in bytes from its beginning.
struct PciPlace {
  PciRegion region;
  std::uint32_t offset;
};

class PciConfigSpace {
 public:
  // Where things are (1.2, 1.4, 1.5).
  static constexpr std::uint16_t kCommand = 0x04, kStatus = 0x06, kBar0 = 0x10, kRomBar = 0x30,
                                 kCapPointer = 0x34;
  static constexpr std::uint16_t kPm = 0x40, kMsi = 0x50, kMsix = 0x70, kPcie = 0xA0, kVpd = 0xE0;
  static constexpr std::uint16_t kAer = 0x100, kDsn = 0x140, kAri = 0x150, kSriov = 0x160, kTph = 0x1A0,
                                 kLtr = 0x1C0, kAcs = 0x1D0;
  /// Bytes of the register window, the I/O BAR and the MSI-X BAR.
  static constexpr std::uint32_t kBar0Size = 128 * 1024, kBar2Size = 32, kBar3Size = 16 * 1024;
  static constexpr unsigned kMaxPayload = 512;  ///< bytes, what the device supports (1.4.4)

  /// What a write means to the rest of the function; the caller compares bus_master_enabled() and the like
  /// itself.
  struct WriteEffects {
    bool function_level_reset = false;  ///< DevCtl bit 15 was written 1
  };

  explicit PciConfigSpace(const PciIdentity& identity);

  /// Power-on.
  void reset();
  /// As power-on, but for what PCI Express Base 2.1 6.6.2 exempts: Max_Payload_Size, the link's controls,
  /// what tells of errors and of a wake-up.
  void function_level_reset();

  /// The device read its NVM again (4.9): what that says changes, what software wrote stays.
  void reload(const PciIdentity& identity);

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

  const PciIdentity& identity() const { return identity_; }
  bool io_enabled() const { return (word(kCommand) & 1) != 0; }
  bool memory_enabled() const { return (word(kCommand) & 2) != 0; }
  /// The function may master the bus: the bus-master bit is set and it is in D0.
  bool bus_master_enabled() const { return bus_master_; }
  /// The pin must be let go: by Command, or because the function is not in D0.
  bool intx_disabled() const { return (word(kCommand) & 0x400) != 0 || power_state() != 0; }
  /// Base address of BAR `n`, the lower one of a 64-bit pair; 0 for the others.
  std::uint64_t bar(unsigned n) const;
  /// Whom a memory or I/O request at `address` meets: nothing while the BAR is not assigned, Command does not
  /// enable it, or the function is not in D0.
  std::optional<PciPlace> memory_place(std::uint64_t address) const {
    if (const std::uint64_t at = address - csr_.base; at < csr_.size) [[likely]] {
      const auto offset = static_cast<std::uint32_t>(at);
      if (offset < kBar0Size) [[likely]]
        return PciPlace{PciRegion::registers, offset};
      return PciPlace{PciRegion::flash, offset - kBar0Size};
    }
    if (const std::uint64_t at = address - msix_.base; at < msix_.size)
      return PciPlace{PciRegion::msix, static_cast<std::uint32_t>(at)};
    if (const std::uint64_t at = address - rom_.base; at < rom_.size)
      return PciPlace{PciRegion::rom, static_cast<std::uint32_t>(at)};
    return std::nullopt;
  }
  std::optional<PciPlace> io_place(std::uint64_t address) const {
    if (const std::uint64_t at = address - io_.base; at < io_.size)
      return PciPlace{PciRegion::io, static_cast<std::uint32_t>(at)};
    return std::nullopt;
  }

  unsigned interrupt_pin() const { return word(0x3C) >> 8 & 0xFF; }  ///< 1 = INTA ... 4 = INTD

  bool msi_enabled() const { return (word(kMsi) >> 16 & 1) != 0; }
  std::uint64_t msi_address() const { return word(0x54) | std::uint64_t{word(0x58)} << 32; }
  std::uint16_t msi_data() const { return static_cast<std::uint16_t>(word(0x5C)); }
  bool msi_masked() const { return (word(0x60) & 1) != 0; }
  void set_msi_pending(bool pending) { word(0x64) = pending; }
  bool msix_enabled() const { return (word(kMsix) >> 31) != 0; }
  bool function_masked() const { return (word(kMsix) >> 30 & 1) != 0; }

  /// Bytes; a size the device does not support is taken for the largest it does.
  unsigned max_payload_size() const {
    const unsigned size = 128u << (word(0xA8) >> 5 & 7);
    return size < kMaxPayload ? size : kMaxPayload;
  }
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
  /// What software can do to a DWORD.
  struct Rule {
    std::uint32_t reset = 0, writable = 0, write_1_clears = 0;
    std::uint32_t kept = 0;  ///< bits that survive a function-level reset
  };
  /// Addresses a BAR decodes now; no size: none.
  struct Window {
    std::uint64_t base = 0;
    std::uint64_t size = 0;
  };

  void make_rules();
  void identify();
  void lay_out_bars();
  void settle();
  Window window(std::uint64_t base, std::uint32_t size, bool enabled) const {
    return enabled && base != 0 ? Window{base, size} : Window{};
  }
  void vpd_accessed(std::uint32_t enabled);
  std::uint32_t vpd_word(unsigned address) const;
  std::uint32_t power_data() const;
  Rule& rule(std::uint16_t offset) { return rules_[offset / 4]; }
  std::uint32_t& word(std::uint16_t offset) { return value_[offset / 4]; }
  std::uint32_t word(std::uint16_t offset) const { return value_[offset / 4]; }
  std::uint32_t shifted(std::uint16_t offset) const { return read(offset & ~3) >> 8 * (offset & 3); }
  void set_bit(std::uint16_t offset, unsigned n, bool on) {
    word(offset) = (word(offset) & ~(1u << n)) | std::uint32_t{on} << n;
  }

  PciIdentity identity_;
  Aer aer_;  // sticky: no reset but power-on clears it
  // From Command, PMCSR and the BARs, worked out when they are written.
  Window csr_, msix_, rom_, io_;
  bool bus_master_ = false;
  std::array<std::uint32_t, 1024> value_{};
  std::array<Rule, 1024> rules_{};
};

}  // namespace niclab::hw
