// A PciDevice for driver tests: registers in an array, an NVM, a PHY, MSI-X bookkeeping; DMA addresses are
// host addresses. It answers the driver's protocols and remembers every access; it moves no packets by
// itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/pci.hpp"
#include "hw/registers.hpp"

namespace niclab::igb::test {

namespace reg = hw::reg;

struct Access {
  bool write;
  std::uint32_t offset, value;
  bool operator==(const Access&) const = default;
};

inline constexpr MacAddress kMac{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}};

class FakePciDevice : public PciDevice {
 public:
  struct Irq {
    Callback handler;
    std::string name;
  };
  struct Mapping {
    std::size_t size;
    DmaDirection direction;
  };

  explicit FakePciDevice(Kernel& kernel) : kernel_(kernel), regs_(reg::kSpace / 4), nvm_(0x140) {
    config_[0x00] = 0x86, config_[0x01] = 0x80, config_[0x02] = 0x21, config_[0x03] = 0x15;
    config_[0xB2] = 0x42;  // Gen 2, x4
    load_nvm();
    phy_[0] = 0x1140, phy_[1] = 0x7949, phy_[2] = 0x0154, phy_[3] = 0x03B1, phy_[4] = 0x0DE1,
    phy_[9] = 0x0200;
    reset();
  }

  // --- what a test does with it ------------------------------------------------------------------
  std::vector<Access> log;         ///< MMIO accesses in order
  std::vector<Access> config_log;  ///< configuration writes
  std::map<unsigned, Irq> irqs;
  std::map<std::uint64_t, Mapping> mappings;
  unsigned msix_entries = 10;
  unsigned msix_granted = 0;         ///< vectors enable_msix gave
  unsigned swsm_taken_reads = 0;     ///< so many reads of SWSM find another port's SMBI
  bool firmware_keeps_swsm = false;  ///< SWSM.SWESMBI does not stick
  bool offers_msi = true;
  bool msi = false;             ///< enabled
  bool gone = false;            ///< reads return all ones
  int maps_until_failure = -1;  ///< dma_map_single calls that still succeed; -1: all
  int irqs_until_failure = -1;
  unsigned dma_errors = 0;                             ///< unmaps of what is not mapped
  std::map<reg::Offset, std::uint32_t> stuck_at_zero;  ///< bits that read 0 whatever was written
  bool obeys_masks = false;                            ///< what cannot be written is not stored
  unsigned resets = 0, device_resets = 0;              ///< by CTRL.RST and CTRL.DEV_RST
  PciErrorHandler* error_handler = nullptr;
  std::string owner;  ///< of the memory BARs
  unsigned widest_mask = 64;
  std::vector<unsigned> masks_asked;
  std::function<void(reg::Offset, std::uint32_t)> after_write;  ///< what else the device does about a write
  bool powered() const { return (config_[0x44] & 3) == 0; }
  std::array<std::uint16_t, 32> phy_{};

  std::uint32_t& at(reg::Offset offset) { return regs_[reg::canonical(offset) / 4]; }
  std::uint16_t& nvm(unsigned word) { return nvm_[word]; }
  void load_nvm() {
    for (const unsigned base : {0x000u, 0x080u, 0x0C0u, 0x100u}) {
      for (unsigned i = 0; i < 3; ++i)
        nvm_[base + i] = static_cast<std::uint16_t>(kMac.octets[2 * i] | kMac.octets[2 * i + 1] << 8);
      nvm_[base + 0x0F] = 0x3000;  // full pause
      fix_checksum(base);
    }
  }
  void fix_checksum(unsigned base) {
    std::uint16_t sum = 0;
    for (unsigned i = 0; i < 0x3F; ++i) sum = static_cast<std::uint16_t>(sum + nvm_[base + i]);
    nvm_[base + 0x3F] = static_cast<std::uint16_t>(0xBABA - sum);
  }
  void link_up() {
    phy_[1] = 0x796D;
    phy_[5] = 0xC1E1;  // no pause
    at(reg::STATUS) |= reg::status::LU | reg::status::FD | reg::status::SPEED.put(2);
  }
  void link_down() {
    phy_[1] = 0x7949;
    at(reg::STATUS) &= ~(reg::status::LU | reg::status::SPEED.mask());
  }
  /// The values written to a register, in order.
  std::vector<std::uint32_t> writes(reg::Offset offset) const {
    std::vector<std::uint32_t> out;
    for (const Access& a : log)
      if (a.write && a.offset == reg::canonical(offset)) out.push_back(a.value);
    return out;
  }
  /// Position in the log of the first access at or after `from`; log.size() when there is none.
  std::size_t find(bool write, reg::Offset offset, std::size_t from = 0) const {
    std::size_t i = from;
    while (i < log.size() && (log[i].write != write || log[i].offset != reg::canonical(offset))) ++i;
    return i;
  }

