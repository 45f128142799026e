#include "lab/guest_door.hpp"

#include <cstring>
#include <stdexcept>

namespace niclab::lab {
namespace {

constexpr std::uint16_t kDeviceControl = 0xA8, kFunctionLevelReset = 0x8000;

sim::GuestAccess access_of(const CardAccess& a) { return {a.type, a.function, a.address, a.bytes, a.value}; }

}  // namespace

GuestDoor::GuestDoor(Machine& machine, std::size_t host, Run run, Recorder* recorder)
    : machine_(machine), host_(host), run_(std::move(run)), recorder_(recorder), outside_(machine.nics()) {
  machine_.guest()->connect(this);
}

void GuestDoor::access(const CardAccess& a) {
  const Time now = run_.now();
  if (recorder_ != nullptr) recorder_->access(now, host_, a);
  machine_.guest()->issue(now, access_of(a));
  good_ = true;
  if (a.type == TlpType::MWr) return;
  waiting_ = true;
  run_.until_answered();
}

std::optional<std::uint32_t> GuestDoor::read(unsigned f, TlpType type, std::uint64_t address,
                                             unsigned bytes) {
  access({type, f, address, bytes, 0});
  return good_ ? std::optional(value_) : std::nullopt;
}

bool GuestDoor::write(unsigned f, TlpType type, std::uint64_t address, unsigned bytes, std::uint32_t value) {
  access({type, f, address, bytes, value});
  return good_;
}

void GuestDoor::answer(std::uint32_t token, std::span<const std::byte> data) {
  if (recorder_ != nullptr) recorder_->answer(run_.now(), host_, token, data);
  machine_.guest()->answer(run_.now(), token, data);
}

void GuestDoor::reset(unsigned f) {
  write(f, TlpType::CfgWr, kDeviceControl, 2, kFunctionLevelReset);
  read(f, TlpType::CfgRd, 0, 4);  // answered when the function is back
  for (unsigned n = 0; n < 6; ++n) {
    const std::uint64_t base = bar(f, n);
    if (base == 0) continue;
    const std::uint64_t at = hw::PciConfigSpace::kBar0 + 4 * n;
    write(f, TlpType::CfgWr, at, 4, static_cast<std::uint32_t>(base));
    if (base >> 32 != 0) write(f, TlpType::CfgWr, at + 4, 4, static_cast<std::uint32_t>(base >> 32));
  }
}

GuestDoor::Fetch GuestDoor::read(unsigned f, std::uint64_t address, std::span<std::byte> into,
                                 std::uint32_t token) {
  const auto fetched =
      outside_[f] == nullptr ? GuestMemory::Fetch::refused : outside_[f]->read(address, into, token);
  const auto tell = [&](RecordedFetch::Kind kind, Fetch fetch) {
    if (recorder_ != nullptr) recorder_->fetch(host_, kind, into);
    return fetch;
  };
  switch (fetched) {
    case GuestMemory::Fetch::done: return tell(RecordedFetch::Kind::done, Fetch::done);
    case GuestMemory::Fetch::later: return tell(RecordedFetch::Kind::later, Fetch::later);
    default: return tell(RecordedFetch::Kind::refused, Fetch::refused);
  }
}

void GuestDoor::write(unsigned f, std::uint64_t address, std::span<const std::byte> from) {
  if (outside_[f] == nullptr) return;
  const hw::PciConfigSpace& space = config_space(f);
  const bool msi = space.msi_enabled() && !space.msix_enabled() && address == space.msi_address();
  if (from.size() != 4 || (!msi && address - kMsiWindow >= kMsiWindowSize))
    return outside_[f]->write(address, from);
  std::uint32_t data = 0;
  std::memcpy(&data, from.data(), 4);
  outside_[f]->interrupt(address, data);
}

void GuestDoor::pin(unsigned f, bool asserted) {
  if (outside_[f] != nullptr) outside_[f]->pin(asserted);
}

void GuestDoor::accessed(std::uint32_t value, bool good) {
  value_ = value;
  good_ = good;
  waiting_ = false;
  run_.answered();
}

// --- from a recording ----------------------------------------------------------------------------

GuestReplay::GuestReplay(Machine& machine, sim::Engine& engine, HostInputs inputs)
    : machine_(machine), engine_(engine), inputs_(std::move(inputs)) {
  machine_.guest()->connect(this);
  schedule();
}

void GuestReplay::schedule() {
  if (inputs_.inputs.empty()) return;
  engine_.at<&GuestReplay::feed>(inputs_.inputs.front().t, sim::Kind::foreign, machine_.guest()->agent(),
                                 *this);
}

void GuestReplay::feed(Time t, std::uint32_t) {
  const RecordedInput input = std::move(inputs_.inputs.front());
  inputs_.inputs.pop_front();
  if (const auto* a = std::get_if<CardAccess>(&input.what)) {
    machine_.guest()->issue(t, access_of(*a));
  } else {
    const auto& late = std::get<LateAnswer>(input.what);
    machine_.guest()->answer(t, late.token, late.data);
  }
  schedule();
}

GuestReplay::Fetch GuestReplay::read(unsigned, std::uint64_t address, std::span<std::byte> into,
                                     std::uint32_t) {
  using Kind = RecordedFetch::Kind;
  const bool none = inputs_.fetches.empty();
  const Kind kind = none ? Kind::refused : inputs_.fetches.front().kind;
  if (none || (kind == Kind::done && inputs_.fetches.front().data.size() != into.size()))
    throw std::runtime_error("the recording does not fit: the card reads " + std::to_string(into.size()) +
                             " bytes at " + std::to_string(address) + ", which it did not then");
  const RecordedFetch fetch = std::move(inputs_.fetches.front());
  inputs_.fetches.pop_front();
  if (kind == Kind::done) std::memcpy(into.data(), fetch.data.data(), into.size());
  return kind == Kind::done ? Fetch::done : kind == Kind::later ? Fetch::later : Fetch::refused;
}

}  // namespace niclab::lab
