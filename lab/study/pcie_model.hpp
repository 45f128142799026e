// What a stream of packets costs on the PCIe link, by rule instead of by simulation (docs/pcie-bytes.md; fact
// base 3.4, 3.5, 6.1, 6.4), and how fast it can be at most (fact base 6.4, 6.5; after R. Neugebauer et al.,
// Understanding PCIe performance for end host networking, SIGCOMM 2018).
//
// Nothing of this shares code with the simulation: a study holds the two against each other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lab/scenario.hpp"

namespace niclab::lab::study {

/// TLPs of one type in one direction, and their bytes: framing, header, data in whole double words.
struct TlpSum {
  std::uint64_t tlps = 0, bytes = 0;
  bool operator==(const TlpSum&) const = default;
  TlpSum& operator+=(const TlpSum& o);
};

/// What crosses the link for a stream, by type. DLLPs are not in it.
struct PcieBytes {
  TlpSum read_up;     ///< MRd of the card
  TlpSum write_up;    ///< MWr of the card: payload, write-backs, messages of MSI and MSI-X
  TlpSum message_up;  ///< Msg of the card: INTx
  TlpSum write_down;  ///< MWr of the host: doorbells, registers
  TlpSum data_down;   ///< CplD to the card

  bool operator==(const PcieBytes&) const = default;
  PcieBytes& operator+=(const PcieBytes& o);
  PcieBytes times(std::uint64_t n) const;
  std::uint64_t up() const;    ///< bytes towards the host
  std::uint64_t down() const;  ///< bytes towards the card
};

/// The rules by which a link cuts.
struct TlpRules {
  unsigned mps = 256, mrrs = 512, rcb = 64, completion = 64;  ///< bytes
  bool wide = false;  ///< addresses from 4 GiB up: four words of header in requests

  static TlpRules of(const Pcie& pcie);
};

/// A write, cut at MPS and at pages. Of the address only its place in the page matters.
TlpSum write_tlps(const TlpRules& rules, std::uint64_t address, std::uint64_t length);
/// Reads, cut at MRRS and at pages, and the completions that answer them: each ends at a completion boundary.
PcieBytes read_tlps(const TlpRules& rules, std::uint64_t address, std::uint64_t length);
/// A register write of the host.
TlpSum doorbell(const TlpRules& rules);
/// A message of MSI or MSI-X.
TlpSum interrupt_message(const TlpRules& rules);

/// A descriptor ring as the rules of 3.5 see it. It begins at a page.
struct RingRules {
  unsigned length = 256;  ///< descriptors
  unsigned depth = 24;    ///< of the card's cache: 24 to send, 16 to receive
  unsigned pthresh = 0, hthresh = 0, wthresh = 0;

  /// Whether the number of reads does not depend on how fast descriptors are used: a read is asked for at
  /// the same point of the ring whatever has been used meanwhile.
  bool determined() const { return pthresh <= depth / 2; }
};

/// Descriptor reads of a ring, step by step and without time: a read is over before the next descriptor is
/// used.
class FetchWalk {
 public:
  FetchWalk(const TlpRules& rules, const RingRules& ring) : rules_(rules), ring_(ring) {}
  /// The tail moves by `n`.
  void publish(std::uint64_t n);
  /// The card takes `n` descriptors, one after the other; they must be there.
  void use(std::uint64_t n);
  /// What the reads so far cost.
  const PcieBytes& bytes() const { return bytes_; }

 private:
  void fetch();
  TlpRules rules_;
  RingRules ring_;
  std::uint64_t posted_ = 0;  ///< in host memory, not read
  unsigned cached_ = 0, index_ = 0;
  PcieBytes bytes_;
};

/// Write-backs of `n` descriptors that finish one after the other, the first at ring index `first`; with
/// `moderated` while the throttle of their vector counts from the first of them on (it finds it at zero),
/// until after the last (3.4): the first goes alone, the others in bursts of WTHRESH, what is left when the
/// countdown ends. Otherwise each goes alone.
TlpSum write_backs(const TlpRules& rules, const RingRules& ring, unsigned first, std::uint64_t n,
                   bool moderated);

/// A stream of equal packets in equal batches; each batch is over before the next begins.
struct PcieStream {
  bool transmit = false;
  std::uint32_t frame = 60;     ///< bytes in host memory, without FCS
  std::uint32_t offset = 0;     ///< of the data in its page
  std::uint32_t buffer = 2048;  ///< receive: bytes of a buffer
  unsigned contexts = 0;        ///< transmit: context descriptors of a packet
  unsigned batch = 1;           ///< packets published at once, or that arrive back to back
  std::uint64_t batches = 1;
  bool moderated = false;   ///< write-backs wait for the throttle, and each batch has its message
  bool intx = false;        ///< which is one of INTx, not of MSI or MSI-X
  bool ring_ahead = false;  ///< receive: as many buffers are posted ahead as the ring holds
  RingRules ring;
};
/// All of it: descriptors, payload, write-backs, one doorbell a batch, one message a batch if moderated.
PcieBytes stream_tlps(const TlpRules& rules, const PcieStream& stream);

/// Payload TLPs of one packet: reads to send it, writes to receive it.
PcieBytes payload_tlps(const TlpRules& rules, const PcieStream& stream);

// --- how fast it can be ------------------------------------------------------------------------------------

/// A bound on packets a second of one port, and what sets it.
struct PcieBound {
  std::string_view name;  ///< "wire", "link up", "link down", "payload reads", "descriptor reads"
  double pps = 0;
};

/// Bytes a second of a link in one direction: 8b/10b.
double link_rate(const Pcie& pcie);

/// The shortest time a read can take from its decision to its data: both ways over an idle link, root
/// complex, memory, and a translation that is remembered or (`miss`) not.
Duration read_time(const Pcie& pcie, std::uint64_t address, std::uint32_t length, bool miss);

/// What bounds `ports` equal ports that share a link, each with a stream of this kind and `cost` bytes for
/// each packet (of all kinds); the lowest is the ceiling. The wire has `speed` Mb/s.
std::vector<PcieBound> bounds(const Pcie& pcie, const PcieStream& stream, double up_bytes, double down_bytes,
                              unsigned ports, unsigned speed);
/// The lowest of them.
PcieBound lowest(const std::vector<PcieBound>& bounds);

}  // namespace niclab::lab::study
