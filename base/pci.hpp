// The driver's view of one PCI function: configuration space, MMIO, DMA, interrupts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/addresses.hpp"
#include "base/callback.hpp"
#include "base/journey.hpp"
#include "base/kernel.hpp"
#include "base/meters.hpp"

namespace niclab {

enum class DmaDirection : std::uint8_t { to_device, from_device, bidirectional };

/// What dma_map_single returns when no address is left (Linux's dma_mapping_error, path-map B-117).
inline constexpr DmaAddress kDmaMappingError{~std::uint64_t{0}};

/// Measurement only, never part of the simulated state: when the frame in a descriptor was on the wire
/// (receive) or left the application (transmit). Indexed by queue and descriptor; ring lengths up to 4096.
class DescriptorStamps {
 public:
  Time& at(unsigned queue, unsigned index) { return stamps_[queue * kRing + index]; }

  /// From now on a descriptor also says whose journey it carries. Before, nobody's.
  void follow(JourneyObserver& observer) {
    observer_ = &observer;
    journeys_.resize(8 * kRing);
    filled_.resize(8 * kRing, Time::never());
  }
  bool followed() const { return !journeys_.empty(); }
  JourneyId journey(unsigned queue, unsigned index) const {
    return journeys_.empty() ? JourneyId::none : journeys_[queue * kRing + index];
  }
  /// What a descriptor still carried from before a reset of its ring has ended.
  void put_journey(unsigned queue, unsigned index, JourneyId id) {
    if (journeys_.empty()) return;
    JourneyId& at = journeys_[queue * kRing + index];
    if (at != JourneyId::none) observer_->dropped(at);
    at = id;
  }
  JourneyId take_journey(unsigned queue, unsigned index) {
    return journeys_.empty() ? JourneyId::none
                             : std::exchange(journeys_[queue * kRing + index], JourneyId::none);
  }

  // How long what a ring's descriptors say waits for the driver; of those that are followed only.
  /// A descriptor says something new from `t` on.
  void filled(unsigned queue, unsigned index, Time t) {
    emptied(queue, index, t);
    filled_[queue * kRing + index] = t;
    meter_.enter(1, ++full_, t);
  }
  /// The driver has read it, or will not.
  void emptied(unsigned queue, unsigned index, Time t) {
    Time& at = filled_[queue * kRing + index];
    if (at == Time::never()) return;
    meter_.leave(1, std::exchange(at, Time::never()), --full_, t);
  }
  /// Starts the ring of a queue anew.
  void empty(unsigned queue, Time t) {
    if (!followed()) return;
    for (unsigned i = 0; i < kRing; ++i) emptied(queue, i, t);
  }
  BufferMeter& meter() { return meter_; }
  /// The run is over: what is still there has waited until `end`.
  void settle_meter(Time end) {
    for (const Time at : filled_)
      if (at != Time::never()) meter_.stayed(1, at, end);
  }

 private:
  static constexpr unsigned kRing = 4096;
  std::vector<Time> stamps_ = std::vector<Time>(8 * kRing);
  std::vector<JourneyId> journeys_;
  JourneyObserver* observer_ = nullptr;
  std::vector<Time> filled_;  ///< when; never(): it says nothing new
  std::uint64_t full_ = 0;    ///< so many that do
  BufferMeter meter_;
};

/// Measurement: consecutive descriptors of a ring. No `stamps`: none.
struct DescriptorRun {
  DescriptorStamps* stamps = nullptr;
  std::uint16_t queue = 0, first = 0, count = 0;

  /// Cuts off the first `n`.
  DescriptorRun take(unsigned n) {
    const DescriptorRun front{stamps, queue, first, static_cast<std::uint16_t>(n < count ? n : count)};
    first = static_cast<std::uint16_t>(first + front.count);
    count = static_cast<std::uint16_t>(count - front.count);
    return front;
  }

  /// Calls f with the journey of each packet among them.
  template <class F>
  void each(F&& f) const {
    for (unsigned i = 0; stamps != nullptr && i < count; ++i)
      if (const JourneyId id = stamps->journey(queue, first + i); id != JourneyId::none) f(id);
  }
  /// They are visible to the driver from `t` on.
  void filled(Time t) const {
    for (unsigned i = 0; stamps != nullptr && i < count; ++i) stamps->filled(queue, first + i, t);
  }
};

/// An array of 16-byte descriptors or the like that device and driver share. Every access synchronises.
template <class T>
class CoherentArray {
 public:
  CoherentArray() = default;
  CoherentArray(T* data, std::size_t size, DmaAddress bus) : data_(data), size_(size), bus_(bus) {}
  T load(Kernel& k, std::size_t i) const {
    k.dma_sync();
    return data_[i];
  }
  void store(Kernel& k, std::size_t i, const T& value) {
    k.dma_sync();
    data_[i] = value;
  }
  std::size_t size() const { return size_; }
  DmaAddress bus_address() const { return bus_; }  ///< of element 0
  T* unsynchronised() { return data_; }            ///< set-up only, before the device may look

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  DmaAddress bus_{};
};

/// What a driver answers when the platform asks it about an error (Linux's pci_ers_result).
enum class PciErsResult : std::uint8_t { none, can_recover, need_reset, disconnect, recovered };

/// Whether a function can still be reached when an error is reported: register accesses work, do not work for
/// now, or never will again (Linux's pci_channel_state).
enum class PciChannelState : std::uint8_t { normal, frozen, perm_failure };

/// A driver's pci_error_handlers. The platform's recovery calls them in a task on CPU 0, one after the other.
class PciErrorHandler {
 public:
  /// Something went wrong on the bus. need_reset: slot_reset() and resume() follow; can_recover: resume()
  /// does; disconnect or none: nothing does.
  virtual PciErsResult error_detected(PciChannelState state) = 0;
  /// The function can be reached again; its configuration space and its MSI-X table are as they were before
  /// the error (pci_restore_state has been done), its registers need not be. Any answer but recovered ends
  /// the recovery.
  virtual PciErsResult slot_reset() = 0;
  /// Go on.
  virtual void resume() = 0;

