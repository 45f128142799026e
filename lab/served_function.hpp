// A PCI function of an external host's card as vfio-user shows it.
//
// The client (a virtual machine monitor) keeps BAR addresses and the MSI-X table to itself: it sees registers
// that size like a BAR, and its interrupts are descriptors. The card's own BARs stay where firmware put them,
// and the entries of its MSI-X table are ours: each sends its number.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "bridge/vfio_user/session.hpp"
#include "lab/guest_card.hpp"
#include "lab/scenario.hpp"

namespace niclab::lab {

class ServedFunction final : public vfio_user::ServedFunction, public GuestMemory {
 public:
  /// `offer`: the best kind of interrupt the client is to find among the capabilities.
  ServedFunction(GuestCard& card, unsigned function, InterruptKind offer = InterruptKind::msix);
  ~ServedFunction() override { card_.connect(function_, nullptr); }
  ServedFunction(const ServedFunction&) = delete;
  ServedFunction& operator=(const ServedFunction&) = delete;
  /// Calls `observer` after each access of the client, DWORD by DWORD, snapshots of configuration space
  /// excepted.
  using Observer = std::function<void(bool write, std::uint32_t region, std::uint64_t offset, unsigned bytes,
                                      std::uint32_t value)>;
  void observe(Observer observer) { observer_ = std::move(observer); }
  /// Whom it serves; nullptr: nobody, and the card finds no memory.
  void attach(vfio_user::Session* session);

  // --- vfio_user::ServedFunction -----------------------------------------------------------------
  Region region(std::uint32_t index) const override;
  std::uint32_t vectors(std::uint32_t index) const override;
  int read(std::uint32_t region, std::uint64_t offset, std::span<std::byte> into) override;
  int write(std::uint32_t region, std::uint64_t offset, std::span<const std::byte> from) override;
  void reset() override;
  void bound(std::uint32_t vector, bool has_eventfd) override;
  void dma_read_done(std::uint64_t token, std::span<const std::byte> data) override;

  // --- GuestMemory -------------------------------------------------------------------------------
  Fetch read(std::uint64_t address, std::span<std::byte> into, std::uint32_t token) override;
  void write(std::uint64_t address, std::span<const std::byte> from) override;
  void interrupt(std::uint64_t address, std::uint32_t data) override;
  void pin(bool asserted) override;

 private:
  static constexpr unsigned kShadows = 7;  // six BARs and the expansion ROM
  static constexpr std::uint32_t kTableEntry = 16;
  /// Which shadow a DWORD of configuration space is; kShadows: none.
  static unsigned shadow_of(std::uint64_t offset);
  void probe_bars();
  unsigned table_bar() const { return card_.config_space(function_).read(0x74) & 7; }
  /// A DWORD of configuration space, without the capabilities the platform does not offer in the list.
  std::uint32_t offered(std::uint64_t offset, std::uint32_t dword) const;
  std::uint32_t read_piece(std::uint32_t region, std::uint64_t offset, unsigned bytes);
  void write_piece(std::uint32_t region, std::uint64_t offset, unsigned bytes, std::uint32_t value);

  GuestCard& card_;
  const unsigned function_;
  const InterruptKind offer_;
  vfio_user::Session* session_ = nullptr;
  Observer observer_;
  std::array<std::uint32_t, kShadows> shadow_{}, writable_{}, fixed_{};
  std::array<std::uint64_t, kShadows> size_{};
  std::array<bool, 6> io_{};
};

}  // namespace niclab::lab
