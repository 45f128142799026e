// sk_buff: one packet, or one fragment of one, on its way through the stack.
//
// Data live in reference-counted DataBuffers in host memory, so that a device can reach them. An sk_buff owns
// itself through SkbPtr; passing SkbPtr by value passes ownership, as freeing or queueing does in Linux.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "base/time.hpp"

namespace niclab::stack {

class BufferPool;
class NetDevice;
class SkbPool;

/// A block of device-reachable memory shared by reference count: an skb's head, or a receive page.
/// The count is shared state: synchronise before changing or testing it.
struct DataBuffer {
  std::byte* base = nullptr;
  std::uint32_t size = 0;
  std::uint32_t refs = 0;
  BufferPool* pool = nullptr;
  DataBuffer* next_free = nullptr;
};

/// Equal-sized DataBuffers, last in first out; grows by need and never shrinks.
class BufferPool {
 public:
  BufferPool(Kernel& kernel, std::uint32_t buffer_size, std::uint32_t alignment)
      : kernel_(kernel), buffer_size_(buffer_size), alignment_(alignment) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  /// A buffer with one reference. Synchronises (who gets which buffer is observable on the bus).
  DataBuffer* get();
  static void ref(DataBuffer* b) { ++b->refs; }
  /// Drops a reference; the last one returns the buffer. Synchronises.
  static void unref(DataBuffer* b);
  std::uint32_t buffer_size() const { return buffer_size_; }

 private:
  Kernel& kernel_;
  std::uint32_t buffer_size_, alignment_;
  DataBuffer* free_ = nullptr;
  std::vector<std::unique_ptr<DataBuffer>> all_;
};

/// SKBTX_HW_TSTAMP: the sender wants to know when the packet left, by the device's clock.
inline constexpr std::uint8_t kSkbTxHwTstamp = 1;

enum class PacketType : std::uint8_t { host, broadcast, multicast, otherhost, outgoing };

/// Linux's ip_summed (path-map B-41, C-30).
enum class IpSummed : std::uint8_t { none, unnecessary, partial };

struct SkBuff {
  // --- data: [buffer->base .. data .. data+len .. end) -------------------------------------------
  SkBuff* next = nullptr;        ///< link of whichever queue holds it
  DataBuffer* buffer = nullptr;  ///< one reference held
  std::byte* data = nullptr;
  std::byte* end = nullptr;     ///< limit of the linear area
  std::uint32_t len = 0;        ///< linear bytes from data
  std::uint32_t data_len = 0;   ///< bytes in frag_list, all together
  SkBuff* frag_list = nullptr;  ///< further pieces (IP fragments, multi-buffer frames), owned, linked by next
  // --- where the headers are, offsets from buffer->base ------------------------------------------
  std::uint16_t mac_header = 0, network_header = 0, transport_header = 0;
  // --- metadata ----------------------------------------------------------------------------------
  std::uint16_t protocol = 0;  ///< EtherType, host order
  PacketType pkt_type = PacketType::host;
  IpSummed ip_summed = IpSummed::none;
  std::uint8_t priority = 0;
  bool rx_queue_recorded = false;
  std::uint8_t tx_flags = 0;        ///< of skb_shared_info: kSkbTxHwTstamp or nothing
  std::uint16_t queue_mapping = 0;  ///< TX queue, or recorded RX queue
  std::uint16_t csum_start = 0;     ///< partial: offset from buffer->base where summing starts
  std::uint16_t csum_offset = 0;    ///< partial: from csum_start to the field
  std::uint32_t rxhash = 0;
  std::uint32_t truesize = 0;  ///< memory charged to a socket
  JourneyId journey{};         ///< measurement: whose way this is
  std::uint64_t hwtstamp = 0;  ///< skb_hwtstamps: the device's clock when it arrived, or left; 0: none
  NetDevice* dev = nullptr;
  void* dst = nullptr;  ///< route, owned by the stack
  /// Called with the skb when it is freed; accounts memory to a socket. nullptr: nobody owns it.
  void (*destructor)(SkBuff&) = nullptr;
  void* owner = nullptr;          ///< the destructor's socket
  Time stamp{};                   ///< measurement: on the wire (receive), in sendto (transmit)
  alignas(8) std::byte cb[48]{};  ///< control block of the layer that has it
  SkbPool* pool = nullptr;

