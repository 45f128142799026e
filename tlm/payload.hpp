// TLM-2.0 payloads: a pooled generic payload with an extension that says what it is on PCIe, or on Ethernet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <typeinfo>
#include <utility>
#include <vector>

#include "base/pci.hpp"
#include "base/time.hpp"
#include "base/trace.hpp"
#include "tlm/frame.hpp"

namespace niclab::sim {

using Payload = ::tlm::tlm_generic_payload;

/// Everything about a TLP that a generic payload does not say. A payload without one is a memory read or
/// write.
struct TlpExtension final : ::tlm::tlm_extension<TlpExtension> {
  TlpType type = TlpType::MRd;
  unsigned function = 0;  ///< requester (device to host) or completer (host to device)
  std::uint32_t tag = 0;
  std::uint8_t message = 0;   ///< of a Msg: MessageCode, plus 0 .. 3 for INTA .. INTD
  bool poisoned = false;      ///< the EP bit: of a write, or of a read's completion
  bool provoked = false;      ///< a scenario wanted this read to fail
  std::uint64_t content = 0;  ///< hash of small payloads
  std::uint32_t packet = 0;   ///< measurement: TlpEvent::packet
  Time credit_returned{};     ///< set by the receiver: when its buffer is free again
  void* owner = nullptr;      ///< requester's own: who waits for the completion
  std::uint32_t owner_arg = 0;
  bool retry = false;                ///< answered with Configuration Request Retry Status: ask again
  std::uint64_t requester_data = 0;  ///< the requester finds it again in the completion
  Frame* frame = nullptr;            ///< keeps the bytes alive; a reference is dropped with the payload
  JourneyId journey{};               ///< measurement: the packet whose bytes it carries or asks for
  DescriptorRun journeys{};          ///< measurement: the packets whose descriptors it writes back
  alignas(16) std::array<std::byte, 512> inline_data{};
  Time issued{}, start{}, end{};  ///< measurement: when a CPU posted it, and its time on the link

  ::tlm::tlm_extension_base* clone() const override { return new TlpExtension(*this); }
  void copy_from(const ::tlm::tlm_extension_base& other) override {
    *this = static_cast<const TlpExtension&>(other);
  }
};

/// A payload of ours: the extension lies inside it, so that we find it without a call into the library.
/// Foreign models see it by get_extension as usual.
class TlpPayload final : public Payload {
 public:
  explicit TlpPayload(::tlm::tlm_mm_interface* mm) : Payload(mm) { set_extension(&extension); }
  ~TlpPayload() override { clear_extension(&extension); }
  TlpExtension extension;
};

/// The extension of any payload, or nullptr.
inline TlpExtension* tlp_of(Payload& p) {
  if (typeid(p) == typeid(TlpPayload)) [[likely]]
    return &static_cast<TlpPayload&>(p).extension;
  return p.get_extension<TlpExtension>();
}

/// Payloads that wait for an event, which carries a number and not a pointer.
class PayloadSlots {
 public:
  /// Keeps `p` until take(); references are the caller's.
  std::uint32_t put(Payload& p) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.push_back(nullptr);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = &p;
    return slot;
  }
  Payload& take(std::uint32_t slot) {
    free_.push_back(slot);
    return *slots_[slot];
  }

 private:
  std::vector<Payload*> slots_;
  std::vector<std::uint32_t> free_;
};

/// Recycles payloads together with their extension: no allocation in steady state.
class TlpPool final : public ::tlm::tlm_mm_interface {
 public:
  /// A payload with one reference. `data` may be null: then the extension's inline_data is used.
  Payload& get(TlpType type, std::uint64_t address, std::byte* data, std::uint32_t length) {
    if (free_.empty()) {
      all_.push_back(std::make_unique<TlpPayload>(this));
      free_.push_back(all_.back().get());
    }
    TlpPayload& p = *free_.back();
    free_.pop_back();
    TlpExtension& e = p.extension;
    e.type = type;
    e.frame = nullptr;
    e.owner = nullptr;
    e.content = 0;
    e.tag = 0;
    e.poisoned = e.provoked = false;
    e.packet = 0;
    e.owner_arg = 0;
    e.retry = false;
    e.credit_returned = Time{};
    e.journeys.stamps = nullptr;
    e.journey = JourneyId::none;
    const bool read = type == TlpType::MRd || type == TlpType::CfgRd || type == TlpType::IORd;
    p.set_command(read                   ? ::tlm::TLM_READ_COMMAND
                  : type == TlpType::Msg ? ::tlm::TLM_IGNORE_COMMAND
                                         : ::tlm::TLM_WRITE_COMMAND);
    p.set_address(address);
    p.set_data_ptr(reinterpret_cast<unsigned char*>(data != nullptr ? data : e.inline_data.data()));
    p.set_data_length(length);
    p.set_streaming_width(length);
    p.set_byte_enable_ptr(nullptr);
    p.set_response_status(::tlm::TLM_INCOMPLETE_RESPONSE);
    p.acquire();
    return p;
  }
  /// Of a payload that came from a TlpPool.
  static TlpExtension& extension(Payload& p) { return static_cast<TlpPayload&>(p).extension; }
  static std::byte* data(Payload& p) { return reinterpret_cast<std::byte*>(p.get_data_ptr()); }

