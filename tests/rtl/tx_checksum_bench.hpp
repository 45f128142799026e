// The stand on which rtl/tx_checksum is tested: packets, the reference, and one driver for all widths of the
// block.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <ostream>
#include <vector>

#include "base/bytes.hpp"
#include "base/splitmix64.hpp"
#include "hw/tx_checksum.hpp"
#include "tests/rtl/model.hpp"

namespace niclab::rtl {

/// A packet and what its descriptors ask for.
struct Packet {
  std::vector<std::byte> frame;
  hw::AdvTxContext context;
  bool ixsm = true, txsm = true;
};

/// The block's answer to one packet.
struct Result {
  bool ip_insert = false, l4_insert = false;
  unsigned ip_offset = 0, ip_checksum = 0, l4_offset = 0, l4_checksum = 0, error = 0;
  bool operator==(const Result&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Result& r) {
  return out << "{error " << r.error << ", ip " << r.ip_insert << " @" << r.ip_offset << " " << std::hex
             << r.ip_checksum << ", l4 " << r.l4_insert << std::dec << " @" << r.l4_offset << " " << std::hex
             << r.l4_checksum << std::dec << "}";
}

/// What docs/rtl.md promises, by way of hw::insert_checksums.
inline Result expected(const Packet& packet) {
  std::vector<std::byte> after = packet.frame;
  Result r;
  r.error = static_cast<unsigned>(hw::insert_checksums(after, packet.context, packet.ixsm, packet.txsm));
  if (r.error != 0) return r;
  const unsigned l3 = packet.context.maclen(), l4 = l3 + packet.context.iplen();
  const auto field = [&](unsigned at) { return unsigned{load_be16(after.data() + at)}; };
  if ((r.ip_insert = packet.ixsm && packet.context.ipv4())) {
    r.ip_offset = l3 + 10;
    r.ip_checksum = field(r.ip_offset);
  }
  if ((r.l4_insert = packet.txsm && packet.context.l4t() != hw::txd::L4T_SCTP)) {
    r.l4_offset = l4 + (packet.context.l4t() == hw::txd::L4T_TCP ? 16 : 6);
    r.l4_checksum = field(r.l4_offset);
  }
  return r;
}

/// Drives a block `Top` of `Bytes` a beat, and checks in every cycle that results have the right value, come
/// in the right cycle and stay, and that the input waits only when it may.
template <class Top, unsigned Bytes>
class ChecksumBench {
 public:
  static constexpr unsigned kLatency = 3;  ///< docs/rtl.md

  /// `seed`: of the random state at power-on, and of what is on ports that mean nothing.
  explicit ChecksumBench(int seed = 1) : model_(seed), random_(static_cast<std::uint64_t>(seed)) { reset(); }

  /// The block forgets all packets; so does the reference.
  void reset() {
    auto& top = model_.top();
    top.rst = 1;
    scramble();
    top.in_valid = random_.next() & 1;
    top.in_bytes = 1;
    top.out_ready = random_.next() & 1;
    model_.settle();
    model_.edge();
    top.rst = 0;
    top.in_valid = 0;
    model_.settle();
    due_.clear();
    first_ = true;
    EXPECT_FALSE(top.out_valid);
    EXPECT_TRUE(top.idle);
    EXPECT_TRUE(top.in_ready);
  }

  /// One cycle without a beat.
  void wait(bool out_ready = true) {
    scramble();
    model_.top().in_valid = 0;
    cycle(out_ready);
  }

  /// One cycle with the beat at byte `at` of the packet offered; true if it was accepted.
  bool offer(const Packet& packet, std::size_t at, bool out_ready = true) {
    auto& top = model_.top();
    const std::size_t here = std::min<std::size_t>(Bytes, packet.frame.size() - at);
    scramble();
    std::memcpy(&top.in_data, packet.frame.data() + at, here);
    top.in_valid = 1;
    top.in_last = at + here == packet.frame.size();
    if (top.in_last) top.in_bytes = static_cast<std::uint8_t>(here);
    if (at == 0) {
      top.maclen = static_cast<std::uint8_t>(packet.context.maclen());
      top.iplen = static_cast<std::uint16_t>(packet.context.iplen());
      top.l4t = static_cast<std::uint8_t>(packet.context.l4t() >> 11);
      top.ipv4 = packet.context.ipv4();
      top.ixsm = packet.ixsm;
      top.txsm = packet.txsm;
    }
    const bool last = top.in_last;
    const std::uint64_t now = model_.cycle();
    const bool accepted = cycle(out_ready);
    if (!accepted) return false;
    first_ = last;
    if (last) due_.push_back({expected(packet), now, now + kLatency});
    return true;
  }

