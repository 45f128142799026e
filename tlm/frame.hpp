// A frame on the wire: pooled, reference-counted, hashed once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/digest.hpp"
#include "base/journey.hpp"
#include "base/time.hpp"

namespace niclab::sim {

class FramePool;

/// Bytes from destination address to the end of the payload; the FCS is not stored, only whether it is good.
struct Frame {
  std::byte* data = nullptr;
  std::uint32_t length = 0;  ///< without FCS
  std::uint32_t capacity = 0;
  std::uint32_t refs = 0;
  bool fcs_good = true;
  bool sent_by_nic = false;
  std::uint32_t number = 0;  ///< of the frames its sender has sent, from 1; 0: unknown
  JourneyId journey{};       ///< measurement: of the packet a NIC is sending
  Time stamp{};              ///< measurement: when the application sent it (transmit)
  Time buffered{};           ///< measurement: when it came into the buffer of the NIC that sends it
  std::uint64_t hash = 0;    ///< of the bytes; 0: not computed yet
  FramePool* pool = nullptr;
  Frame* next_free = nullptr;

  std::span<std::byte> bytes() { return {data, length}; }
  std::span<const std::byte> bytes() const { return {data, length}; }
  std::uint64_t content() {
    if (hash == 0) hash = hash_bytes(bytes());
    return hash;
  }
};

/// Last in, first out; never shrinks.
class FramePool {
 public:
  /// A frame of `length` bytes with one reference.
  Frame* get(std::uint32_t length) {
    Frame*& head = length <= kSmall ? free_small_ : free_large_;
    Frame* f = head;
    if (f != nullptr) {
      head = f->next_free;
    } else {
      f = make(length <= kSmall ? kSmall : kLarge);
    }
    f->length = length;
    f->refs = 1;
    f->fcs_good = true;
    f->sent_by_nic = false;
    f->number = 0;
    f->journey = JourneyId::none;
    f->stamp = Time{};
    f->hash = 0;
    return f;
  }
  static Frame* ref(Frame* f) {
    ++f->refs;
    return f;
  }
  static void unref(Frame* f) {
    if (--f->refs != 0) return;
    Frame*& head = f->capacity == kSmall ? f->pool->free_small_ : f->pool->free_large_;
    f->next_free = head;
    head = f;
  }

 private:
  static constexpr std::uint32_t kSmall = 1600, kLarge = 16384;
  Frame* make(std::uint32_t capacity) {
    storage_.push_back(std::make_unique<std::byte[]>(capacity + 64));
    frames_.push_back(std::make_unique<Frame>());
    Frame* f = frames_.back().get();
    void* p = storage_.back().get();
    std::size_t space = capacity + 64;
    f->data = static_cast<std::byte*>(std::align(64, capacity, p, space));
    f->capacity = capacity;
    f->pool = this;
    return f;
  }
  Frame* free_small_ = nullptr;
  Frame* free_large_ = nullptr;
  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<std::unique_ptr<std::byte[]>> storage_;
};

}  // namespace niclab::sim
