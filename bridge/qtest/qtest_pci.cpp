#include "bridge/qtest/qtest_pci.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

namespace niclab::bridge::qtest {
namespace {

constexpr Duration kReadLatency = 1_us;       // of a register across PCI Express
constexpr Duration kMessageLatency = 100_ns;  // from the word to the CPU
constexpr std::uint8_t kMsiCapability = 0x05, kMsixCapability = 0x11;
constexpr std::uint16_t kCommand = 0x04, kIntxDisable = 0x0400, kMsixEnable = 0x8000, kMsiEnable = 0x0001;
constexpr std::uint16_t kMsi64 = 0x0080, kMsiMaskable = 0x0100;
constexpr std::uint32_t kMessage = 0x4E4C'0000;  // any data but 0, which an empty word holds

}  // namespace

QtestPci::QtestPci(Machine& machine, Client& client, PciAddress address, Offer offer, unsigned intx_line)
    : machine_(machine),
      client_(client),
      address_(address),
      offer_(offer),
      intx_line_(intx_line),
      bars_(place_bars(client, address)),
      words_(reinterpret_cast<std::uint32_t*>(machine.kernel().alloc_host_memory(4 * kVectors, 4096))) {
  std::fill_n(words_, kVectors, 0);
  msix_ = find_capability(client, address, kMsixCapability);
  msi_ = find_capability(client, address, kMsiCapability);
  if (msix_ != 0) {
    const std::uint32_t table = config_read(client, address, static_cast<std::uint16_t>(msix_ + 4), 4);
    msix_bar_ = table & 7;
    msix_table_ = table & ~7u;
  }
  if (offer == Offer::intx) client.run(Command{"irq_intercept_in ioapic"});
  machine.set_watcher([this](Time t) { look(t); });
}

// --- accesses ------------------------------------------------------------------------------------

std::uint32_t QtestPci::config_in(std::uint16_t offset, unsigned width) {
  if (offset >= 256) return ~0u;
  const auto value = machine_.access(config_read_commands(address_, offset, width));
  kernel().charge(kReadLatency);
  return static_cast<std::uint32_t>(value);
}
void QtestPci::config_out(std::uint16_t offset, unsigned width, std::uint32_t value) {
  if (offset >= 256) return;
  machine_.access(config_write_commands(address_, offset, width, value));
  kernel().charge(kReadLatency);
}

std::uint32_t QtestPci::mmio_read32(unsigned bar, std::uint32_t offset) {
  const Command command = read_memory(bars_.at(bar).base + offset, 4);
  const auto value = machine_.access(std::span(&command, 1));
  kernel().charge(kReadLatency);
  return static_cast<std::uint32_t>(value);
}
void QtestPci::mmio_write32(unsigned bar, std::uint32_t offset, std::uint32_t value) {
  kernel().charge(kernel().cost.mmio_write);
  const Command command = write_memory(bars_.at(bar).base + offset, 4, value);
  machine_.access(std::span(&command, 1));
}

namespace {

const Bar& io_bar(const std::array<Bar, 6>& bars) {
  const auto found =
      std::find_if(bars.begin(), bars.end(), [](const Bar& b) { return b.kind == Bar::Kind::io; });
  if (found == bars.end()) throw Error("qtest: an access to ports of a function that has none");
  return *found;
}

}  // namespace

std::uint32_t QtestPci::io_read32(std::uint32_t offset) {
  const Command command = read_port(static_cast<std::uint16_t>(io_bar(bars_).base + offset), 4);
  const auto value = machine_.access(std::span(&command, 1));
  kernel().charge(kReadLatency);
  return static_cast<std::uint32_t>(value);
}
void QtestPci::io_write32(std::uint32_t offset, std::uint32_t value) {
  const Command command = write_port(static_cast<std::uint16_t>(io_bar(bars_).base + offset), 4, value);
  machine_.access(std::span(&command, 1));
  kernel().charge(kReadLatency);
}

int QtestPci::request_regions(std::string owner) {
  if (!owner_.empty()) return -EBUSY;
  owner_ = std::move(owner);
  return 0;
}

// --- DMA -----------------------------------------------------------------------------------------

std::uint64_t QtestPci::bus_address(const std::byte* p) const {
  return machine_.ram_offset() + machine_.kernel().memory().physical(p).value;
}

int QtestPci::dma_set_mask_and_coherent(unsigned bits) {
  const std::uint64_t end = machine_.ram_offset() + machine_.kernel().memory().size();
  return bits >= 64 || end <= std::uint64_t{1} << bits ? 0 : -EIO;
}

DmaAddress QtestPci::dma_map_single(std::span<std::byte> memory, DmaDirection direction,
                                    std::source_location) {
  kernel().charge(kernel().cost.dma_map);
  kernel().sync();
  if (!machine_.kernel().memory().contains(memory.data(), memory.size())) {
    ++dma_faults_;
    return kDmaMappingError;
  }
  const DmaAddress bus{bus_address(memory.data())};
  mappings_.insert({bus.value, {memory.size(), direction}});
  return bus;
}

void QtestPci::dma_unmap_single(DmaAddress address, std::size_t size, DmaDirection direction,
                                std::source_location) {
  kernel().charge(kernel().cost.dma_unmap);
  kernel().sync();
  const auto [first, last] = mappings_.equal_range(address.value);
  const auto found = std::find_if(
      first, last, [&](const auto& m) { return m.second.size == size && m.second.direction == direction; });
  if (found == last)
    ++dma_faults_;
  else
    mappings_.erase(found);
}

std::span<std::byte> QtestPci::dma_alloc_coherent(std::size_t size, DmaAddress& bus,
                                                  std::source_location where) {
  std::byte* memory = kernel().alloc_host_memory((size + 4095) / 4096 * 4096, 4096);
  bus = dma_map_single({memory, size}, DmaDirection::bidirectional, where);
  return {memory, size};
}

void QtestPci::dma_free_coherent(std::span<std::byte> memory, DmaAddress bus, std::source_location where) {
  dma_unmap_single(bus, memory.size(), DmaDirection::bidirectional, where);
}

// --- interrupts ----------------------------------------------------------------------------------

int QtestPci::enable_msix(unsigned vectors) {
  if (offer_ != Offer::msix || msix_ == 0) return -ENODEV;
  const auto control_at = static_cast<std::uint16_t>(msix_ + 2);
  const std::uint16_t control = config_read16(control_at);
  if (vectors > (control & 0x7FFu) + 1 || vectors > kVectors) return -ENOSPC;
  for (unsigned v = 0; v < vectors; ++v) write_msix_entry(v, true);
  config_write16(control_at, static_cast<std::uint16_t>(control | kMsixEnable));
  way_ = Offer::msix;
  return 0;
}

void QtestPci::disable_msix() {
  const auto control_at = static_cast<std::uint16_t>(msix_ + 2);
  config_write16(control_at, static_cast<std::uint16_t>(config_read16(control_at) & ~kMsixEnable));
  way_ = Offer::intx;
}

void QtestPci::write_msix_entry(unsigned vector, bool masked) {
  const std::uint64_t word = bus_address(reinterpret_cast<const std::byte*>(words_ + vector));
  const std::uint32_t entry = msix_table_ + 16 * vector;
  mmio_write32(msix_bar_, entry + 12, 1);
  mmio_write32(msix_bar_, entry + 0, static_cast<std::uint32_t>(word));
  mmio_write32(msix_bar_, entry + 4, static_cast<std::uint32_t>(word >> 32));
  mmio_write32(msix_bar_, entry + 8, kMessage | vector);
  if (!masked) mmio_write32(msix_bar_, entry + 12, 0);
}

int QtestPci::enable_msi() {
  if (offer_ == Offer::intx || msi_ == 0) return -ENODEV;
  const std::uint16_t control = config_read16(static_cast<std::uint16_t>(msi_ + 2));
  if ((control & (kMsi64 | kMsiMaskable)) != (kMsi64 | kMsiMaskable)) return -ENODEV;
  const std::uint64_t word = bus_address(reinterpret_cast<const std::byte*>(words_));
  config_write32(static_cast<std::uint16_t>(msi_ + 16), 1);
  config_write32(static_cast<std::uint16_t>(msi_ + 4), static_cast<std::uint32_t>(word));
  config_write32(static_cast<std::uint16_t>(msi_ + 8), static_cast<std::uint32_t>(word >> 32));
  config_write16(static_cast<std::uint16_t>(msi_ + 12), static_cast<std::uint16_t>(kMessage >> 16));
  set_msi(true);
  way_ = Offer::msi;
  return 0;
}

void QtestPci::disable_msi() {
  set_msi(false);
  way_ = Offer::intx;
}

void QtestPci::set_msi(bool enabled) {
  const auto control_at = static_cast<std::uint16_t>(msi_ + 2);
  const std::uint16_t control = config_read16(control_at), command = config_read16(kCommand);
  config_write16(kCommand,
                 static_cast<std::uint16_t>(enabled ? command | kIntxDisable : command & ~kIntxDisable));
  config_write16(control_at,
                 static_cast<std::uint16_t>(enabled ? control | kMsiEnable : control & ~kMsiEnable));
}

int QtestPci::request_irq(unsigned vector, Callback handler, std::string name) {
  if (vector >= kVectors || irqs_[vector].action != nullptr || (way_ != Offer::msix && vector != 0))
    return -EINVAL;
  Irq& irq = irqs_[vector];
  irq.handler = handler;
  const bool level = way_ == Offer::intx;
  irq.action = &machine_.kernel().add_irq(
      std::move(name), level ? Callback::to<&QtestPci::line_interrupt>(*this) : handler, true);
  irq.action->level = level;
  irq.cpu = vector % kernel().num_online_cpus();
  switch (way_) {
    case Offer::msix: write_msix_entry(vector, false); break;
    case Offer::msi: config_write32(static_cast<std::uint16_t>(msi_ + 16), 0); break;
    case Offer::intx:
      if (line_high_) fire(0, kernel().now());
  }
  return 0;
}

void QtestPci::free_irq(unsigned vector) {
  if (irqs_.at(vector).action == nullptr) return;
  if (way_ == Offer::msix) mmio_write32(msix_bar_, msix_table_ + 16 * vector + 12, 1);
  if (way_ == Offer::msi) config_write32(static_cast<std::uint16_t>(msi_ + 16), 1);
  kernel().sync();
  irqs_[vector].action = nullptr;
}

void QtestPci::irq_set_affinity(unsigned vector, unsigned cpu) {
  kernel().sync();
  irqs_.at(vector).cpu = cpu % kernel().num_online_cpus();
}

/// QEMU has run: what did its writes and lines say? It may write at any moment, hence the exchange.
void QtestPci::look(Time t) {
  for (const LineEvent& e : client_.take_line_events()) {
    if (e.line != intx_line_) continue;
    const bool rises = e.high && !line_high_;
    line_high_ = e.high;
    if (rises) fire(0, t);
  }
  for (unsigned v = 0; v < kVectors; ++v)
    if (std::atomic_ref(words_[v]).exchange(0) != 0) fire(v, t);
}

void QtestPci::fire(unsigned vector, Time t) {
  ++irqs_[vector].count;
  machine_.be_quick();
  machine_.engine().at<&QtestPci::interrupt_arrives>(t + kMessageLatency, sim::Kind::irq, 0x4000 + vector,
                                                     *this, vector);
}

void QtestPci::interrupt_arrives(Time t, std::uint32_t vector) {
  const Irq& irq = irqs_[vector];
  if (irq.action != nullptr) machine_.kernel().cpu(irq.cpu).irq_arrives(t, *irq.action);
}

/// The line interrupts again until the device lets go.
void QtestPci::line_interrupt() {
  irqs_[0].handler();
  kernel().sync();
  if (line_high_) fire(0, kernel().now());
}

}  // namespace niclab::bridge::qtest
