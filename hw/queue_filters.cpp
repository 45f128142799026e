#include "hw/queue_filters.hpp"

#include <bit>

#include "base/bytes.hpp"

namespace niclab::hw {

using namespace reg;

namespace {

/// Calls `f` with the number of each bit that is set, lowest first.
template <class F>
void each_bit(unsigned bits, F&& f) {
  for (; bits != 0; bits &= bits - 1) f(static_cast<unsigned>(std::countr_zero(bits)));
}

}  // namespace

void QueueFilters::write_fhft(unsigned n, unsigned i, std::uint32_t v) {
  Flex& f = flex_[n];
  const unsigned row = i / 4, column = i % 4;
  if (column < 2) {
    for (unsigned b = 0; b < 4; ++b)
      f.bytes[8 * row + 4 * column + b] = static_cast<std::uint8_t>(v >> 8 * b);
  } else if (column == 2) {
    f.mask[row] = static_cast<std::uint8_t>(v);
  } else if (i == kFlexDwords - 1) {
    f.actions = v;
  }
}

void QueueFilters::rebuild() {
  etqf_on_ = tuples_on_ = flex_on_ = 0;
  // Flexible filters steer in the modes without pools (I210 8.21.18.1).
  const std::uint32_t mode = mrqc::MODE.get(mrqc_);
  const bool flexible = (wufc_ & wufc::FLEX_HQ) && (mode == mrqc::MODE_NONE || mode == mrqc::MODE_RSS);
  for (unsigned i = 0; i < kFilters; ++i) {
    const Tuple& t = tuples_[i];
    if (etqf_[i] & etqf::FILTER_ENABLE) etqf_on_ |= 1u << i;
    if ((t.ftqf & (ftqf::QUEUE_ENABLE | ftqf::TIMESTAMP)) || (t.imir & imir::IMMEDIATE))
      tuples_on_ |= 1u << i;
    if (flexible && (wufc_ & wufc::FLX(i))) flex_on_ |= 1u << i;
  }
  active_ = (etqf_on_ | tuples_on_ | flex_on_) != 0 || (synqf_ & synqf::ENABLE) || (imirvp_ & imirvp::ENABLE);
}

QueueMatch QueueFilters::match(const ParsedPacket& p, std::uint32_t stored_length) const {
  QueueMatch m;
  if (!active_) return m;
  if ((imirvp_ & imirvp::ENABLE) && p.vlan && p.vlan_tci >> 13 >= imirvp::PRIORITY.get(imirvp_))
    m.immediate = true;
  const auto ethertype = match_ethertype(p, m);
  const auto flex = match_flex(p, m);
  const auto tuple = match_tuples(p, stored_length, m);
  const auto syn = match_syn(p);
  const bool syn_first = (rfctl_ & rfctl::SYNQFP) != 0;
  for (const auto& queue : {ethertype, syn_first ? syn : std::nullopt, flex, tuple, syn}) {
    if (!queue) continue;
    m.queue = queue;
    break;
  }
  return m;
}

/// Of several filters with the packet's type the last decides (I210 7.1.2.3).
std::optional<std::uint8_t> QueueFilters::match_ethertype(const ParsedPacket& p, QueueMatch& m) const {
  const std::uint32_t* last = nullptr;
  if (p.ethertype == 0) return std::nullopt;
  each_bit(etqf_on_, [&](unsigned i) {
    if (etqf::ETYPE.get(etqf_[i]) != p.ethertype) return;
    m.ethertype = static_cast<std::uint8_t>(i);
    last = &etqf_[i];
  });
  if (last == nullptr) return std::nullopt;
  m.immediate |= (*last & etqf::IMMEDIATE) != 0;
  m.timestamp |= (*last & etqf::TIMESTAMP) != 0;
  if ((*last & etqf::QUEUE_ENABLE) == 0) return std::nullopt;
  return static_cast<std::uint8_t>(etqf::QUEUE.get(*last));
}

std::optional<std::uint8_t> QueueFilters::match_syn(const ParsedPacket& p) const {
  constexpr std::uint8_t kSyn = 0x02;
  if ((synqf_ & synqf::ENABLE) == 0 || p.l4 != L4::tcp || (p.tcp_flags & kSyn) == 0) return std::nullopt;
  return static_cast<std::uint8_t>(synqf::QUEUE.get(synqf_));
}

std::optional<std::uint8_t> QueueFilters::match_flex(const ParsedPacket& p, QueueMatch& m) const {
  Steering steering;
  each_bit(flex_on_, [&](unsigned i) {
    const Flex& f = flex_[i];
    if (!matches(f, p)) return;
    m.immediate |= (f.actions & fhft::IMMEDIATE) != 0;
    steering.offer(fhft::QUEUE.get(f.actions), fhft::PRIORITY.get(f.actions));
  });
  return steering.queue;
}

std::optional<std::uint8_t> QueueFilters::match_tuples(const ParsedPacket& p, std::uint32_t length,
                                                       QueueMatch& m) const {
  Steering steering;
  each_bit(tuples_on_, [&](unsigned i) {
    const Tuple& t = tuples_[i];
    if (!matches(t, p, length)) return;
    m.immediate |= (t.imir & imir::IMMEDIATE) != 0;
    m.timestamp |= (t.ftqf & ftqf::TIMESTAMP) != 0;
    if (t.ftqf & ftqf::QUEUE_ENABLE) steering.offer(ftqf::QUEUE.get(t.ftqf), imir::PRIORITY.get(t.imir));
  });
  return steering.queue;
}

/// The conjunction of all conditions that are not bypassed, of an IP packet.
bool QueueFilters::matches(const Tuple& t, const ParsedPacket& p, std::uint32_t length) const {
  if (p.l3 == L3::none) return false;
  if ((t.ftqf & ftqf::PROTOCOL_BP) == 0 && p.ip_protocol != ftqf::PROTOCOL.get(t.ftqf)) return false;
  if ((t.imir & imir::PORT_BP) == 0) {
    if (p.l4 != L4::tcp && p.l4 != L4::udp) return false;
    // The register holds the port's bytes as they lie in the packet.
    if (load_le<std::uint16_t>(p.frame.data() + p.l4_offset + 2) != imir::PORT.get(t.imir)) return false;
  }
  if ((t.imirext & imirext::SIZE_BP) == 0 && length >= imirext::SIZE_THRESH.get(t.imirext)) return false;
  if ((t.imirext & imirext::CTRL_BP) == 0) {
    if (p.l4 != L4::tcp) return false;
    // URG, ACK, PSH, RST, SYN, FIN from bit 13 on; the TCP header has them from bit 5 down.
    std::uint8_t selected = 0;
    for (unsigned i = 0; i < 6; ++i)
      selected |= static_cast<std::uint8_t>((t.imirext >> (13 + i) & 1) << (5 - i));
    const unsigned common = p.tcp_flags & selected;
    if (readings_.all_tcp_flags ? common != selected : common == 0) return false;
  }
  return true;
}

bool QueueFilters::matches(const Flex& f, const ParsedPacket& p) {
  const unsigned length = fhft::LENGTH.get(f.actions);
  if (length == 0 || length > kFlexBytes || length > p.frame.size()) return false;
  for (unsigned i = 0; i < length; ++i)
    if ((f.mask[i / 8] >> i % 8 & 1) != 0 && load_u8(p.frame.data() + i) != f.bytes[i]) return false;
  return true;
}

}  // namespace niclab::hw
