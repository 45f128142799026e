#include "lab/study/pcie_model.hpp"

#include <algorithm>

namespace niclab::lab::study {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr unsigned kDescriptor = 16, kCacheLine = 64;
constexpr unsigned kFraming = 8, kWord = 4;          // STP, sequence, LCRC, END; a double word
constexpr unsigned kShort = 12, kLong = 16;          // headers of three and four words
constexpr unsigned kRxCacheful = 16;                 // receive descriptors done that go back in any case
constexpr unsigned kTxCacheful = 32;                 // transmit likewise
constexpr unsigned kPayloadSlots = 6;                // payload reads of a port in flight
constexpr unsigned kDescriptorTags = 2;              // of all tags, those for descriptors
constexpr std::uint32_t kMinimumFrame = 60;          // without FCS
constexpr std::uint32_t kWireOverhead = 4 + 8 + 12;  // FCS, preamble, gap

std::uint64_t words(std::uint64_t bytes) { return (bytes + kWord - 1) / kWord * kWord; }
unsigned request_header(const TlpRules& r) { return r.wide ? kLong : kShort; }
TlpSum one(std::uint64_t bytes) { return {1, bytes}; }
TlpSum times(const TlpSum& s, std::uint64_t n) { return {s.tlps * n, s.bytes * n}; }

TlpSum completions(const TlpRules& r, std::uint64_t address, std::uint64_t length) {
  TlpSum sum;
  while (length != 0) {
    const std::uint64_t n = std::min(length, r.completion - address % r.rcb);
    sum += one(kFraming + kShort + words(n));
    address += n;
    length -= n;
  }
  return sum;
}

Duration on_link(const Pcie& pcie, std::uint64_t bytes) {
  return Duration::from_ps(static_cast<std::uint64_t>(static_cast<double>(bytes) * 1e12 / link_rate(pcie)));
}

}  // namespace

TlpSum& TlpSum::operator+=(const TlpSum& o) {
  tlps += o.tlps;
  bytes += o.bytes;
  return *this;
}

PcieBytes& PcieBytes::operator+=(const PcieBytes& o) {
  read_up += o.read_up;
  write_up += o.write_up;
  message_up += o.message_up;
  write_down += o.write_down;
  data_down += o.data_down;
  return *this;
}

PcieBytes PcieBytes::times(std::uint64_t n) const {
  return {study::times(read_up, n), study::times(write_up, n), study::times(message_up, n),
          study::times(write_down, n), study::times(data_down, n)};
}

std::uint64_t PcieBytes::up() const { return read_up.bytes + write_up.bytes + message_up.bytes; }
std::uint64_t PcieBytes::down() const { return write_down.bytes + data_down.bytes; }

TlpRules TlpRules::of(const Pcie& p) { return {p.mps, p.mrrs, p.rcb, p.completion, p.iova_bits > 32}; }

TlpSum write_tlps(const TlpRules& r, std::uint64_t address, std::uint64_t length) {
  TlpSum sum;
  while (length != 0) {
    const std::uint64_t n = std::min({length, std::uint64_t{r.mps}, kPage - address % kPage});
    sum += one(kFraming + request_header(r) + words(n));
    address += n;
    length -= n;
  }
  return sum;
}

PcieBytes read_tlps(const TlpRules& r, std::uint64_t address, std::uint64_t length) {
  PcieBytes sum;
  while (length != 0) {
    const std::uint64_t n = std::min({length, std::uint64_t{r.mrrs}, kPage - address % kPage});
    sum.read_up += one(kFraming + request_header(r));
    sum.data_down += completions(r, address, n);
    address += n;
    length -= n;
  }
  return sum;
}

// BARs and the interrupt controller lie below 4 GiB.
TlpSum doorbell(const TlpRules&) { return one(kFraming + kShort + kWord); }
TlpSum interrupt_message(const TlpRules&) { return one(kFraming + kShort + kWord); }

// --- descriptors -------------------------------------------------------------------------------------------

void FetchWalk::publish(std::uint64_t n) {
  posted_ += n;
  fetch();
}

void FetchWalk::use(std::uint64_t n) {
  for (; n != 0; --n) {
    if (cached_ == 0) return;
    --cached_;
    fetch();
  }
}

void FetchWalk::fetch() {
  while (cached_ < ring_.depth && posted_ != 0 &&
         (cached_ == 0 || (cached_ <= ring_.pthresh && posted_ >= ring_.hthresh))) {
    const std::uint64_t address = std::uint64_t{index_} * kDescriptor;
    const std::uint64_t wanted =
        std::min({posted_, std::uint64_t{ring_.depth - cached_}, std::uint64_t{ring_.length - index_},
                  (kPage - address % kPage) / kDescriptor});
    std::uint64_t n = std::min(wanted, std::uint64_t{rules_.mrrs / kDescriptor});
    if (n < wanted) {  // cut by MRRS: at a cache line
      const std::uint64_t past = (address / kDescriptor + n) % (kCacheLine / kDescriptor);
      if (past < n) n -= past;
    }
    bytes_ += read_tlps(rules_, address, n * kDescriptor);
    posted_ -= n;
    cached_ += static_cast<unsigned>(n);
    index_ = static_cast<unsigned>((index_ + n) % ring_.length);
  }
}

