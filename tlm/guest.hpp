// A host outside the simulation: its accesses to the card come in through a door, the card's to its memory go
// out.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <span>
#include <vector>

#include "tlm/core/ring.hpp"
#include "tlm/payload.hpp"
#include "tlm/scheduler.hpp"
#include "tlm/trace.hpp"

namespace niclab::sim {

/// What is behind the door. Called at the instant it happens.
class GuestWorld {
 public:
  virtual ~GuestWorld() = default;
  enum class Fetch : std::uint8_t {
    done,
    later,   ///< Guest::answer() will follow
    refused  ///< an Unsupported Request
  };
  /// The card reads memory.
  virtual Fetch read(unsigned function, std::uint64_t address, std::span<std::byte> into,
                     std::uint32_t token) = 0;
  /// The card writes memory, or sends a message-signalled interrupt.
  virtual void write(unsigned function, std::uint64_t address, std::span<const std::byte> from) = 0;
  /// The function's interrupt pin.
  virtual void pin(unsigned function, bool asserted) = 0;
  /// The answer to the read, or configuration or I/O write, that was issued last.
  virtual void accessed(std::uint32_t value, bool good) = 0;
};

struct GuestAccess {
  TlpType type = TlpType::MRd;  ///< MRd, MWr, IORd, IOWr, CfgRd, CfgWr
  unsigned function = 0;
  std::uint64_t address = 0;
  unsigned bytes = 4;  ///< inside one DWORD
  std::uint32_t value = 0;
  bool posted() const { return type == TlpType::MWr; }
};

/// Takes the place of Host at the root complex. Of accesses that are answered one is under way at a time.
class Guest final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Guest> from_bus;
  tlm_utils::simple_initiator_socket<Guest> to_bus;

  /// `agent`: the first of four calendar agents.
  Guest(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace, unsigned first_port,
        unsigned agent);

  unsigned agent() const { return agent_; }
  void connect(GuestWorld* world) { world_ = world; }
  /// The access happens at `t`, in the order of these calls.
  void issue(Time t, const GuestAccess& access);
  /// What a read of the card that was put off brought; empty: refused.
  void answer(Time t, std::uint32_t token, std::span<const std::byte> data);

 private:
  using Sync = ::tlm::tlm_sync_enum;
  using Phase = ::tlm::tlm_phase;
  Sync bus_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  Sync bus_response(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void issue_event(Time t, std::uint32_t);
  void send(Time t, const GuestAccess& access);
  void responded(Time t, std::uint32_t);
  void write_visible(Time t, std::uint32_t slot);
  void answer_event(Time t, std::uint32_t slot);
  Sync read(Payload& p);

  Engine& engine_;
  Scheduler& scheduler_;
  Trace& trace_;
  const unsigned first_port_, agent_;
  GuestWorld* world_ = nullptr;
  TlpPool payloads_;
  PayloadSlots writes_, reads_;
  Ring<GuestAccess> queue_;
  GuestAccess current_;
  Duration retry_wait_{}, retried_{};
  std::uint32_t value_ = 0;
  bool good_ = false, retry_ = false;
};

}  // namespace niclab::sim
