// A bus, a host and a wire for one port of the card, without SystemC: reads take a random time, fail or are
// lost, and everything the port does is held against the law of the bus.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/splitmix64.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::test {

/// The card did what no card may do.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whose memory it is. Each throws Violation when the card may not.
class DmaLaw {
 public:
  virtual ~DmaLaw() = default;
  /// The bytes of a read by the card.
  virtual std::byte* readable(std::uint64_t address, std::uint32_t length, sim::ReadTag tag) = 0;
  /// Where bytes of a frame, or of anything else, go.
  virtual std::byte* writable(std::uint64_t address, std::uint32_t length, bool frame) = 0;
  /// They are there now.
  virtual void written(std::uint64_t address, std::uint32_t length) = 0;
};

class PortBus final : public sim::BusPort {
 public:
  PortBus(sim::Engine& engine, DmaLaw& law, std::uint64_t seed) : engine_(engine), law_(law), random_(seed) {}
  void attach(sim::I350Function& function) { function_ = &function; }
  /// One read in so many fails; 0: none. The host refuses it, or its answer is poisoned, lost or very late.
  void refuse_one_in(unsigned reads) { refuse_ = reads; }
  /// What becomes of a read; late: after 200 us more.
  enum class Failure : std::uint8_t { none, refused, aborted, poisoned, late, lost };
  /// Of the next one.
  void fail_next(Failure way) { next_ = way; }
  std::uint64_t reads() const { return asked_; }
  unsigned most_in_flight() const { return most_in_flight_; }  ///< reads at once, those that failed apart
  /// Codes of the error messages sent, in order.
  const std::vector<std::uint8_t>& errors() const { return errors_; }
  unsigned truncated() const { return truncated_; }  ///< frames
  std::uint64_t digest() const { return digest_; }
  bool intx() const { return intx_; }  ///< the level of the pin, as told by messages
  std::uint64_t transmitted() const { return transmitted_; }
  Time last_start() const { return last_start_; }  ///< of the preamble of the last frame sent
  bool refused(sim::ReadKind kind, unsigned queue) const {
    return (refused_[static_cast<unsigned>(kind)] >> queue & 1) != 0;
  }
  void forget_refused(sim::ReadKind kind, unsigned queue) {
    refused_[static_cast<unsigned>(kind)] &= ~(1u << queue);
  }

  unsigned max_payload_size() const override { return function_->config_space().max_payload_size(); }
  unsigned max_read_request_size() const override {
    return function_->config_space().max_read_request_size();
  }
  unsigned payload_reads() const override { return sim::kMostPayloadReads; }

  Time write_frame(Time t, std::uint64_t address, sim::Frame* frame, std::uint32_t offset,
                   std::uint32_t length, std::uint32_t, JourneyId) override {
    if (length > max_payload_size())
      throw Violation("a write of " + std::to_string(length) + " B exceeds MPS");
    if (offset + length > frame->length) throw Violation("bytes beyond the end of a frame are written");
    put(address, {frame->data + offset, length}, true);
    return sent(t, 1, address, length + 24);
  }
  Time write(Time t, std::uint64_t address, std::span<const std::byte> bytes, DescriptorRun) override {
    if (bytes.size() > 1024) throw Violation("a write of " + std::to_string(bytes.size()) + " B");
    put(address, bytes, false);
    return sent(t, 2, address, static_cast<std::uint32_t>(bytes.size()) + 24);
  }
  void read(Time t, std::uint64_t address, std::uint32_t length, sim::Frame* frame, std::uint32_t offset,
            sim::ReadTag tag, JourneyId) override {
    if (length == 0 || length > max_read_request_size())
      throw Violation("a read of " + std::to_string(length) + " B");
    if (frame != nullptr && offset + length > frame->capacity)
      throw Violation("a read goes beyond its frame's buffer");
    check_page(address, length);
    law_.readable(address, length, tag);
    mix(t, 3, address, length);
    ++asked_;
    Failure way = std::exchange(next_, Failure::none);
    if (refuse_ != 0 && random_.next() % refuse_ == 0) way = static_cast<Failure>(1 + random_.next() % 5);
    if (way != Failure::none) refused_[static_cast<unsigned>(tag.kind)] |= 1u << tag.queue;
    if (way == Failure::lost) return;
    const unsigned slot = free_slot();
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    if (frame != nullptr) sim::FramePool::ref(frame);
    reads_[slot] = {true, address, length, frame, offset, tag, way};
    // 200 ns to 8 us, short ones oftener; on the grid of the device.
    const std::uint64_t longest = std::uint64_t{1} << random_.next() % 11;
    const Duration latency =
        kDeviceClock * (25 + (random_.next() >> 32) % longest) + (way == Failure::late ? 200_us : Duration{});
    engine_.at<&PortBus::answer>((t + latency).ceil(kDeviceClock), sim::Kind::link_arrival, 0x1000, *this,
                                 slot);
  }
  void message(Time t, std::uint8_t code) override {
    if (code == 0x30 || code == 0x31 || code == 0x33) {
      errors_.push_back(code);
      return mix(t, 7, code, 0);
    }
    // INTA to INTD, asserted or not; two in a row would mean that one was lost.
    if (code < 0x20 || code > 0x27) throw Violation("a message of code " + std::to_string(code));
    const bool asserts = code < 0x24;
    if (asserts == intx_) throw Violation(asserts ? "INTx asserted twice" : "INTx deasserted twice");
    intx_ = asserts;
    mix(t, 6, code, 0);
  }
  void reset_device(Time t) override { function_->device_reset(t, true); }
  void truncate_frame() override {
    ++truncated_;
    digest_ = mix_in(digest_, 8);
  }
  void link_says(Time, const hw::LinkSignal&) override {}
  unsigned port() const override { return 0; }
  JourneyObserver* journeys() const override { return nullptr; }
  void transmit(Time start, Time end, sim::Frame* frame) override {
    if (start < wire_free_) throw Violation("two frames on the wire at once");
    // Short ones are software's own affair without TCTL.PSP; a tag may come on top of the longest.
    if (frame->length < 14 || frame->length > 9728)
      throw Violation("a frame of " + std::to_string(frame->length) + " B on the wire");
    wire_free_ = end;
    last_start_ = start;
    ++transmitted_;
    mix(start, 4, end.ps(), frame->content());
    sim::FramePool::unref(frame);
  }