 protected:
  ~PciErrorHandler() = default;
};

/// One PCI function as its driver sees it (the `Platform` of the house rules). Register accesses stall or
/// cost the running CPU what the bus takes. All calls from task or interrupt context of the device's host.
class PciDevice {
 public:
  virtual ~PciDevice() = default;
  virtual Kernel& kernel() = 0;
  virtual PciAddress address() const = 0;

  /// Configuration space; the width is the type's. `offset` is a byte offset, naturally aligned (fact base
  /// 1).
  virtual std::uint8_t config_read8(std::uint16_t offset) = 0;
  virtual std::uint16_t config_read16(std::uint16_t offset) = 0;
  virtual std::uint32_t config_read32(std::uint16_t offset) = 0;
  virtual void config_write16(std::uint16_t offset, std::uint16_t value) = 0;
  virtual void config_write32(std::uint16_t offset, std::uint32_t value) = 0;

  /// dma_set_mask_and_coherent: the device can address `bits` bits. 0, or a negative errno when the platform
  /// cannot keep all its addresses below that.
  virtual int dma_set_mask_and_coherent(unsigned bits) = 0;
  /// pci_request_selected_regions: the function's memory BARs are `owner`'s from now on; -EBUSY: somebody
  /// else's.
  virtual int request_regions(std::string owner) = 0;
  virtual void release_regions() = 0;

  /// A 32-bit register of a memory BAR. Reads stall the CPU for the round trip; a read nobody answers returns
  /// all ones, as on real machines. Writes are posted.
  virtual std::uint32_t mmio_read32(unsigned bar, std::uint32_t offset) = 0;
  virtual void mmio_write32(unsigned bar, std::uint32_t offset, std::uint32_t value) = 0;

  /// A 32-bit register of the I/O BAR. Both stall the CPU until the device has answered.
  virtual std::uint32_t io_read32(std::uint32_t offset) = 0;
  virtual void io_write32(std::uint32_t offset, std::uint32_t value) = 0;

  /// Streaming DMA mapping of host memory (alloc_host_memory's). The IOMMU lets the device touch exactly
  /// these bytes, in this direction, until unmapped; `where` is reported with a fault. Charges
  /// CostModel::dma_map.
  virtual DmaAddress dma_map_single(std::span<std::byte> memory, DmaDirection direction,
                                    std::source_location where = std::source_location::current()) = 0;
  virtual void dma_unmap_single(DmaAddress address, std::size_t size, DmaDirection direction,
                                std::source_location where = std::source_location::current()) = 0;
  /// Zeroed memory both sides may touch, mapped both ways.
  virtual std::span<std::byte> dma_alloc_coherent(
      std::size_t size, DmaAddress& bus, std::source_location where = std::source_location::current()) = 0;
  virtual void dma_free_coherent(std::span<std::byte> memory, DmaAddress bus,
                                 std::source_location where = std::source_location::current()) = 0;

  template <class T>
  CoherentArray<T> alloc_coherent_array(std::size_t n) {
    DmaAddress bus;
    const auto memory = dma_alloc_coherent(n * sizeof(T), bus);
    return {reinterpret_cast<T*>(memory.data()), n, bus};
  }

  /// pci_enable_msix: programs the capability and masks every entry; 0, or a negative errno when the function
  /// has fewer vectors. Entry i is then requested with request_irq(i).
  virtual int enable_msix(unsigned vectors) = 0;
  virtual void disable_msix() = 0;
  /// pci_enable_msi: the only vector is 0, masked until requested; 0, or a negative errno when the platform
  /// offers no MSI.
  virtual int enable_msi() = 0;
  virtual void disable_msi() = 0;
  /// Installs a hard-interrupt handler and unmasks the vector. `name` is its row in /proc/interrupts.
  /// With neither MSI-X nor MSI enabled vector 0 is the INTx pin: level-triggered, the handler is called
  /// again until the device lets go. The IRQ starts on CPU `vector % num_online_cpus` until affinity is set.
  /// 0 or a negative errno.
  virtual int request_irq(unsigned vector, Callback handler, std::string name) = 0;
  virtual void free_irq(unsigned vector) = 0;
  virtual void irq_set_affinity(unsigned vector, unsigned cpu) = 0;
  /// Whether a requested interrupt is a line on which other functions interrupt too.
  virtual bool irq_is_shared(unsigned) { return false; }

  /// Whom the platform asks when this function reports an error that is not correctable, or its link was
  /// lost; nullptr: nobody, and the error is only logged. From probe to remove.
  virtual void set_error_handler(PciErrorHandler*) {}

  virtual DescriptorStamps& rx_stamps() = 0;  ///< written by the device: end of frame on the wire
  virtual DescriptorStamps& tx_stamps() = 0;  ///< written by the driver: when the application sent it
};

}  // namespace niclab
