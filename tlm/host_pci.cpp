#include "tlm/host_pci.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace niclab::sim {
namespace {

// PCI configuration space (fact base 1.4)
constexpr std::uint16_t kCommand = 0x04, kIntxDisable = 0x0400, kInterruptPin = 0x3D;
constexpr std::uint16_t kMsiControl = 0x52, kMsiAddress = 0x54, kMsiAddressHigh = 0x58, kMsiData = 0x5C,
                        kMsiMask = 0x60;
constexpr std::uint16_t kMsixControl = 0x72, kMsixTable = 0x74;
constexpr std::uint16_t kMsixEnable = 0x8000, kMsiEnable = 0x0001;
constexpr std::uint16_t kDeviceControl = 0xA8, kLinkControl = 0xB0, kDeviceControl2 = 0xC8,
                        kLinkControl2 = 0xD0, kBar0 = 0x10;
/// What pci_save_state keeps, in the order in which it is written back: Command when the BARs are there, and
/// the enable bits of MSI and MSI-X after what they enable.
constexpr std::uint16_t kSaved[] = {kDeviceControl,
                                    kLinkControl,
                                    kDeviceControl2,
                                    kLinkControl2,
                                    0x0C,
                                    kBar0,
                                    0x14,
                                    0x18,
                                    0x1C,
                                    0x20,
                                    0x24,
                                    0x30,
                                    0x3C,
                                    kCommand,
                                    kMsiAddress,
                                    kMsiAddressHigh,
                                    kMsiData,
                                    kMsiMask,
                                    kMsiControl - 2,
                                    kMsixControl - 2};
constexpr unsigned kIoBar = 2;
/// How often the root port asks again while a function is not ready, and when it gives up: PCI Express allows
/// a function one second after a reset.
constexpr Duration kRetryFirst = 1_us, kRetryLongest = 1_ms, kRetryLimit = 1_s;

constexpr std::uint32_t msi_address(unsigned cpu) {
  return static_cast<std::uint32_t>(Host::kMsiWindow) | cpu << 12;
}

}  // namespace

HostPci::HostPci(Host& host, unsigned function, PciAddress address, InterruptOffer offer)
    : host_(host), function_(function), address_(address), offer_(offer) {
  for (const unsigned bar : {0u, 3u}) set_bar(bar, bar_base(function, bar));
  host.recovery().attach(function, *this);
}

std::uint32_t HostPci::transact(TlpType type, std::uint64_t address, std::uint32_t value, unsigned offset,
                                unsigned width) {
  bool retry = false;
  std::uint32_t result = transact_once(type, address, value, offset, width, retry);
  Duration waited{};
  for (Duration wait = kRetryFirst; retry && waited < kRetryLimit; wait = std::min(wait * 2, kRetryLongest)) {
    kernel().charge(wait);
    waited += wait;
    result = transact_once(type, address, value, offset, width, retry);
  }
  return result;
}

std::uint32_t HostPci::transact_once(TlpType type, std::uint64_t address, std::uint32_t value,
                                     unsigned offset, unsigned width, bool& retry) {
  Kernel& k = kernel();
  k.settle();  // a register access takes its place in time
  Payload& p = host_.payloads().get(type, address, nullptr, 4);
  TlpExtension& e = TlpPool::extension(p);
  e.function = function_;
  e.tag = 0;
  Cpu& cpu = host_.kernel().here();
  e.owner = &cpu;
  // The byte enables of a narrow configuration write travel in owner_arg.
  e.owner_arg = ((1u << width) - 1) << offset;
  value <<= 8 * offset;
  std::memcpy(e.inline_data.data(), &value, 4);
  if (host_.frozen()) {  // the run is over: look without spending time
    host_.to_bus->transport_dbg(p);
    std::uint32_t seen = 0;
    std::memcpy(&seen, e.inline_data.data(), 4);
    p.release();
    return seen >> 8 * offset;
  }
  ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
  const Time now = k.now();
  if (k.journeys() != nullptr) e.issued = now;
  sc_core::sc_time delay = delay_to(now);
  const auto sync = host_.to_bus->nb_transport_fw(p, phase, delay);
  std::uint32_t result = 0;
  if (type != TlpType::MWr) {
    if (sync != ::tlm::TLM_COMPLETED) cpu.stall();
    std::memcpy(&result, e.inline_data.data(), 4);
    retry = e.retry;
    if (!p.is_response_ok()) result = ~0u;
    result >>= 8 * offset;
  }
  p.release();
  return result;
}

std::uint32_t HostPci::config_read(std::uint16_t offset, unsigned width) {
  return transact(TlpType::CfgRd, offset & ~3u, 0, offset & 3u, width);
}
std::uint8_t HostPci::config_read8(std::uint16_t offset) {
  return static_cast<std::uint8_t>(config_read(offset, 1));
}
std::uint16_t HostPci::config_read16(std::uint16_t offset) {
  return static_cast<std::uint16_t>(config_read(offset, 2));
}
std::uint32_t HostPci::config_read32(std::uint16_t offset) { return config_read(offset, 4); }
void HostPci::config_write16(std::uint16_t offset, std::uint16_t value) {
  transact(TlpType::CfgWr, offset & ~3u, value, offset & 3u, 2);
}
void HostPci::config_write32(std::uint16_t offset, std::uint32_t value) {
  transact(TlpType::CfgWr, offset, value, 0, 4);
}

