// Advanced Error Reporting: words 0x100 to 0x13F of configuration space, and what an error does to the status
// bits and messages around them (fact base 1.4.4, 1.5; PCI Express Base 2.1, 6.2 and 7.10).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace niclab::hw {

/// What can go wrong on the link: the number of the status bit; correctable errors count from 32 on.
enum class PciError : std::uint8_t {
  data_link_protocol = 4,
  poisoned_tlp = 12,
  flow_control_protocol = 13,
  completion_timeout = 14,
  completer_abort = 15,
  unexpected_completion = 16,
  receiver_overflow = 17,
  malformed_tlp = 18,
  ecrc = 19,
  unsupported_request = 20,
  receiver_error = 32 + 0,
  bad_tlp = 32 + 6,
  bad_dllp = 32 + 7,
  replay_rollover = 32 + 8,
  replay_timeout = 32 + 12,
  advisory_nonfatal = 32 + 13,  ///< a status bit only: never reported by itself
};

/// Errors by the names Linux prints ("CmpltTO", "UnsupReq"), uncorrectable ones first.
struct PciErrorName {
  PciError error;
  std::string_view linux_name;
};
std::span<const PciErrorName> pci_error_names();

/// What goes upstream: ERR_COR, ERR_NONFATAL, ERR_FATAL, or nothing.
enum class ErrorMessage : std::uint8_t { none, correctable, nonfatal, fatal };

/// Whether the detector is one of those that report a nonfatal error as a correctable one, because somebody
/// else knows better whether it matters (role-based reporting, PCI Express Base 6.2.3.2.4).
enum class ErrorRole : std::uint8_t { plain, advisory };

/// The four double words of a TLP's header, as the header log shows them; a fourth that a header has not is
/// zero.
using TlpHeader = std::array<std::uint32_t, 4>;

/// Format and type of a header's first byte.
enum class TlpKind : std::uint8_t {
  memory_read = 0x00,
  memory_write = 0x40,
  config_read = 0x04,
  config_write = 0x44,
  completion = 0x0A,
  completion_data = 0x4A
};

/// A memory request of `bytes` at `address`, with four double words if the address needs them. `requester`:
/// bus << 8 | device << 3 | function.
TlpHeader memory_header(TlpKind kind, std::uint64_t address, std::uint32_t bytes, std::uint16_t requester,
                        std::uint32_t tag, bool poisoned = false);

/// A completion for `requester`; `status`: 0 successful, 1 unsupported request, 4 completer abort.
TlpHeader completion_header(TlpKind kind, unsigned status, std::uint32_t bytes, std::uint16_t requester,
                            std::uint32_t tag, bool poisoned = false);

class Aer {
 public:
  static constexpr std::uint16_t kFirst = 0x100, kEnd = 0x140;
  static constexpr bool holds(std::uint16_t offset) { return offset >= kFirst && offset < kEnd; }

  /// A DWORD access; `offset` in bytes, DWORD aligned, one that holds(). `enabled`: the bits of enabled
  /// bytes.
  std::uint32_t read(std::uint16_t offset) const { return value_[(offset - kFirst) / 4u]; }
  void write(std::uint16_t offset, std::uint32_t value, std::uint32_t enabled);

  /// What the rest of configuration space says about reporting: Device Control bits 3:0 and Command.SERR.
  struct Enables {
    std::uint32_t device_control = 0;
    bool serr = false;
  };
  /// What an error does outside these words: bits to set in Device Status, in Status, and a message to send.
  struct Outcome {
    std::uint16_t device_status = 0, status = 0;
    ErrorMessage message = ErrorMessage::none;
  };
  /// The flow chart of 6.2.5: status bits, and the header log if nobody holds it. Everything here is sticky:
  /// only power-on takes it back, or software.
  Outcome report(PciError error, ErrorRole role, const TlpHeader& header, const Enables& enables);

 private:
  enum Word : unsigned { capability, ue_status, ue_mask, ue_severity, ce_status, ce_mask, control, header };
  Outcome report_correctable(std::uint32_t bit, const Enables& enables);
  void log(unsigned n, const TlpHeader& header);

  // Next capability: the Device Serial Number at 0x140; version 2. ECRC can be made and checked.
  std::array<std::uint32_t, 16> value_{0x14020001, 0, 0, 0x00062030, 0, 0x00002000, 0x000000A0};
};

}  // namespace niclab::hw
