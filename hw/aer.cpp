#include "hw/aer.hpp"

namespace niclab::hw {
namespace {

constexpr std::uint32_t kUncorrectable = 0x001FF030, kCorrectable = 0x000031C1;
constexpr std::uint32_t kFirstError = 0x1F;  // in capabilities and control
constexpr std::uint32_t kEcrcEnables = 0x140;

// Device Control and Device Status: the same four bits
constexpr std::uint16_t kCorrectableError = 1, kNonfatalError = 2, kFatalError = 4, kUnsupported = 8;
constexpr std::uint16_t kSignaledSystemError = 0x4000;  // in Status

constexpr std::uint32_t bit_of(PciError e) { return std::uint32_t{1} << (static_cast<unsigned>(e) % 32); }

constexpr PciErrorName kNames[] = {
    {PciError::data_link_protocol, "DLP"},
    {PciError::poisoned_tlp, "TLP"},
    {PciError::flow_control_protocol, "FCP"},
    {PciError::completion_timeout, "CmpltTO"},
    {PciError::completer_abort, "CmpltAbrt"},
    {PciError::unexpected_completion, "UnxCmplt"},
    {PciError::receiver_overflow, "RxOF"},
    {PciError::malformed_tlp, "MalfTLP"},
    {PciError::ecrc, "ECRC"},
    {PciError::unsupported_request, "UnsupReq"},
    {PciError::receiver_error, "RxErr"},
    {PciError::bad_tlp, "BadTLP"},
    {PciError::bad_dllp, "BadDLLP"},
    {PciError::replay_rollover, "Rollover"},
    {PciError::replay_timeout, "Timeout"},
    {PciError::advisory_nonfatal, "NonFatalErr"},
};

constexpr std::uint32_t first_word(unsigned kind, std::uint32_t bytes, bool poisoned) {
  return kind << 24 | std::uint32_t{poisoned} << 14 | ((bytes + 3) / 4 & 0x3FF);
}

}  // namespace

std::span<const PciErrorName> pci_error_names() { return kNames; }

TlpHeader memory_header(TlpKind kind, std::uint64_t address, std::uint32_t bytes, std::uint16_t requester,
                        std::uint32_t tag, bool poisoned) {
  const bool wide = address >> 32 != 0;
  const std::uint32_t last_enables = bytes > 4 ? 0xF0 : 0;
  const std::uint32_t low = static_cast<std::uint32_t>(address) & ~3u;
  return {first_word(static_cast<unsigned>(kind) | (wide ? 0x20u : 0u), bytes, poisoned),
          std::uint32_t{requester} << 16 | (tag & 0xFF) << 8 | last_enables | 0xF,
          wide ? static_cast<std::uint32_t>(address >> 32) : low, wide ? low : 0};
}

TlpHeader completion_header(TlpKind kind, unsigned status, std::uint32_t bytes, std::uint16_t requester,
                            std::uint32_t tag, bool poisoned) {
  return {first_word(static_cast<unsigned>(kind), kind == TlpKind::completion ? 0 : bytes, poisoned),
          status << 13 | (bytes & 0xFFF), std::uint32_t{requester} << 16 | (tag & 0xFF) << 8, 0};
}

void Aer::write(std::uint16_t offset, std::uint32_t value, std::uint32_t enabled) {
  const unsigned n = (offset - kFirst) / 4u;
  std::uint32_t& w = value_[n];
  const auto store = [&](std::uint32_t writable) {
    w = (w & ~(writable & enabled)) | (value & writable & enabled);
  };
  switch (n) {
    case ue_status: w &= ~(value & enabled & kUncorrectable); return;
    case ce_status: w &= ~(value & enabled & kCorrectable); return;
    case ue_mask:
    case ue_severity: return store(kUncorrectable);
    case ce_mask: return store(kCorrectable);
    case control: return store(kEcrcEnables);
    default: return;
  }
}

/// The log is occupied while the status bit that the First Error Pointer names is set.
void Aer::log(unsigned n, const TlpHeader& tlp) {
  const std::uint32_t holder = value_[control] & kFirstError;
  if (holder != 0 && (value_[ue_status] >> holder & 1) != 0) return;
  value_[control] = (value_[control] & ~kFirstError) | n;
  for (unsigned i = 0; i < 4; ++i) value_[header + i] = tlp[i];
}

Aer::Outcome Aer::report_correctable(std::uint32_t bit, const Enables& enables) {
  Outcome out{.device_status = kCorrectableError};
  value_[ce_status] |= bit;
  if ((value_[ce_mask] & bit) == 0 && (enables.device_control & kCorrectableError) != 0)
    out.message = ErrorMessage::correctable;
  return out;
}

Aer::Outcome Aer::report(PciError error, ErrorRole role, const TlpHeader& tlp, const Enables& enables) {
  const std::uint32_t bit = bit_of(error);
  const unsigned n = static_cast<unsigned>(error);
  if (n >= 32) return report_correctable(bit, enables);
  const bool fatal = (value_[ue_severity] & bit) != 0;
  const bool masked = (value_[ue_mask] & bit) != 0;
  const bool unsupported = error == PciError::unsupported_request;
  const bool silent = unsupported && (enables.device_control & kUnsupported) == 0;
  if (role == ErrorRole::advisory && !fatal) {
    Outcome out = report_correctable(bit_of(PciError::advisory_nonfatal), enables);
    if (unsupported) out.device_status |= kUnsupported;
    if ((value_[ce_mask] & bit_of(PciError::advisory_nonfatal)) != 0) return out;
    if (!masked) log(n, tlp);
    value_[ue_status] |= bit;
    if (masked || silent) out.message = ErrorMessage::none;
    return out;
  }
  Outcome out{.device_status = fatal ? kFatalError : kNonfatalError};
  if (unsupported) out.device_status |= kUnsupported;
  if (!masked) log(n, tlp);
  value_[ue_status] |= bit;
  const bool enabled = (enables.device_control & (fatal ? kFatalError : kNonfatalError)) != 0 && !silent;
  if (masked || (!enabled && !enables.serr)) return out;
  out.message = fatal ? ErrorMessage::fatal : ErrorMessage::nonfatal;
  if (enables.serr) out.status = kSignaledSystemError;
  return out;
}

}  // namespace niclab::hw