std::uint32_t HostPci::mmio_read32(unsigned bar, std::uint32_t offset) {
  return transact(TlpType::MRd, bars_.at(bar) + offset, 0, 0, 4);
}
void HostPci::mmio_write32(unsigned bar, std::uint32_t offset, std::uint32_t value) {
  kernel().charge(kernel().cost.mmio_write);
  transact(TlpType::MWr, bars_.at(bar) + offset, value, 0, 4);
}
std::uint32_t HostPci::io_read32(std::uint32_t offset) {
  return transact(TlpType::IORd, bars_[kIoBar] + offset, 0, 0, 4);
}
void HostPci::io_write32(std::uint32_t offset, std::uint32_t value) {
  transact(TlpType::IOWr, bars_[kIoBar] + offset, value, 0, 4);
}

// --- saved state ---------------------------------------------------------------------------------

std::uint32_t HostPci::look_at_config(std::uint16_t offset) {
  Payload& p = host_.payloads().get(TlpType::CfgRd, offset, nullptr, 4);
  TlpExtension& e = TlpPool::extension(p);
  e.function = function_;
  host_.to_bus->transport_dbg(p);
  std::uint32_t value = 0;
  std::memcpy(&value, e.inline_data.data(), 4);
  p.release();
  return value;
}

void HostPci::save_state() {
  const std::uint32_t vendor = look_at_config(0);
  // In the middle of a reset, or gone: what was saved before still counts.
  if (vendor == 0 || vendor == ~0u || (look_at_config(kBar0) & ~0xFu) == 0) return;
  for (const std::uint16_t offset : kSaved) saved_[offset / 4] = look_at_config(offset);
  state_saved_ = true;
}

void HostPci::restore_state() {
  if (!state_saved_) return;
  for (const std::uint16_t offset : kSaved) {
    const std::uint32_t v = saved_[offset / 4];
    switch (offset) {
      case kCommand:
      case kDeviceControl:
      case kLinkControl:
      case kDeviceControl2:
      case kLinkControl2:  // above them are status bits
        config_write16(offset, static_cast<std::uint16_t>(v));
        break;
      case kMsiControl - 2:
      case kMsixControl - 2:
        config_write16(static_cast<std::uint16_t>(offset + 2), static_cast<std::uint16_t>(v >> 16));
        break;
      default: config_write32(offset, v);
    }
  }
  if (way_ != InterruptOffer::msix) return;
  msix_bar_ = config_read32(kMsixTable) & 7;
  for (unsigned v = 0; v < irqs_.size(); ++v)
    if (irqs_[v].action != nullptr) program_msix_entry(v, irqs_[v], false);
}

int HostPci::request_regions(std::string owner) {
  if (!owner_.empty()) return -EBUSY;
  owner_ = std::move(owner);
  return 0;
}

// --- DMA -----------------------------------------------------------------------------------------

// Without an IOMMU that places mappings on demand, 32 bits are enough only if no address needs more.
int HostPci::dma_set_mask_and_coherent(unsigned bits) {
  return bits >= host_.iommu().address_bits() ? 0 : -EIO;
}

DmaAddress HostPci::dma_map_single(std::span<std::byte> memory, DmaDirection direction,
                                   std::source_location where) {
  kernel().charge(kernel().cost.dma_map);
  kernel().dma_sync();
  return host_.iommu().map(memory, direction, where);
}

void HostPci::dma_unmap_single(DmaAddress address, std::size_t size, DmaDirection,
                               std::source_location where) {
  kernel().charge(kernel().cost.dma_unmap);
  kernel().dma_sync();
  if (!host_.iommu().unmap(address, size, where))
    host_.report_fault({kernel().now(), port(), false, address.value, static_cast<std::uint32_t>(size),
                        "unmap of what is not mapped so"});
}

std::span<std::byte> HostPci::dma_alloc_coherent(std::size_t size, DmaAddress& bus,
                                                 std::source_location where) {
  const std::size_t rounded = (size + 4095) / 4096 * 4096;
  std::byte* memory = kernel().alloc_host_memory(rounded, 4096);
  kernel().dma_sync();
  bus = host_.iommu().map({memory, size}, DmaDirection::bidirectional, where);
  return {memory, size};
}

void HostPci::dma_free_coherent(std::span<std::byte> memory, DmaAddress bus, std::source_location where) {
  kernel().dma_sync();
  host_.iommu().unmap(bus, memory.size(), where);
}

// --- interrupts ----------------------------------------------------------------------------------

