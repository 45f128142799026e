// The card of an external host, as the outside sees it while the run waits. What it does is part of the run:
// each input has its simulated time and comes in one order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.hpp"
#include "base/trace.hpp"
#include "hw/pci_config.hpp"

namespace niclab::lab {

/// The outside's memory and interrupt controller, for one function. Called at the instant it happens.
class GuestMemory {
 public:
  virtual ~GuestMemory() = default;
  enum class Fetch : std::uint8_t { done, later, refused };
  /// `later`: GuestCard::answer() with this token will follow.
  virtual Fetch read(std::uint64_t address, std::span<std::byte> into, std::uint32_t token) = 0;
  virtual void write(std::uint64_t address, std::span<const std::byte> from) = 0;
  virtual void interrupt(std::uint64_t address, std::uint32_t data) = 0;  ///< an MSI or MSI-X message
  virtual void pin(bool asserted) = 0;
};

class GuestCard {
 public:
  static constexpr std::uint64_t kMsiWindow = 0xFEE0'0000, kMsiWindowSize = 0x10'0000;

  virtual ~GuestCard() = default;
  virtual unsigned functions() const = 0;
  virtual const hw::PciConfigSpace& config_space(unsigned function) const = 0;
  /// Where the machine's firmware put a BAR; 0: there is none.
  virtual std::uint64_t bar(unsigned function, unsigned bar) const = 0;
  /// nullptr: nobody is there, and the card's reads are refused.
  virtual void connect(unsigned function, GuestMemory* memory) = 0;
  /// An access within one DWORD at the instant the run waits at. The simulation runs until it is answered;
  /// nullopt: refused. Type is MRd, IORd or CfgRd; MWr, IOWr or CfgWr.
  virtual std::optional<std::uint32_t> read(unsigned function, TlpType type, std::uint64_t address,
                                            unsigned bytes) = 0;
  virtual bool write(unsigned function, TlpType type, std::uint64_t address, unsigned bytes,
                     std::uint32_t value) = 0;
  virtual void answer(std::uint32_t token, std::span<const std::byte> data) = 0;
  /// Function-level reset, and the BARs as firmware had put them.
  virtual void reset(unsigned function) = 0;
};

}  // namespace niclab::lab
