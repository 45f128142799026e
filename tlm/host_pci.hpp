// One PCI function as the host's driver sees it: base/pci.hpp over the bus sockets.
#pragma once

#include <array>
#include <memory>

#include "base/pci.hpp"
#include "tlm/host.hpp"

namespace niclab::sim {

/// The best kind of interrupt a platform offers its PCI devices.
enum class InterruptOffer : std::uint8_t { msix, msi, intx };

class HostPci final : public PciDevice {
 public:
  HostPci(Host& host, unsigned function, PciAddress address, InterruptOffer offer = InterruptOffer::msix);

  unsigned port() const { return host_.first_port() + function_; }

  /// Where firmware put the BARs of a card whose memory BARs are 0 of at most 512 KB and 3; for another card,
  /// set_bar().
  static constexpr std::uint32_t bar_base(unsigned function, unsigned bar) {
    return 0xF000'0000u + function * 0x0010'0000u + (bar == 3 ? 0x0008'0000u : 0u);
  }

  /// Firmware assigned BAR `bar` (0 to 5) to `base`; before the driver runs.
  void set_bar(unsigned bar, std::uint64_t base) { bars_.at(bar) = base; }

  Kernel& kernel() override { return host_.kernel(); }
  PciAddress address() const override { return address_; }
  std::uint8_t config_read8(std::uint16_t offset) override;
  std::uint16_t config_read16(std::uint16_t offset) override;
  std::uint32_t config_read32(std::uint16_t offset) override;
  void config_write16(std::uint16_t offset, std::uint16_t value) override;
  void config_write32(std::uint16_t offset, std::uint32_t value) override;
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
  bool irq_is_shared(unsigned) override { return way_ == InterruptOffer::intx && line().users.size() > 1; }
  void set_error_handler(PciErrorHandler* handler) override { error_handler_ = handler; }
  PciErrorHandler* error_handler() const { return error_handler_; }

  /// pci_save_state: what software wrote to configuration space, without spending time; nothing if the
  /// function cannot be asked now. pci_restore_state: in a task; MSI and MSI-X as they were requested.
  void save_state();
  void restore_state();
  DescriptorStamps& rx_stamps() override { return rx_stamps_; }
  DescriptorStamps& tx_stamps() override { return tx_stamps_; }

 private:
  struct Irq {
    IrqAction* action = nullptr;
    std::uint32_t data = 0;
    unsigned cpu = 0;
  };
  /// Sends a request and, unless it is posted, stalls the CPU until it is answered; a configuration request
  /// that is to be retried is sent again.
  std::uint32_t transact(TlpType type, std::uint64_t address, std::uint32_t value, unsigned offset,
                         unsigned width);
  std::uint32_t transact_once(TlpType type, std::uint64_t address, std::uint32_t value, unsigned offset,
                              unsigned width, bool& retry);
  std::uint32_t config_read(std::uint16_t offset, unsigned width);
  std::uint32_t look_at_config(std::uint16_t offset);
  void program_msix_entry(unsigned vector, const Irq& irq, bool masked);
  void program_msi(const Irq& irq);
  int request_intx(Callback handler, std::string name);
  void free_intx();
  InterruptLine& line() { return host_.line(wire_); }

  Host& host_;
  const unsigned function_;
  const PciAddress address_;
  std::array<std::uint64_t, 6> bars_{};
  unsigned msix_bar_ = 3;
  std::array<Irq, 32> irqs_{};
  const InterruptOffer offer_;
  InterruptOffer way_ = InterruptOffer::intx;  // chosen by the driver
  unsigned wire_ = 0;                          // INTA .. INTD
  std::string owner_;                          // of the memory BARs
  DescriptorStamps rx_stamps_, tx_stamps_;
  PciErrorHandler* error_handler_ = nullptr;
  std::array<std::uint32_t, 64> saved_{};  // by word
  bool state_saved_ = false;
};

}  // namespace niclab::sim