int HostPci::enable_msix(unsigned vectors) {
  if (offer_ != InterruptOffer::msix) return -ENODEV;
  const std::uint16_t control = config_read16(kMsixControl);
  if (vectors > (control & 0x7FFu) + 1) return -ENOSPC;
  msix_bar_ = config_read32(kMsixTable) & 7;
  for (unsigned v = 0; v < vectors; ++v) program_msix_entry(v, {}, true);
  config_write16(kMsixControl, static_cast<std::uint16_t>(control | kMsixEnable));
  way_ = InterruptOffer::msix;
  return 0;
}

void HostPci::disable_msix() {
  const std::uint16_t control = config_read16(kMsixControl);
  config_write16(kMsixControl, static_cast<std::uint16_t>(control & ~kMsixEnable));
  way_ = InterruptOffer::intx;
}

int HostPci::enable_msi() {
  if (offer_ == InterruptOffer::intx) return -ENODEV;
  const std::uint16_t control = config_read16(kMsiControl);
  config_write32(kMsiMask, 1);
  config_write16(kCommand, static_cast<std::uint16_t>(config_read16(kCommand) | kIntxDisable));
  config_write16(kMsiControl, static_cast<std::uint16_t>(control | kMsiEnable));
  way_ = InterruptOffer::msi;
  return 0;
}

void HostPci::disable_msi() {
  const std::uint16_t control = config_read16(kMsiControl);
  config_write16(kMsiControl, static_cast<std::uint16_t>(control & ~kMsiEnable));
  config_write16(kCommand, static_cast<std::uint16_t>(config_read16(kCommand) & ~kIntxDisable));
  way_ = InterruptOffer::intx;
}

void HostPci::program_msix_entry(unsigned vector, const Irq& irq, bool masked) {
  const std::uint32_t entry = vector * 16;
  mmio_write32(msix_bar_, entry + 12, 1);
  mmio_write32(msix_bar_, entry + 0, irq.action != nullptr ? msi_address(irq.cpu) : 0);
  mmio_write32(msix_bar_, entry + 4, 0);
  mmio_write32(msix_bar_, entry + 8, irq.data);
  if (!masked) mmio_write32(msix_bar_, entry + 12, 0);
}

void HostPci::program_msi(const Irq& irq) {
  config_write32(kMsiAddress, msi_address(irq.cpu));
  config_write32(kMsiAddressHigh, 0);
  config_write32(kMsiData, irq.data);
}

int HostPci::request_intx(Callback handler, std::string name) {
  const unsigned pin = config_read8(kInterruptPin);
  if (pin == 0 || pin > kIntxWires) return -EINVAL;
  wire_ = pin - 1;
  InterruptLine& wire = line();
  kernel().sync();
  wire.users.push_back({this, handler, std::move(name)});
  if (wire.action == nullptr) {
    wire.cpu = 0;
    irqs_[0].action =
        &host_.kernel().add_irq(wire.names(), Callback::to<&InterruptLine::interrupt>(wire), true);
    irqs_[0].action->level = true;
    host_.unmask(wire, *irqs_[0].action);
  } else {
    irqs_[0].action = wire.action;
    wire.action->name = wire.names();
  }
  return 0;
}

void HostPci::free_intx() {
  InterruptLine& wire = line();
  std::erase_if(wire.users, [this](const InterruptLine::User& u) { return u.device == this; });
  if (wire.users.empty())
    wire.action = nullptr;
  else
    wire.action->name = wire.names();
}

int HostPci::request_irq(unsigned vector, Callback handler, std::string name) {
  if (vector >= irqs_.size() || irqs_[vector].action != nullptr) return -EINVAL;
  if (way_ != InterruptOffer::msix && vector != 0) return -EINVAL;
  if (way_ == InterruptOffer::intx) return request_intx(handler, std::move(name));
  Irq& irq = irqs_[vector];
  irq.action = &host_.kernel().add_irq(std::move(name), handler, true);
  irq.cpu = vector % kernel().num_online_cpus();
  irq.data = host_.connect_irq(*this, vector, *irq.action);
  if (way_ == InterruptOffer::msix) {
    program_msix_entry(vector, irq, false);
  } else {
    program_msi(irq);
    config_write32(kMsiMask, 0);
  }
  return 0;
}

void HostPci::free_irq(unsigned vector) {
  Irq& irq = irqs_[vector];
  if (irq.action == nullptr) return;
  if (way_ == InterruptOffer::msix) mmio_write32(msix_bar_, vector * 16 + 12, 1);
  if (way_ == InterruptOffer::msi) config_write32(kMsiMask, 1);
  kernel().sync();
  if (way_ == InterruptOffer::intx) {
    free_intx();
  } else {
    host_.disconnect_irq(irq.data);
  }
  irq = {};
}

void HostPci::irq_set_affinity(unsigned vector, unsigned cpu) {
  Irq& irq = irqs_[vector];
  if (irq.action == nullptr) return;
  irq.cpu = cpu % kernel().num_online_cpus();
  switch (way_) {
    case InterruptOffer::msix: return program_msix_entry(vector, irq, false);
    case InterruptOffer::msi: return config_write32(kMsiAddress, msi_address(irq.cpu));
    case InterruptOffer::intx: kernel().sync(); line().cpu = irq.cpu;
  }
}

}  // namespace niclab::sim