  /// The whole packet, a beat a cycle, nothing in the way.
  void send(const Packet& packet) {
    for (std::size_t at = 0; at < packet.frame.size(); at += Bytes) EXPECT_TRUE(offer(packet, at));
  }
  /// The result of a packet sent alone.
  Result answer(const Packet& packet) {
    send(packet);
    for (unsigned i = 0; i < kLatency; ++i) wait();
    EXPECT_TRUE(due_.empty());
    return last_result_;
  }
  /// Results not yet taken.
  std::size_t waiting() const { return due_.size(); }
  std::uint64_t cycles() const { return model_.cycle(); }
  bool idle() { return model_.top().idle; }
  bool in_ready() { return model_.top().in_ready; }

 private:
  struct Due {
    Result result;
    std::uint64_t last_beat;  ///< cycle in which it was accepted
    std::uint64_t cycle;      ///< in which the result is valid, if the one before it was taken earlier
  };

  /// What means nothing is random.
  void scramble() {
    auto& top = model_.top();
    std::byte* data = reinterpret_cast<std::byte*>(&top.in_data);
    for (unsigned i = 0; i < Bytes; ++i) data[i] = static_cast<std::byte>(random_.next());
    const std::uint64_t r = random_.next();
    top.in_last = r & 1;
    top.in_bytes = static_cast<std::uint8_t>(r >> 1 & 1);
    top.maclen = r >> 2 & 0x7F;
    top.iplen = r >> 9 & 0x1FF;
    top.l4t = r >> 18 & 3;
    top.ipv4 = r >> 20 & 1;
    top.ixsm = r >> 21 & 1;
    top.txsm = r >> 22 & 1;
  }

  Result output() {
    auto& top = model_.top();
    return {top.ip_insert != 0, top.l4_insert != 0, top.ip_offset, top.ip_checksum,
            top.l4_offset,      top.l4_checksum,    top.error};
  }

  /// A result waits, the next packet is complete behind it, and a beat behind that one.
  bool full(bool valid) const {
    if (!valid || due_.size() < 2) return false;
    return due_[1].last_beat + 2 <= model_.cycle() && accepted_in_ > due_[1].last_beat;
  }

  /// The cycle with the inputs as they are; true if a beat was accepted.
  bool cycle(bool out_ready) {
    auto& top = model_.top();
    top.out_ready = out_ready;
    model_.settle();
    const bool valid = !due_.empty() && due_.front().cycle <= model_.cycle();
    EXPECT_EQ(top.out_valid != 0, valid) << "in cycle " << model_.cycle();
    if (valid && top.out_valid) {
      EXPECT_EQ(output(), due_.front().result) << "in cycle " << model_.cycle();
      last_result_ = output();
    }
    EXPECT_EQ(top.idle != 0, due_.empty() && first_) << "in cycle " << model_.cycle();
    EXPECT_EQ(top.in_ready != 0, out_ready || !full(valid)) << "in cycle " << model_.cycle();
    if (valid && out_ready) {
      due_.pop_front();
      if (!due_.empty()) due_.front().cycle = std::max(due_.front().cycle, model_.cycle() + 1);
    }
    const bool accepted = top.in_valid && top.in_ready;
    if (accepted) accepted_in_ = model_.cycle();
    model_.edge();
    return accepted;
  }

  Model<Top> model_;
  SplitMix64 random_;
  std::deque<Due> due_;
  bool first_ = true;  ///< the next beat is a packet's first
  std::uint64_t accepted_in_ = 0;
  Result last_result_;
};

}  // namespace niclab::rtl
