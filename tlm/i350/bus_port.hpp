// What a function asks of its PCIe interface.
#pragma once

#include <cstdint>
#include <span>

#include "base/pci.hpp"
#include "base/time.hpp"
#include "hw/phy.hpp"
#include "tlm/frame.hpp"
#include "tlm/pcie_link.hpp"

namespace niclab::sim {

/// Who a read belongs to, and what for.
enum class ReadKind : std::uint8_t { rx_descriptors, tx_descriptors, tx_payload };
struct ReadTag {
  ReadKind kind;
  std::uint8_t queue = 0;
  std::uint16_t slot = 0;
  std::uint32_t generation = 0;  ///< of the queue: an answer from before a reset is dropped
  std::uint64_t id = 0;          ///< handed back with the answer; no two reads have the same
};

/// How a read ended (fact base 6.4): with data, or as an Unsupported Request, a Completer Abort, or poisoned.
enum class ReadStatus : std::uint8_t { good, unsupported, aborted, poisoned };
struct ReadAnswer {
  std::uint64_t id = 0;  ///< ReadTag::id
  ReadStatus status = ReadStatus::good;
  bool provoked = false;              ///< a scenario wanted it so: nobody's mistake
  std::uint8_t tlp_tag = 0;           ///< on the bus, for the header log
  std::span<const std::byte> data{};  ///< of a good one
};

class BusPort {
 public:
  virtual ~BusPort() = default;
  virtual unsigned max_payload_size() const = 0;
  virtual unsigned max_read_request_size() const = 0;
  /// Payload reads a function may have in flight, beside one descriptor read of each direction.
  virtual unsigned payload_reads() const = 0;
  /// Posts bytes of `frame` starting at `offset`; a reference is taken. Returns when its last symbol has
  /// left. `packet`: TlpEvent::packet.
  virtual Time write_frame(Time t, std::uint64_t address, Frame* frame, std::uint32_t offset,
                           std::uint32_t length, std::uint32_t packet,
                           JourneyId journey = JourneyId::none) = 0;
  /// Posts up to 512 bytes, copied. `journeys`: measurement, of the descriptors among them.
  virtual Time write(Time t, std::uint64_t address, std::span<const std::byte> bytes,
                     DescriptorRun journeys = {}) = 0;
  /// Reads into `frame` at `offset` (a reference is taken), or into the TLP itself when `frame` is null.
  virtual void read(Time t, std::uint64_t address, std::uint32_t length, Frame* frame, std::uint32_t offset,
                    ReadTag tag, JourneyId journey = JourneyId::none) = 0;
  /// Sends a message TLP: MessageCode, no data. Ordered with posted writes. Needs no bus mastering.
  virtual void message(Time t, std::uint8_t code) = 0;
  /// CTRL.DEV_RST was written: every function of the device, this one included, is to be reset now.
  virtual void reset_device(Time t) = 0;
  /// Number of this NIC, counted over all hosts.
  virtual unsigned port() const = 0;
  /// Who records the journeys of packets, or nullptr.
  virtual JourneyObserver* journeys() const = 0;
  /// A frame leaves for the wire: first bit of its preamble at `start`, last bit of its FCS at `end`.
  virtual void transmit(Time start, Time end, Frame* frame) = 0;
  /// The frame that transmit() put on the wire last, and that has not ended, loses its end.
  virtual void truncate_frame() = 0;
  /// The PHY says something new to the other end of its cable.
  virtual void link_says(Time t, const hw::LinkSignal& s) = 0;
};

}  // namespace niclab::sim
