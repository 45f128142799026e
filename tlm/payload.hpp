// TLM-2.0 payloads: a pooled generic payload with an extension that says what it is on PCIe, or on Ethernet.
#pragma once

#include <systemc>
#include <tlm>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "base/trace.hpp"
#include "tlm/frame.hpp"

namespace niclab::sim {

using Payload = ::tlm::tlm_generic_payload;

/// Everything about a TLP that a generic payload does not say. A payload without one is a memory read or write.
struct TlpExtension final : ::tlm::tlm_extension<TlpExtension> {
  TlpType type = TlpType::MRd;
  unsigned function = 0;              ///< requester (device to host) or completer (host to device)
  std::uint32_t tag = 0;
  std::uint64_t content = 0;          ///< hash of small payloads
  Time credit_returned{};             ///< set by the receiver: when its buffer is free again
  void* owner = nullptr;              ///< requester's own: who waits for the completion
  std::uint32_t owner_arg = 0;
  std::uint64_t requester_data = 0;   ///< the requester finds it again in the completion
  Frame* frame = nullptr;             ///< keeps the bytes alive; a reference is dropped with the payload
  alignas(16) std::array<std::byte, 512> inline_data{};

  ::tlm::tlm_extension_base* clone() const override { return new TlpExtension(*this); }
  void copy_from(const ::tlm::tlm_extension_base& other) override {
    *this = static_cast<const TlpExtension&>(other);
  }
};

/// Recycles payloads together with their extension: no allocation in steady state.
class TlpPool final : public ::tlm::tlm_mm_interface {
 public:
  ~TlpPool() override {
    for (Payload* p : free_) delete_payload(p);
  }
  /// A payload with one reference. `data` may be null: then the extension's inline_data is used.
  Payload& get(TlpType type, std::uint64_t address, std::byte* data, std::uint32_t length) {
    Payload* p = nullptr;
    if (free_.empty()) {
      p = new Payload(this);  // the memory-manager protocol of TLM-2.0 owns raw payloads
      p->set_extension(new TlpExtension);
    } else {
      p = free_.back();
      free_.pop_back();
    }
    TlpExtension& e = extension(*p);
    e.type = type;
    e.frame = nullptr;
    e.owner = nullptr;
    e.content = 0;
    e.tag = 0;
    e.owner_arg = 0;
    e.credit_returned = Time{};
    const bool read = type == TlpType::MRd || type == TlpType::CfgRd;
    p->set_command(read ? ::tlm::TLM_READ_COMMAND : ::tlm::TLM_WRITE_COMMAND);
    p->set_address(address);
    p->set_data_ptr(reinterpret_cast<unsigned char*>(data != nullptr ? data : e.inline_data.data()));
    p->set_data_length(length);
    p->set_streaming_width(length);
    p->set_byte_enable_ptr(nullptr);
    p->set_response_status(::tlm::TLM_INCOMPLETE_RESPONSE);
    p->acquire();
    return *p;
  }
  static TlpExtension& extension(Payload& p) { return *p.get_extension<TlpExtension>(); }
  static std::byte* data(Payload& p) { return reinterpret_cast<std::byte*>(p.get_data_ptr()); }

  void free(Payload* p) override {
    TlpExtension& e = extension(*p);
    if (e.frame != nullptr) FramePool::unref(e.frame);
    e.frame = nullptr;
    free_.push_back(p);
  }

 private:
  static void delete_payload(Payload* p) {
    p->set_mm(nullptr);
    delete p;
  }
  std::vector<Payload*> free_;
};

/// What a wire carries. The payload's data are the frame's bytes.
struct FrameExtension final : ::tlm::tlm_extension<FrameExtension> {
  Frame* frame = nullptr;
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
  Payload& get(Frame* frame) {
    Payload* p = nullptr;
    if (free_.empty()) {
      p = new Payload(this);
      p->set_extension(new FrameExtension);
    } else {
      p = free_.back();
      free_.pop_back();
    }
    p->get_extension<FrameExtension>()->frame = frame;
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
    if (borrowed_) payload_.set_mm(nullptr);
  }
  BorrowedPayload(const BorrowedPayload&) = delete;
  BorrowedPayload& operator=(const BorrowedPayload&) = delete;
  void free(Payload*) override {}

 private:
  Payload& payload_;
  const bool borrowed_;
};

/// Kernel time and engine time: the engine runs ahead of SystemC inside its horizon.
inline Time kernel_now() { return Time::from_ps(sc_core::sc_time_stamp().value()); }
/// The annotated delay that means the instant `t`.
inline sc_core::sc_time delay_to(Time t) { return sc_core::sc_time::from_value((t - kernel_now()).ps()); }
/// The instant an annotated delay means.
inline Time instant(const sc_core::sc_time& delay) { return kernel_now() + Duration::from_ps(delay.value()); }

}  // namespace niclab::sim