  std::uint32_t total_len() const { return len + data_len; }
  std::uint32_t headroom() const { return static_cast<std::uint32_t>(data - buffer->base); }
  std::uint32_t tailroom() const { return static_cast<std::uint32_t>(end - (data + len)); }
  std::span<std::byte> bytes() { return {data, len}; }
  std::span<const std::byte> bytes() const { return {data, len}; }
  std::byte* at(std::uint16_t header) const { return buffer->base + header; }
  std::uint16_t offset() const { return static_cast<std::uint16_t>(data - buffer->base); }
  void reserve(std::uint32_t n) { data += n; }
  std::byte* put(std::uint32_t n) {
    assert(n <= tailroom());
    std::byte* p = data + len;
    len += n;
    return p;
  }
  std::byte* push(std::uint32_t n) {
    assert(n <= headroom());
    data -= n;
    len += n;
    return data;
  }
  std::byte* pull(std::uint32_t n) {
    assert(n <= len);
    len -= n;
    return data += n;
  }
  void trim(std::uint32_t n) {
    assert(n <= len);
    len = n;
  }
};

/// kfree_skb: runs the destructor, frees fragments, drops the buffer, returns the sk_buff. Synchronises.
struct SkbDeleter {
  void operator()(SkBuff* skb) const;
};
using SkbPtr = std::unique_ptr<SkBuff, SkbDeleter>;

/// Measurement: the code of a border, kept out of the functions that have one.
[[gnu::cold]] void tell_begin(Kernel& k, const SkBuff& skb, Stage stage);
[[gnu::cold]] void tell_end(Kernel& k, const SkBuff& skb, Stage stage);
[[gnu::cold]] void tell_drop(Kernel& k, SkBuff& skb);

/// Measurement: a border of the packet's journey, at the instant the code has come to.
inline void journey_begins(Kernel& k, const SkBuff& skb, Stage stage) {
  if (skb.journey != JourneyId::none) [[unlikely]]
    tell_begin(k, skb, stage);
}
inline void journey_ends(Kernel& k, const SkBuff& skb, Stage stage) {
  if (skb.journey != JourneyId::none) [[unlikely]]
    tell_end(k, skb, stage);
}
/// The packet goes on as several, or as a part of another: its journey does not count.
inline void journey_dropped(Kernel& k, SkBuff& skb) {
  if (skb.journey != JourneyId::none) [[unlikely]]
    tell_drop(k, skb);
}

/// Allocates sk_buffs of one host. Steady state allocates nothing from the C++ heap.
class SkbPool {
 public:
  explicit SkbPool(Kernel& kernel);
  ~SkbPool();
  SkbPool(const SkbPool&) = delete;
  SkbPool& operator=(const SkbPool&) = delete;
  /// alloc_skb: room for `size` bytes (up to 9728 + headers), data at the start, len 0. Charges slab_alloc
  /// for the sk_buff and for its head. truesize is what 3.13 charges: aligned size, sk_buff, skb_shared_info.
  SkbPtr alloc(std::uint32_t size);
  /// build_skb: wraps `length` bytes at `data` inside `page`, taking a reference on it. Charges slab_alloc.
  /// truesize is that of igb's receive skb: a 256-byte head and half a page.
  SkbPtr wrap(DataBuffer* page, std::byte* data, std::uint32_t length);
  /// skb_clone: a second sk_buff (and one for each fragment) on the same buffers. Nobody owns the clone.
  SkbPtr clone(const SkBuff& original);
  Kernel& kernel() { return kernel_; }

 private:
  friend struct SkbDeleter;
  SkBuff* take();
  Kernel& kernel_;
  BufferPool small_, large_;  // 2 KB and 12 KB heads
  SkBuff* free_ = nullptr;
  std::vector<std::unique_ptr<SkBuff[]>> slabs_;
};

/// A FIFO of sk_buffs linked through SkBuff::next; owns what it holds.
class SkbQueue {
 public:
  SkbQueue() = default;
  SkbQueue(const SkbQueue&) = delete;
  SkbQueue& operator=(const SkbQueue&) = delete;
  ~SkbQueue() { clear(); }
  bool empty() const { return head_ == nullptr; }
  std::uint32_t size() const { return size_; }
  SkBuff* front() { return head_; }
  SkBuff* back() { return tail_; }
  void push_back(SkbPtr skb) {
    SkBuff* s = skb.release();
    s->next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = s;
    tail_ = s;
    ++size_;
  }
  SkbPtr pop_front() {
    SkBuff* s = head_;
    if (s == nullptr) return nullptr;
    head_ = s->next;
    if (head_ == nullptr) tail_ = nullptr;
    --size_;
    s->next = nullptr;
    return SkbPtr(s);
  }
  void clear() {
    while (pop_front()) {
    }
  }

 private:
  SkBuff* head_ = nullptr;
  SkBuff* tail_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace niclab::stack
