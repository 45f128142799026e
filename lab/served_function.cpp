#include "lab/served_function.hpp"

#include <algorithm>
#include <cstring>

namespace niclab::lab {
namespace {

using vfio_user::kConfigRegion, vfio_user::kRomRegion;
using vfio_user::kIntxIrq, vfio_user::kMsiIrq, vfio_user::kMsixIrq;

constexpr std::uint16_t kBar0 = 0x10, kRomBar = 0x30;
constexpr std::uint32_t kConfigBytes = 4096;
constexpr std::uint16_t kPm = 0x40, kMsi = 0x50, kMsix = 0x70;  // capabilities, in the order of their list
constexpr std::uint32_t kPendingBits = 0x2000;                  // of the MSI-X region: behind the table

/// An access of any length and place, DWORD by DWORD.
template <class Piece>
void in_pieces(std::uint64_t offset, std::size_t n, Piece&& piece) {
  for (std::size_t done = 0; done < n;) {
    const auto bytes = static_cast<unsigned>(std::min<std::uint64_t>(n - done, 4 - (offset + done) % 4));
    piece(offset + done, done, bytes);
    done += bytes;
  }
}

}  // namespace

ServedFunction::ServedFunction(GuestCard& card, unsigned function, InterruptKind offer)
    : card_(card), function_(function), offer_(offer) {
  probe_bars();
}

void ServedFunction::attach(vfio_user::Session* session) {
  session_ = session;
  card_.connect(function_, session == nullptr ? nullptr : this);
}

/// What software would find out by writing ones, on a copy.
void ServedFunction::probe_bars() {
  hw::PciConfigSpace space = card_.config_space(function_);
  for (unsigned i = 0; i < kShadows; ++i) {
    const auto at = static_cast<std::uint16_t>(i == 6 ? kRomBar : kBar0 + 4 * i);
    const std::uint32_t kept = i == 6 ? 1u : 0u;
    space.write(at, ~kept);
    const std::uint32_t ones = space.read(at);
    space.write(at, 0);
    fixed_[i] = space.read(at);
    writable_[i] = ones & ~fixed_[i];
    const bool upper = i > 0 && i < 6 && (fixed_[i - 1] & 7) == 4;
    if (writable_[i] == 0 || upper) continue;
    if (i < 6) io_[i] = (fixed_[i] & 1) != 0;
    size_[i] = std::uint64_t{~writable_[i]} + 1;
    if (io_[std::min(i, 5u)] && i < 6) size_[i] &= 0xFFFF;
  }
  shadow_ = fixed_;
}

ServedFunction::Region ServedFunction::region(std::uint32_t index) const {
  if (index == kConfigRegion) return {kConfigBytes, true, true};
  if (index == kRomRegion) return {0, false, false};
  return index < 6 ? Region{size_[index], size_[index] != 0, size_[index] != 0} : Region{};
}

std::uint32_t ServedFunction::vectors(std::uint32_t index) const {
  const auto& space = card_.config_space(function_);
  if (index == kIntxIrq) return space.interrupt_pin() != 0 ? 1 : 0;
  if (index == kMsiIrq) return offer_ == InterruptKind::intx ? 0 : 1;
  return index == kMsixIrq && offer_ == InterruptKind::msix ? (space.read(kMsix) >> 16 & 0x7FF) + 1 : 0;
}

unsigned ServedFunction::shadow_of(std::uint64_t offset) {
  if (offset >= kBar0 && offset < kBar0 + 24) return static_cast<unsigned>((offset - kBar0) / 4);
  return offset / 4 == kRomBar / 4 ? 6 : kShadows;
}

std::uint32_t ServedFunction::offered(std::uint64_t offset, std::uint32_t dword) const {
  constexpr std::uint32_t kNext = 0xFF00;
  const std::uint16_t last = offer_ == InterruptKind::msi ? kMsi : kPm;  // of those that remain
  if (offer_ == InterruptKind::msix || offset / 4 != last / 4) return dword;
  return (dword & ~kNext) | (card_.config_space(function_).read(kMsix) & kNext);
}

std::uint32_t ServedFunction::read_piece(std::uint32_t region, std::uint64_t offset, unsigned bytes) {
  const unsigned shift = 8 * static_cast<unsigned>(offset % 4);
  if (region == kConfigRegion) {
    if (const unsigned i = shadow_of(offset); i < kShadows) return shadow_[i] >> shift;
    return card_.read(function_, TlpType::CfgRd, offset, bytes).value_or(~0u);
  }
  const TlpType type = io_[region] ? TlpType::IORd : TlpType::MRd;
  return card_.read(function_, type, card_.bar(function_, region) + offset, bytes).value_or(~0u);
}

void ServedFunction::write_piece(std::uint32_t region, std::uint64_t offset, unsigned bytes,
                                 std::uint32_t value) {
  const unsigned shift = 8 * static_cast<unsigned>(offset % 4);
  if (region == kConfigRegion) {
    const unsigned i = shadow_of(offset);
    if (i == kShadows) {
      card_.write(function_, TlpType::CfgWr, offset, bytes, value);
      return;
    }
    const auto touched = static_cast<std::uint32_t>(((std::uint64_t{1} << 8 * bytes) - 1) << shift);
    const std::uint32_t mask = writable_[i] & touched;
    shadow_[i] = fixed_[i] | (((shadow_[i] & ~mask) | (value << shift & mask)) & writable_[i]);
    return;
  }
  const bool ours = region == table_bar() && offset < kPendingBits && offset % kTableEntry < 12;
  if (ours) return;  // addresses and data of the MSI-X table
  const TlpType type = io_[region] ? TlpType::IOWr : TlpType::MWr;
  card_.write(function_, type, card_.bar(function_, region) + offset, bytes, value);
}

int ServedFunction::read(std::uint32_t region, std::uint64_t offset, std::span<std::byte> into) {
  const bool bulk = region == kConfigRegion && into.size() > 8;  // a snapshot, without bus traffic
  in_pieces(offset, into.size(), [&](std::uint64_t at, std::size_t done, unsigned bytes) {
    const bool shadowed = shadow_of(at) < kShadows;
    const unsigned shift = 8 * static_cast<unsigned>(at % 4);
    std::uint32_t value =
        bulk && !shadowed
            ? card_.config_space(function_).read(static_cast<std::uint16_t>(at & ~3ull)) >> shift
            : read_piece(region, at, bytes);
    if (region == kConfigRegion) value = offered(at, value << shift) >> shift;
    std::memcpy(&into[done], &value, bytes);
    if (observer_ && !bulk) observer_(false, region, at, bytes, value);
  });
  return 0;
}

int ServedFunction::write(std::uint32_t region, std::uint64_t offset, std::span<const std::byte> from) {
  in_pieces(offset, from.size(), [&](std::uint64_t at, std::size_t done, unsigned bytes) {
    std::uint32_t value = 0;
    std::memcpy(&value, &from[done], bytes);
    write_piece(region, at, bytes, value);
    if (observer_) observer_(true, region, at, bytes, value);
  });
  return 0;
}

void ServedFunction::reset() {
  card_.reset(function_);
  shadow_ = fixed_;
}

void ServedFunction::bound(std::uint32_t vector, bool has_eventfd) {
  const std::uint64_t entry = card_.bar(function_, table_bar()) + kTableEntry * vector;
  const auto put = [&](unsigned at, std::uint32_t value) {
    card_.write(function_, TlpType::MWr, entry + at, 4, value);
  };
  put(12, 1);
  if (!has_eventfd) return;
  put(0, static_cast<std::uint32_t>(GuestCard::kMsiWindow));
  put(4, 0);
  put(8, vector);
  put(12, 0);
}

void ServedFunction::dma_read_done(std::uint64_t token, std::span<const std::byte> data) {
  card_.answer(static_cast<std::uint32_t>(token), data);
}

GuestMemory::Fetch ServedFunction::read(std::uint64_t address, std::span<std::byte> into,
                                        std::uint32_t token) {
  using Access = vfio_user::ClientMemory::Access;
  const Access access = session_->memory().read(address, into);
  if (access == Access::by_message)
    session_->ask_read(address, static_cast<std::uint32_t>(into.size()), token);
  return access == Access::done ? Fetch::done : access == Access::refused ? Fetch::refused : Fetch::later;
}

void ServedFunction::write(std::uint64_t address, std::span<const std::byte> from) {
  if (session_->memory().write(address, from) == vfio_user::ClientMemory::Access::by_message)
    session_->send_write(address, from);
}

void ServedFunction::interrupt(std::uint64_t, std::uint32_t data) {
  if (card_.config_space(function_).msix_enabled())
    session_->trigger(kMsixIrq, data);
  else
    session_->trigger(kMsiIrq, 0);
}

void ServedFunction::pin(bool asserted) { session_->set_intx(asserted); }

}  // namespace niclab::lab