  // --- PciDevice ---------------------------------------------------------------------------------
  Kernel& kernel() override { return kernel_; }
  PciAddress address() const override { return {1, 0, 0}; }
  std::uint8_t config_read8(std::uint16_t o) override { return config_.at(o); }
  std::uint16_t config_read16(std::uint16_t o) override {
    return static_cast<std::uint16_t>(config_.at(o) | config_.at(o + 1u) << 8);
  }
  std::uint32_t config_read32(std::uint16_t o) override {
    return config_read16(o) | std::uint32_t{config_read16(static_cast<std::uint16_t>(o + 2))} << 16;
  }
  void config_write16(std::uint16_t o, std::uint16_t v) override {
    config_log.push_back({true, o, v});
    if (o == 0x44) v = static_cast<std::uint16_t>(v & 0x7FFF);  // PME_Status clears
    if (o == 0xA8 && (v & 0x8000) != 0) {                       // function-level reset
      v = static_cast<std::uint16_t>(v & 0x7FFF);
      config_[0x04] = config_[0x05] = 0;
      reset();
    }
    config_.at(o) = static_cast<std::uint8_t>(v);
    config_.at(o + 1u) = static_cast<std::uint8_t>(v >> 8);
  }
  void config_write32(std::uint16_t o, std::uint32_t v) override {
    config_write16(o, static_cast<std::uint16_t>(v));
    config_write16(static_cast<std::uint16_t>(o + 2), static_cast<std::uint16_t>(v >> 16));
  }
  std::uint32_t io_read32(std::uint32_t) override { return ~0u; }  // igb does no I/O
  void io_write32(std::uint32_t, std::uint32_t) override {}
  std::uint32_t mmio_read32(unsigned, std::uint32_t offset) override {
    kernel_.charge(1_us);
    std::uint32_t value = gone || !powered() ? ~0u : read(reg::canonical(offset));
    if (const auto stuck = stuck_at_zero.find(reg::canonical(offset)); stuck != stuck_at_zero.end())
      value &= ~stuck->second;
    log.push_back({false, reg::canonical(offset), value});
    return value;
  }
  void mmio_write32(unsigned, std::uint32_t offset, std::uint32_t value) override {
    kernel_.charge(kernel_.cost.mmio_write);
    log.push_back({true, reg::canonical(offset), value});
    write(reg::canonical(offset), value);
    if (after_write) after_write(reg::canonical(offset), value);
  }
  DmaAddress dma_map_single(std::span<std::byte> memory, DmaDirection direction,
                            std::source_location) override {
    if (maps_until_failure == 0) return kDmaMappingError;
    if (maps_until_failure > 0) --maps_until_failure;
    // Identity, plus a tag a mapping, as the same memory may be mapped more than once.
    const std::uint64_t address = reinterpret_cast<std::uint64_t>(memory.data());
    if (!mappings.try_emplace(address, Mapping{memory.size(), direction}).second) ++dma_errors;
    return {address};
  }
  void dma_unmap_single(DmaAddress address, std::size_t size, DmaDirection direction,
                        std::source_location) override {
    const auto it = mappings.find(address.value);
    if (it == mappings.end() || it->second.size != size || it->second.direction != direction)
      ++dma_errors;
    else
      mappings.erase(it);
  }
  std::span<std::byte> dma_alloc_coherent(std::size_t size, DmaAddress& bus, std::source_location) override {
    std::byte* p = kernel_.alloc_host_memory(size, 4096);
    bus.value = reinterpret_cast<std::uint64_t>(p);
    mappings[bus.value] = {size, DmaDirection::bidirectional};
    return {p, size};
  }
  void dma_free_coherent(std::span<std::byte> memory, DmaAddress bus, std::source_location) override {
    dma_unmap_single(bus, memory.size(), DmaDirection::bidirectional, std::source_location::current());
  }
  int enable_msix(unsigned vectors) override {
    if (vectors > msix_entries) return -28;
    msix_granted = vectors;
    return 0;
  }
  void disable_msix() override { msix_granted = 0; }
  int enable_msi() override {
    msi = offers_msi;
    return offers_msi ? 0 : -19;
  }
  void disable_msi() override { msi = false; }
  int request_irq(unsigned vector, Callback handler, std::string name) override {
    if (irqs_until_failure == 0) return -16;
    if (irqs_until_failure > 0) --irqs_until_failure;
    irqs[vector] = {handler, std::move(name)};
    return 0;
  }
  void free_irq(unsigned vector) override { irqs.erase(vector); }
  void irq_set_affinity(unsigned, unsigned) override {}
  int dma_set_mask_and_coherent(unsigned bits) override {
    masks_asked.push_back(bits);
    return bits <= widest_mask ? 0 : -5;
  }
  int request_regions(std::string name) override {
    if (!owner.empty()) return -16;
    owner = std::move(name);
    return 0;
  }
  void release_regions() override { owner.clear(); }
  void set_error_handler(PciErrorHandler* handler) override { error_handler = handler; }
  DescriptorStamps& rx_stamps() override { return rx_stamps_; }
  DescriptorStamps& tx_stamps() override { return tx_stamps_; }