 private:
  struct Read {
    bool busy = false;
    std::uint64_t address = 0;
    std::uint32_t length = 0;
    sim::Frame* frame = nullptr;
    std::uint32_t offset = 0;
    sim::ReadTag tag{};
    Failure failure = Failure::none;
  };

  static void check_page(std::uint64_t address, std::size_t length) {
    if (address % 4096 + length > 4096)
      throw Violation("a request of " + std::to_string(length) + " B crosses a 4 KB border");
  }
  unsigned free_slot() const {
    for (unsigned i = 0; i < reads_.size(); ++i)
      if (!reads_[i].busy) return i;
    throw Violation("more than " + std::to_string(reads_.size()) + " reads in flight");
  }
  void put(std::uint64_t address, std::span<const std::byte> bytes, bool frame) {
    check_page(address, bytes.size());
    const auto length = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(law_.writable(address, length, frame), bytes.data(), length);
    digest_ = mix_in(digest_, hash_bytes(bytes));
    law_.written(address, length);
  }
  /// When the last symbol of `wire` bytes has left: 2 GB/s.
  Time sent(Time t, unsigned kind, std::uint64_t address, std::uint32_t wire) {
    mix(t, kind, address, wire);
    link_free_ = niclab::max(t, link_free_) + Duration::from_ps(500) * wire;
    return link_free_;
  }
  void answer(Time t, std::uint32_t slot) {
    const Read r = reads_[slot];
    reads_[slot].busy = false;
    --in_flight_;
    std::array<std::byte, 4096> data;
    sim::ReadAnswer answer{.id = r.tag.id};
    switch (r.failure) {
      case Failure::none:
        std::memcpy(data.data(), law_.readable(r.address, r.length, r.tag), r.length);
        answer.data = {data.data(), r.length};
        if (r.frame != nullptr) std::memcpy(r.frame->data + r.offset, data.data(), r.length);
        break;
      case Failure::refused: answer.status = sim::ReadStatus::unsupported; break;
      case Failure::poisoned: answer.status = sim::ReadStatus::poisoned; break;
      default: answer.status = sim::ReadStatus::aborted;
    }
    mix(t, 5, r.address, answer.data.size());
    function_->read_completed(t, answer);
    if (r.frame != nullptr) sim::FramePool::unref(r.frame);
  }
  static std::uint64_t mix_in(std::uint64_t digest, std::uint64_t v) {
    return (digest ^ v) * 0x9e3779b97f4a7c15ull + (digest >> 29);
  }
  void mix(Time t, unsigned kind, std::uint64_t a, std::uint64_t b) {
    digest_ = mix_in(mix_in(mix_in(digest_, t.ps() * 8 + kind), a), b);
  }

  sim::Engine& engine_;
  DmaLaw& law_;
  sim::I350Function* function_ = nullptr;
  SplitMix64 random_;
  unsigned refuse_ = 0;
  std::array<unsigned, 3> refused_{};  ///< by kind, queues of which a read was refused
  Failure next_ = Failure::none;
  std::array<Read, 64> reads_{};
  std::vector<std::uint8_t> errors_;
  std::uint64_t asked_ = 0;
  unsigned in_flight_ = 0, most_in_flight_ = 0;
  unsigned truncated_ = 0;
  Time link_free_{}, wire_free_{}, last_start_{};
  bool intx_ = false;
  std::uint64_t digest_ = 0, transmitted_ = 0;
};

}  // namespace niclab::test
