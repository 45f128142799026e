// One direction of a PCIe link: a serial resource with flow-control credits (fact base 6.1, 6.2).
#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"
#include "base/trace.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"

namespace niclab::sim {

/// What the scenario's `[pcie]` table says.
struct PcieConfig {
  unsigned gen = 2;  ///< 1: 2.5 GT/s, 2: 5 GT/s (8b/10b), 3: 8 GT/s (128b/130b)
  unsigned lanes = 4;
  unsigned mps = 256;        ///< Max_Payload_Size, bytes
  unsigned mrrs = 512;       ///< Max_Read_Request_Size, bytes
  unsigned rcb = 64;         ///< Read Completion Boundary, bytes
  unsigned completion = 64;  ///< most data in one completion, bytes; a multiple of rcb
  unsigned ack_every = 4;    ///< TLPs acknowledged by one Ack DLLP
  unsigned tags = 32;        ///< reads a function may have in flight, at least 3
  unsigned iova_bits = 32;   ///< 32: DMA addresses below 4 GiB; 64: above
  Duration propagation = 5_ns;
  Duration root_complex_latency = 150_ns;
  Duration memory_latency = 90_ns;
  Duration device_latency = 120_ns;
  Duration iommu_hit = 10_ns;
  Duration iommu_miss = 330_ns;
  unsigned iotlb_entries = 64;
};

/// Message codes (PCI Express Base 2.2.8): the level of a virtual wire INTA .. INTD, or an error. A message
/// is a payload with TLM_IGNORE_COMMAND and no data.
enum class MessageCode : std::uint8_t {
  assert_inta = 0x20,
  deassert_inta = 0x24,
  err_cor = 0x30,
  err_nonfatal = 0x31,
  err_fatal = 0x33
};
inline constexpr unsigned kIntxWires = 4;

/// Framing 8 B (STP, sequence, LCRC, END) and header 3 DW, or 4 DW for a message and for a memory address
/// from 4 GiB up.
constexpr std::uint32_t tlp_overhead(TlpType type, std::uint64_t address) {
  const bool memory = type == TlpType::MRd || type == TlpType::MWr;
  return 8 + (type == TlpType::Msg || (memory && address >> 32 != 0) ? 16 : 12);
}
/// Bytes of a TLP on the wire; `payload` is 0 for requests without data.
constexpr std::uint32_t tlp_wire_bytes(TlpType type, std::uint64_t address, std::uint32_t payload) {
  return tlp_overhead(type, address) + (payload + 3) / 4 * 4;
}
inline constexpr std::uint32_t kDllpBytes = 8;
inline constexpr std::uint32_t kUpdateFcEvery = 4;  ///< TLPs per UpdateFC DLLP

/// What one direction has carried for one NIC, by TlpType.
struct PcieCounters {
  std::array<std::uint64_t, kTlpTypes> tlps_of{}, wire_bytes_of{};
  std::uint64_t payload_bytes = 0;

  void count(TlpType type, std::uint32_t wire, std::uint32_t payload) {
    ++tlps_of[static_cast<unsigned>(type)];
    wire_bytes_of[static_cast<unsigned>(type)] += wire;
    payload_bytes += payload;
  }
  std::uint64_t tlps() const { return sum(tlps_of); }
  std::uint64_t wire_bytes() const { return sum(wire_bytes_of); }

 private:
  static std::uint64_t sum(const std::array<std::uint64_t, kTlpTypes>& of) {
    std::uint64_t all = 0;
    for (const std::uint64_t n : of) all += n;
    return all;
  }
};
struct PciePortCounters {
  PcieCounters up, down;
};

/// Header and data credits of one class (posted or non-posted) as the receiver advertised them.
class CreditPool {
 public:
  CreditPool(unsigned headers, unsigned data_units) : headers_(headers), data_(data_units) {}

  /// The first instant at or after `t` at which one header and `units` of 16 B data are free.
  Time earliest(Time t, unsigned units) {
    collect(t);
    while ((headers_ == 0 || data_ < units) && !outstanding_.empty()) {
      t = max(t, outstanding_.front().returned);
      collect(t);
    }
    return t;
  }
  /// Takes credits that come back at `returned`; returns come in order.
  void take(unsigned units, Time returned) {
    --headers_;
    data_ -= units;
    outstanding_.push_back({returned, units});
  }

 private:
  struct Taken {
    Time returned;
    unsigned units;
  };
  void collect(Time t) {
    while (!outstanding_.empty() && outstanding_.front().returned <= t) {
      ++headers_;
      data_ += outstanding_.front().units;
      outstanding_.pop_front();
    }
  }
  unsigned headers_, data_;
  Ring<Taken> outstanding_;
};

/// Sends TLPs one after another. Requests must come in time order; that is what makes computing ahead exact.
class LinkTransmitter {
 public:
  explicit LinkTransmitter(const PcieConfig& c)
      : ps_per_64_bytes_((c.gen == 1   ? 256'000ull
                          : c.gen == 2 ? 128'000ull
                                       : 65'000ull) /
                         c.lanes),
        propagation_(c.propagation),
        posted_(64, 1024),
        non_posted_(32, 128) {}

  struct Sent {
    Time start;    ///< first symbol
    Time end;      ///< last symbol
    Time arrival;  ///< last symbol at the far end
  };
  /// Asked for at `t`, an event's own time.
  Sent send(Time t, TlpType type, std::uint32_t wire_bytes, std::uint32_t payload) {
    if (t < last_request_) [[unlikely]]
      fail(t);
    last_request_ = t;
    Time start = max(t, busy_);
    const unsigned units = (payload + 15) / 16;
    if (type == TlpType::MWr || type == TlpType::Msg) {
      start = posted_.earliest(start, units);
    } else if (type != TlpType::CplD && type != TlpType::Cpl) {
      start = non_posted_.earliest(start, units);
    }
    busy_ = start + Duration::from_ps((wire_bytes * ps_per_64_bytes_ + 63) / 64);
    return {start, busy_, busy_ + propagation_};
  }
  /// When the wires are free of what was sent so far.
  Time free_at() const { return busy_; }
  /// How long so many bytes occupy them.
  Duration time_of(std::uint64_t wire_bytes) const {
    return Duration::from_ps(wire_bytes * ps_per_64_bytes_ / 64);
  }
  /// The receiver frees what the last TLP of this type took at `returned`.
  void credit(TlpType type, std::uint32_t payload, Time returned) {
    const unsigned units = (payload + 15) / 16;
    if (type == TlpType::MWr || type == TlpType::Msg) {
      posted_.take(units, returned);
    } else if (type != TlpType::CplD && type != TlpType::Cpl) {
      non_posted_.take(units, returned);
    }
  }

 private:
  [[noreturn]] void fail(Time t) const {
    throw SimulationError("PCIe link asked out of time order: " + std::to_string(t.ps()) + " ps after " +
                          std::to_string(last_request_.ps()) + " ps");
  }
  std::uint64_t ps_per_64_bytes_;
  Duration propagation_;
  Time busy_{}, last_request_{};
  CreditPool posted_, non_posted_;
};

}  // namespace niclab::sim
