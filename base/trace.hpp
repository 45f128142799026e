// What a run tells about itself, event by event. Sinks observe; they never change anything.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/journey.hpp"
#include "base/time.hpp"

namespace niclab {

/// PCIe transaction-layer packet types as counted in `pcie.by_type`.
enum class TlpType : std::uint8_t { MRd, MWr, CplD, Cpl, CfgRd, CfgWr, Msg, IORd, IOWr };
inline constexpr std::array<std::string_view, 9> kTlpNames{"MRd",   "MWr", "CplD", "Cpl", "CfgRd",
                                                           "CfgWr", "Msg", "IORd", "IOWr"};  ///< by TlpType
inline constexpr unsigned kTlpTypes = kTlpNames.size();

/// A TLP at the instant its first symbol leaves.
struct TlpEvent {
  Time start;
  unsigned port = 0;  ///< number of the NIC, counted over all hosts
  bool up = false;    ///< device to host
  TlpType type = TlpType::MRd;
  std::uint32_t tag = 0;
  std::uint64_t address = 0;
  std::uint32_t length = 0;  ///< payload, or bytes asked for
  std::uint64_t content =
      0;                     ///< hash of the payload where the TLP carries descriptors, registers or messages
  Time end{};                ///< its last symbol
  std::uint32_t packet = 0;  ///< number of the frame it carries or asks for, as in FrameEvent; 0: none
};

/// A frame whose last bit has passed a NIC's connector.
struct FrameEvent {
  Time end;
  unsigned port = 0;
  bool transmitted = false;          ///< by the NIC
  std::span<const std::byte> bytes;  ///< without FCS
  std::uint64_t content = 0;         ///< hash of bytes
  Time stamp{};                      ///< transmitted: when the application sent it, zero if unknown
  std::uint32_t packet = 0;          ///< running number of the frame, of this NIC and direction, from 1
  JourneyId journey{};               ///< measurement: whose way this is
};

/// An interrupt message reaching its CPU.
struct InterruptEvent {
  Time time;
  unsigned port = 0, vector = 0, cpu = 0;
};

/// A datagram returned to an application.
struct DeliveryEvent {
  Time time;
  unsigned host = 0, socket = 0;
  std::uint32_t length = 0;
  std::uint64_t source = 0;  ///< address << 16 | port
  std::uint64_t content = 0;
};

class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void tlp(const TlpEvent&) {}
  virtual void frame(const FrameEvent&) {}
  virtual void interrupt(const InterruptEvent&) {}
  virtual void delivery(const DeliveryEvent&) {}
};

}  // namespace niclab
