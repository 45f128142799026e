// The two ways an external host's card gets its inputs: live, through a door that may keep a record, or from
// one.
#pragma once

#include <functional>
#include <vector>

#include "lab/guest_card.hpp"
#include "lab/machine.hpp"
#include "lab/recording.hpp"

namespace niclab::lab {

/// Live. What the card does reaches the outside, function by function.
class GuestDoor final : public GuestCard, public sim::GuestWorld {
 public:
  /// How the door and the run work together.
  struct Run {
    std::function<Time()> now;             ///< the instant at which the run waits
    std::function<void()> until_answered;  ///< goes on until answered() was called
    std::function<void()> answered;
  };
  GuestDoor(Machine& machine, std::size_t host, Run run, Recorder* recorder);

  // --- GuestCard ---------------------------------------------------------------------------------
  unsigned functions() const override { return machine_.nics(); }
  const hw::PciConfigSpace& config_space(unsigned f) const override {
    return machine_.device().config_space(f);
  }
  std::uint64_t bar(unsigned f, unsigned n) const override { return machine_.bar(f, n); }
  void connect(unsigned f, GuestMemory* memory) override { outside_.at(f) = memory; }
  std::optional<std::uint32_t> read(unsigned f, TlpType type, std::uint64_t address, unsigned bytes) override;
  bool write(unsigned f, TlpType type, std::uint64_t address, unsigned bytes, std::uint32_t value) override;
  void answer(std::uint32_t token, std::span<const std::byte> data) override;
  void reset(unsigned f) override;

  // --- GuestWorld --------------------------------------------------------------------------------
  Fetch read(unsigned f, std::uint64_t address, std::span<std::byte> into, std::uint32_t token) override;
  void write(unsigned f, std::uint64_t address, std::span<const std::byte> from) override;
  void pin(unsigned f, bool asserted) override;
  void accessed(std::uint32_t value, bool good) override;
  bool waiting() const { return waiting_; }

 private:
  void access(const CardAccess& a);

  Machine& machine_;
  const std::size_t host_;
  const Run run_;
  Recorder* const recorder_;
  std::vector<GuestMemory*> outside_;
  std::uint32_t value_ = 0;
  bool good_ = false, waiting_ = false;
};

/// From a recording: the same inputs at the same instants.
class GuestReplay final : public sim::GuestWorld {
 public:
  GuestReplay(Machine& machine, sim::Engine& engine, HostInputs inputs);

  Fetch read(unsigned f, std::uint64_t address, std::span<std::byte> into, std::uint32_t token) override;
  void write(unsigned, std::uint64_t, std::span<const std::byte>) override {}
  void pin(unsigned, bool) override {}
  void accessed(std::uint32_t, bool) override {}

 private:
  void feed(Time t, std::uint32_t);
  void schedule();

  Machine& machine_;
  sim::Engine& engine_;
  HostInputs inputs_;
};

}  // namespace niclab::lab