  void free(Payload* raw) override {
    TlpPayload* p = static_cast<TlpPayload*>(raw);
    if (p->extension.frame != nullptr) FramePool::unref(std::exchange(p->extension.frame, nullptr));
    free_.push_back(p);
  }

 private:
  std::vector<TlpPayload*> free_;
  std::vector<std::unique_ptr<TlpPayload>> all_;
};

/// What a wire carries. The payload's data are the frame's bytes.
struct FrameExtension final : ::tlm::tlm_extension<FrameExtension> {
  Frame* frame = nullptr;
  Duration on_wire{};  ///< measurement: first to last bit, as the sender sent it; zero: it does not say
  ::tlm::tlm_extension_base* clone() const override { return new FrameExtension(*this); }
  void copy_from(const ::tlm::tlm_extension_base& other) override {
    *this = static_cast<const FrameExtension&>(other);
  }
};

class FramePayloadPool final : public ::tlm::tlm_mm_interface {
 public:
  ~FramePayloadPool() override {
    for (Payload* p : free_) {
      p->set_mm(nullptr);
      delete p;
    }
  }
  /// Takes over the caller's reference on `frame`.
  Payload& get(Frame* frame, Duration on_wire) {
    Payload* p = nullptr;
    if (free_.empty()) {
      p = new Payload(this);
      p->set_extension(new FrameExtension);
    } else {
      p = free_.back();
      free_.pop_back();
    }
    FrameExtension& e = *p->get_extension<FrameExtension>();
    e.frame = frame;
    e.on_wire = on_wire;
    p->set_command(::tlm::TLM_WRITE_COMMAND);
    p->set_address(0);
    p->set_data_ptr(reinterpret_cast<unsigned char*>(frame->data));
    p->set_data_length(frame->length);
    p->set_streaming_width(frame->length);
    p->set_response_status(::tlm::TLM_INCOMPLETE_RESPONSE);
    p->acquire();
    return *p;
  }
  void free(Payload* p) override {
    FrameExtension* e = p->get_extension<FrameExtension>();
    FramePool::unref(e->frame);
    e->frame = nullptr;
    free_.push_back(p);
  }

 private:
  std::vector<Payload*> free_;
};

/// A blocking initiator's payload need not have a memory manager; ours hold references while they work on it.
class BorrowedPayload final : public ::tlm::tlm_mm_interface {
 public:
  explicit BorrowedPayload(Payload& p) : payload_(p), borrowed_(!p.has_mm()) {
    if (!borrowed_) return;
    payload_.set_mm(this);
    payload_.acquire();
  }
  ~BorrowedPayload() override {
    if (!borrowed_) return;
    payload_.release();
    payload_.set_mm(nullptr);
  }
  BorrowedPayload(const BorrowedPayload&) = delete;
  BorrowedPayload& operator=(const BorrowedPayload&) = delete;
  void free(Payload*) override {}

 private:
  Payload& payload_;
  const bool borrowed_;
};

/// Kernel time and engine time: the engine runs ahead of SystemC inside its horizon.
inline Time kernel_now() {
  // The reference stays valid and current; asking the library each time costs two calls.
  static const sc_core::sc_time& now = sc_core::sc_time_stamp();
  return Time::from_ps(now.value());
}
/// The annotated delay that means the instant `t`.
inline sc_core::sc_time delay_to(Time t) { return sc_core::sc_time::from_value((t - kernel_now()).ps()); }
/// The instant an annotated delay means.
inline Time instant(const sc_core::sc_time& delay) { return kernel_now() + Duration::from_ps(delay.value()); }

}  // namespace niclab::sim
