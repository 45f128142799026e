#include "hw/ptp_filter.hpp"

#include <cstring>

#include "base/bytes.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

constexpr std::size_t kHeader = 34, kSource = 22, kSequence = 30, kControl = 32, kUdpHeader = 8;

enum class Carrier : std::uint8_t { none, ethernet, udp };
struct Message {
  Carrier carrier = Carrier::none;
  std::span<const std::byte> bytes{};  ///< at least kHeader, unless there is none
};

Message message_in(const ParsedPacket& p) {
  Message m;
  std::size_t at = 0;
  if (p.ethertype == kEtherTypePtp) {
    m.carrier = Carrier::ethernet;
    at = p.l3_offset;
  } else if (p.l4 == L4::udp) {
    m.carrier = Carrier::udp;
    at = p.l4_offset + kUdpHeader;
  }
  if (m.carrier == Carrier::none || p.frame.size() < at + kHeader) return {};
  m.bytes = p.frame.subspan(at);
  return m;
}

unsigned octet(const Message& m, std::size_t i) { return load_u8(m.bytes.data() + i); }
bool version_1(const Message& m) { return octet(m, 0) == 0 && octet(m, 1) == 1; }
bool version_2(const Message& m) { return (octet(m, 1) & 0xF) == 2; }

bool chosen_v2(const Message& m, std::uint32_t tsyncrxcfg, bool named_only) {
  const unsigned type = octet(m, 0) & 0xF;
  const bool peer_delay = type == 2 || type == 3;
  return version_2(m) && (type == reg::tsyncrxcfg::MESSAGE_ID.get(tsyncrxcfg) || (peer_delay && !named_only));
}

}  // namespace

bool wants_time_stamp(std::uint32_t tsyncrxctl, std::uint32_t tsyncrxcfg, const ParsedPacket& packet,
                      bool marked, bool named_only) {
  using namespace reg::tsyncrxctl;
  const std::uint32_t type = TYPE.get(tsyncrxctl);
  if (type == TYPE_ALL) return true;
  const Message m = marked ? message_in(packet) : Message{};
  if (m.carrier == Carrier::none) return false;
  switch (type) {
    case TYPE_L2_V2: return m.carrier == Carrier::ethernet && chosen_v2(m, tsyncrxcfg, named_only);
    case TYPE_L4_V1:
      return m.carrier == Carrier::udp && version_1(m) &&
             octet(m, kControl) == reg::tsyncrxcfg::CONTROL.get(tsyncrxcfg);
    case TYPE_L2_L4_V2: return chosen_v2(m, tsyncrxcfg, named_only);
    case TYPE_EVENT_V2: return version_2(m) && (octet(m, 0) & 8) == 0;
    default: return false;
  }
}

std::uint64_t source_attributes(const ParsedPacket& packet) {
  const Message m = message_in(packet);
  if (m.carrier == Carrier::none || (!version_1(m) && !version_2(m))) return 0;
  const std::byte* const p = m.bytes.data();
  return load_le<std::uint32_t>(p + kSource) | std::uint64_t{load_le<std::uint16_t>(p + kSource + 4)} << 32 |
         std::uint64_t{load_le<std::uint16_t>(p + kSequence)} << 48;
}

}  // namespace niclab::hw