TlpSum write_backs(const TlpRules& r, const RingRules& ring, unsigned first, std::uint64_t n,
                   bool moderated) {
  TlpSum sum;
  const unsigned cacheful = ring.depth == kRxCacheful ? kRxCacheful : kTxCacheful;
  const std::uint64_t burst = moderated && ring.wthresh > 1 ? std::min(ring.wthresh, cacheful) : 1;
  std::uint64_t index = first % ring.length, next = 1;
  while (n != 0) {
    std::uint64_t left = std::min(n, next);
    n -= left;
    next = burst;
    while (left != 0) {
      const std::uint64_t address = index * kDescriptor;
      const std::uint64_t piece =
          std::min({left, ring.length - index, (kPage - address % kPage) / kDescriptor});
      sum += write_tlps(r, address, piece * kDescriptor);
      left -= piece;
      index = (index + piece) % ring.length;
    }
  }
  return sum;
}

// --- streams -----------------------------------------------------------------------------------------------

PcieBytes payload_tlps(const TlpRules& r, const PcieStream& s) {
  if (s.transmit) return read_tlps(r, s.offset, s.frame);
  PcieBytes sum;
  for (std::uint32_t done = 0; done < s.frame; done += s.buffer)
    sum.write_up += write_tlps(r, s.offset, std::min(s.buffer, s.frame - done));
  return sum;
}

PcieBytes stream_tlps(const TlpRules& r, const PcieStream& s) {
  const std::uint64_t pieces = s.transmit ? 1 : (s.frame + s.buffer - 1) / s.buffer;
  const std::uint64_t taken = s.batch * (pieces + s.contexts), done = s.batch * pieces;
  PcieBytes sum = payload_tlps(r, s).times(s.batch * s.batches);
  FetchWalk walk(r, s.ring);
  if (s.ring_ahead) walk.publish(s.ring.length - 1);
  std::uint64_t index = 0;
  for (std::uint64_t b = 0; b < s.batches; ++b) {
    if (!s.ring_ahead) walk.publish(taken);
    walk.use(taken);
    if (s.ring_ahead) walk.publish(taken);
    // A context between two data descriptors is not written back: each of these is a write of its own.
    sum.write_up +=
        write_backs(r, s.ring, static_cast<unsigned>(index), done, s.moderated && s.contexts == 0);
    index = (index + taken) % s.ring.length;
    sum.write_down += doorbell(r);
    if (s.moderated && s.intx) sum.message_up += one(kFraming + kLong);
    if (s.moderated && !s.intx) sum.write_up += interrupt_message(r);
  }
  return sum += walk.bytes();
}

// --- bounds ------------------------------------------------------------------------------------------------

double link_rate(const Pcie& pcie) { return (pcie.gen == 1 ? 250e6 : 500e6) * pcie.lanes; }

Duration read_time(const Pcie& pcie, std::uint64_t address, std::uint32_t length, bool miss) {
  const TlpRules r = TlpRules::of(pcie);
  const PcieBytes tlps = read_tlps(r, address, length);
  return on_link(pcie, tlps.read_up.bytes) + pcie.propagation + pcie.root_complex_latency +
         pcie.memory_latency + (miss ? pcie.iommu_miss : pcie.iommu_hit) +
         on_link(pcie, tlps.data_down.bytes) + pcie.propagation + pcie.device_latency;
}

std::vector<PcieBound> bounds(const Pcie& pcie, const PcieStream& s, double up_bytes, double down_bytes,
                              unsigned ports, unsigned speed) {
  const double on_wire = std::max(s.frame, kMinimumFrame) + kWireOverhead;
  std::vector<PcieBound> all{{"wire", speed * 1e6 / 8 / on_wire}};
  const double share = link_rate(pcie) / ports;
  if (up_bytes > 0) all.push_back({"link up", share / up_bytes});
  if (down_bytes > 0) all.push_back({"link down", share / down_bytes});
  if (!s.transmit) return all;
  // Reads of a packet occupy slots for at least their time; pages are mapped for each packet, so that the
  // first read of a page waits for a page walk.
  double occupied = 0;
  std::uint64_t address = s.offset;
  for (std::uint32_t left = s.frame; left != 0;) {
    const auto n = static_cast<std::uint32_t>(
        std::min({std::uint64_t{left}, std::uint64_t{pcie.mrrs}, kPage - address % kPage}));
    const bool first_of_page = left == s.frame || address % kPage == 0;
    occupied += static_cast<double>(read_time(pcie, address, n, first_of_page).ps()) * 1e-12;
    address += n;
    left -= n;
  }
  const unsigned slots = std::min(kPayloadSlots, pcie.tags - kDescriptorTags);
  all.push_back({"payload reads", slots / occupied});
  const unsigned most = std::min(s.ring.depth, pcie.mrrs / kDescriptor);
  const double fetch = static_cast<double>(read_time(pcie, 0, most * kDescriptor, false).ps()) * 1e-12;
  all.push_back({"descriptor reads", most / fetch / (1 + s.contexts)});
  return all;
}

PcieBound lowest(const std::vector<PcieBound>& all) {
  return *std::min_element(all.begin(), all.end(),
                           [](const PcieBound& a, const PcieBound& b) { return a.pps < b.pps; });
}

}  // namespace niclab::lab::study