 private:
  void reset() {
    for (const reg::Register& r : reg::registers())
      for (unsigned i = 0; i < r.count; ++i)
        if (!r.kept_by_reset) at(r.at(i)) = r.reset_of(i);
    at(reg::EECD) = 0x00003F10;
    at(reg::STATUS) = reg::status::GIO_MASTER_ENABLE | reg::status::PF_RST_DONE | reg::status::LAN_INIT_DONE;
    at(reg::EEMNGCTL) = reg::eemngctl::CFG_DONE(0);
    at(reg::CTRL_EXT) = 0;
    at(reg::MANC) = at(reg::FWSM) = at(reg::SWSM) = at(reg::SW_FW_SYNC) = 0;
    at(reg::RAL(0)) = nvm_[0] | std::uint32_t{nvm_[1]} << 16;
    at(reg::RAH(0)) = nvm_[2] | reg::rah::AV;
  }
  static bool is_statistic(reg::Offset o) { return o >= reg::CRCERRS && o <= reg::O2BSPC; }
  static bool is_rqdpc(reg::Offset o) { return o >= 0xC000 && o < 0xC200 && (o & 0x3F) == 0x30; }

  std::uint32_t read(reg::Offset o) {
    std::uint32_t& r = at(o);
    const std::uint32_t value = r;
    if (o == reg::SWSM) {
      if (swsm_taken_reads != 0 && swsm_taken_reads-- != 0) return value | reg::swsm::SMBI;
      r |= reg::swsm::SMBI;
    }
    if (is_statistic(o) || is_rqdpc(o) || o == reg::ICR) r = 0;
    if (o == reg::IMC) return at(reg::IMS);
    if (o == reg::EIMC) return at(reg::EIMS);
    return value;
  }
  void write(reg::Offset o, std::uint32_t value) {
    std::uint32_t& r = at(o);
    switch (o) {
      case reg::CTRL:
        if ((value & (reg::ctrl::RST | reg::ctrl::DEV_RST)) != 0) {
          ++((value & reg::ctrl::DEV_RST) != 0 ? device_resets : resets);
          reset();
          at(reg::CTRL) = value & ~(reg::ctrl::RST | reg::ctrl::DEV_RST);
          return;
        }
        if ((value & reg::ctrl::GIO_MASTER_DISABLE) != 0) at(reg::STATUS) &= ~reg::status::GIO_MASTER_ENABLE;
        break;
      case reg::STATUS: return;
      case reg::SWSM:
        if (firmware_keeps_swsm) value &= ~reg::swsm::SWESMBI;
        break;
      case reg::EERD: {
        const std::uint32_t word = reg::eerd::ADDR.get(value);
        r = word < nvm_.size() ? reg::eerd::DATA.put(nvm_[word]) | reg::eerd::DONE : reg::eerd::DONE;
        return;
      }
      case reg::MDIC: {
        const unsigned number = reg::mdic::REGADD.get(value);
        if ((value & reg::mdic::OP_WRITE) != 0) phy_[number] = static_cast<std::uint16_t>(value & 0xFDFF);
        if ((value & reg::mdic::OP_WRITE) != 0 && number != 0)
          phy_[number] = static_cast<std::uint16_t>(value);
        r = (value & ~0xFFFFu) | phy_[number] | reg::mdic::READY;
        return;
      }
      case reg::IMS: r |= value; return;
      case reg::IMC: at(reg::IMS) &= ~value; return;
      case reg::EIMS: r |= value; return;
      case reg::EIMC: at(reg::EIMS) &= ~value; return;
      case reg::ICR: r &= ~value; return;
      default: break;
    }
    const auto row = obeys_masks ? reg::find(o) : std::nullopt;
    r = row ? (r & ~row->row->write_mask) | (value & row->row->write_mask) : value;
  }

  Kernel& kernel_;
  std::vector<std::uint32_t> regs_;
  std::vector<std::uint16_t> nvm_;
  std::array<std::uint8_t, 0x200> config_{};
  DescriptorStamps rx_stamps_, tx_stamps_;
};

}  // namespace niclab::igb::test
