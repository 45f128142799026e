// A PCI function inside QEMU as its driver sees it: base/pci.hpp over qtest.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/pci.hpp"
#include "bridge/qtest/config_space.hpp"
#include "bridge/qtest/machine.hpp"

namespace niclab::bridge::qtest {

/// The best kind of interrupt the machine offers.
enum class Offer : std::uint8_t { msix, msi, intx };

/// Messages are writes of QEMU's into words of the host's memory, which are looked at whenever QEMU has run;
/// messages of one vector that came in between are one. INTx is a line of the I/O APIC whose inputs are
/// intercepted. Memory is the host's own, so mapping it copies nothing; that every mapping is undone once, as
/// it was made, is checked.
class QtestPci final : public PciDevice {
 public:
  /// Places the function's BARs. `intx_line`: the APIC's input its pin is wired to, if Offer::intx. Throws
  /// Error.
  QtestPci(Machine& machine, Client& client, PciAddress address, Offer offer = Offer::msix,
           unsigned intx_line = 0);

  // --- what a test asks --------------------------------------------------------------------------
  /// Messages seen of a vector; of the line, in slot 0, how often it rose.
  std::uint64_t interrupts(unsigned vector) const { return irqs_.at(vector).count; }
  const std::array<Bar, 6>& bars() const { return bars_; }
  /// Unmappings of what was not mapped so, and mappings of memory no device can reach.
  unsigned dma_faults() const { return dma_faults_; }
  std::size_t mappings() const { return mappings_.size(); }

  // --- PciDevice ---------------------------------------------------------------------------------
  Kernel& kernel() override { return machine_.kernel(); }
  PciAddress address() const override { return address_; }
  std::uint8_t config_read8(std::uint16_t offset) override {
    return static_cast<std::uint8_t>(config_in(offset, 1));
  }
  std::uint16_t config_read16(std::uint16_t offset) override {
    return static_cast<std::uint16_t>(config_in(offset, 2));
  }
  std::uint32_t config_read32(std::uint16_t offset) override { return config_in(offset, 4); }
  void config_write16(std::uint16_t offset, std::uint16_t value) override { config_out(offset, 2, value); }
  void config_write32(std::uint16_t offset, std::uint32_t value) override { config_out(offset, 4, value); }
  int dma_set_mask_and_coherent(unsigned bits) override;
  int request_regions(std::string owner) override;
  void release_regions() override { owner_.clear(); }
  std::uint32_t mmio_read32(unsigned bar, std::uint32_t offset) override;
  void mmio_write32(unsigned bar, std::uint32_t offset, std::uint32_t value) override;
  std::uint32_t io_read32(std::uint32_t offset) override;
  void io_write32(std::uint32_t offset, std::uint32_t value) override;
  DmaAddress dma_map_single(std::span<std::byte> memory, DmaDirection direction,
                            std::source_location where) override;
  void dma_unmap_single(DmaAddress address, std::size_t size, DmaDirection direction,
                        std::source_location where) override;
  std::span<std::byte> dma_alloc_coherent(std::size_t size, DmaAddress& bus,
                                          std::source_location where) override;
  void dma_free_coherent(std::span<std::byte> memory, DmaAddress bus, std::source_location where) override;
  int enable_msix(unsigned vectors) override;
  void disable_msix() override;
  int enable_msi() override;
  void disable_msi() override;
  int request_irq(unsigned vector, Callback handler, std::string name) override;
  void free_irq(unsigned vector) override;
  void irq_set_affinity(unsigned vector, unsigned cpu) override;
  DescriptorStamps& rx_stamps() override { return rx_stamps_; }
  DescriptorStamps& tx_stamps() override { return tx_stamps_; }

 private:
  static constexpr unsigned kVectors = 32;
  struct Irq {
    sim::IrqAction* action = nullptr;
    Callback handler;
    unsigned cpu = 0;
    std::uint64_t count = 0;
  };
  struct Mapping {
    std::size_t size;
    DmaDirection direction;
  };

  std::uint32_t config_in(std::uint16_t offset, unsigned width);
  void config_out(std::uint16_t offset, unsigned width, std::uint32_t value);
  std::uint64_t bus_address(const std::byte* p) const;
  void write_msix_entry(unsigned vector, bool masked);
  void set_msi(bool enabled);
  void look(Time t);
  void fire(unsigned vector, Time t);
  void interrupt_arrives(Time t, std::uint32_t vector);
  void line_interrupt();

  Machine& machine_;
  Client& client_;
  const PciAddress address_;
  const Offer offer_;
  const unsigned intx_line_;
  std::array<Bar, 6> bars_;
  std::uint16_t msix_ = 0, msi_ = 0;  // capabilities
  unsigned msix_bar_ = 0;
  std::uint32_t msix_table_ = 0;
  Offer way_ = Offer::intx;  // chosen by the driver
  std::uint32_t* words_;     // where messages are written, by vector
  std::array<Irq, kVectors> irqs_{};
  bool line_high_ = false;
  std::string owner_;
  std::multimap<std::uint64_t, Mapping> mappings_;
  unsigned dma_faults_ = 0;
  DescriptorStamps rx_stamps_, tx_stamps_;
};

}  // namespace niclab::bridge::qtest
