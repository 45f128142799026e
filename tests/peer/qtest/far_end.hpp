// The other end of the wire: a unix datagram socket, one frame a datagram. Answers ARP; judges what the card
// sent; sends frames.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "bridge/wires/dgram.hpp"
#include "tests/unit/stack/frames.hpp"

namespace niclab::peer {

using stack::Bytes;

class FarEnd {
 public:
  FarEnd(const std::string& here, const std::string& there) : wire_(here, there) {}

  /// Takes what has come, and sends what is due: a frame every `pace`, counted from the last call.
  void look(Time now);
  /// Zero: as many as the socket takes.
  Duration pace = 12_us;
  void send(Bytes frame) { waiting_.push_back(std::move(frame)); }
  bool idle() const { return waiting_.empty(); }

  /// UDP datagrams (to port 7000) and TCP segments that came whole, with the right checksums and the right
  /// pattern, by the number in their first four bytes. A second one of the same number is a fault.
  const std::map<std::uint32_t, std::size_t>& good() const { return good_; }
  /// What was wrong with the others: the first few, in words.
  const std::vector<std::string>& faults() const { return faults_; }
  void clear() { good_.clear(), faults_.clear(); }

  /// Everything that passed, in frames and in bytes with the FCS, which these sockets do not carry.
  struct Traffic {
    std::uint64_t frames = 0, bytes = 0, broadcast = 0, multicast = 0;
    std::map<std::size_t, std::uint64_t> sizes;  ///< of frames without FCS
    void count(const Bytes& frame);
  };
  Traffic received, sent;
  std::size_t shortest = ~std::size_t{0}, longest = 0;  ///< frames received, bytes without FCS
  unsigned echo_replies = 0;

 private:
  void send_waiting(std::uint64_t most);
  void judge(Bytes& frame);
  void judge_ip(Bytes& frame);
  void fault(const std::string& what);

  bridge::Dgram wire_;
  std::deque<Bytes> waiting_;
  Time last_{};
  Bytes buffer_ = Bytes(16384);
  std::map<std::uint32_t, std::size_t> good_;
  std::vector<std::string> faults_;
};

/// A datagram of `size` bytes with its number in front.
Bytes numbered(std::uint32_t number, std::size_t size);

}  // namespace niclab::peer
