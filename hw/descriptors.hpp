// Descriptors: 16 bytes each, little endian, exactly as they lie in host memory (fact base 3.2, 3.3).
//
// Value types over four 32-bit words, shared by device and driver. Builders return by value; accessors name
// the data sheet's field. `Descriptor` is the untyped 16 bytes that rings and caches carry; as<T>() re-reads
// them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/addresses.hpp"

namespace niclab::hw {

/// Sixteen bytes of a ring, before anyone knows what they are.
struct alignas(16) Descriptor {
  std::array<std::uint32_t, 4> dw{};
  constexpr bool operator==(const Descriptor&) const = default;
  constexpr std::uint64_t low() const { return dw[0] | std::uint64_t{dw[1]} << 32; }
  constexpr std::uint64_t high() const { return dw[2] | std::uint64_t{dw[3]} << 32; }

  template <class T>
  constexpr T as() const {
    static_assert(sizeof(T) == 16);
    return std::bit_cast<T>(*this);
  }
  template <class T>
  static constexpr Descriptor of(const T& typed) {
    static_assert(sizeof(T) == 16);
    return std::bit_cast<Descriptor>(typed);
  }
  static Descriptor load(const std::byte* p) {
    Descriptor d;
    std::memcpy(&d, p, sizeof d);
    return d;
  }
  void store(std::byte* p) const { std::memcpy(p, this, sizeof *this); }
};
static_assert(sizeof(Descriptor) == 16);

inline constexpr std::size_t kDescriptorBytes = 16;

// --- transmit ------------------------------------------------------------------------------------

namespace txd {
// Dword 2 of every transmit descriptor (3.2.1, 3.2.4).
inline constexpr std::uint32_t DTYP_MASK = 0x00F00000, DTYP_CONTEXT = 0x00200000, DTYP_DATA = 0x00300000;
inline constexpr std::uint32_t MAC_TSTAMP = 1u << 19;
inline constexpr std::uint32_t EOP = 1u << 24, IFCS = 1u << 25, RS = 1u << 27, DEXT = 1u << 29;
inline constexpr std::uint32_t VLE = 1u << 30, TSE = 1u << 31;
// Dword 3 of an advanced data descriptor.
inline constexpr std::uint32_t DD = 1u << 0, IXSM = 1u << 8, TXSM = 1u << 9;
inline constexpr unsigned PAYLEN_SHIFT = 14;
// Dword 2 of a context descriptor: TUCMD (3.2.3).
inline constexpr std::uint32_t SNAP = 1u << 9, IPV4 = 1u << 10;
inline constexpr std::uint32_t L4T_MASK = 3u << 11, L4T_UDP = 0, L4T_TCP = 1u << 11, L4T_SCTP = 2u << 11;
// The command byte of a legacy descriptor sits in dword 2 [31:24] and shares EOP, IFCS, RS, DEXT, VLE above.
inline constexpr std::uint32_t LEGACY_IC = 1u << 26;
}  // namespace txd

enum class TxDescriptorType : std::uint8_t { legacy, context, data, unsupported };

/// Which of the layouts below a fetched descriptor has (3.2.1).
constexpr TxDescriptorType tx_type(const Descriptor& d) {
  if (!(d.dw[2] & txd::DEXT)) return TxDescriptorType::legacy;
  const std::uint32_t dtyp = d.dw[2] & txd::DTYP_MASK;
  if (dtyp == txd::DTYP_DATA) return TxDescriptorType::data;
  return dtyp == txd::DTYP_CONTEXT ? TxDescriptorType::context : TxDescriptorType::unsupported;
}

/// Whether a transmit descriptor carries bytes of a packet and can be reported done: legacy and advanced
/// data.
constexpr bool carries_data(TxDescriptorType type) {
  return type == TxDescriptorType::legacy || type == TxDescriptorType::data;
}

/// Advanced context descriptor (3.2.3): header lengths and types for the data descriptors that follow.
struct AdvTxContext {
  std::array<std::uint32_t, 4> dw{0, 0, txd::DTYP_CONTEXT | txd::DEXT, 0};
  constexpr bool operator==(const AdvTxContext&) const = default;

  constexpr unsigned iplen() const { return dw[0] & 0x1FF; }       ///< bytes
  constexpr unsigned maclen() const { return dw[0] >> 9 & 0x7F; }  ///< bytes
  constexpr std::uint16_t vlan() const { return static_cast<std::uint16_t>(dw[0] >> 16); }
  constexpr bool snap() const { return (dw[2] & txd::SNAP) != 0; }
  constexpr bool ipv4() const { return (dw[2] & txd::IPV4) != 0; }
  constexpr std::uint32_t l4t() const { return dw[2] & txd::L4T_MASK; }  ///< one of txd::L4T_*
  constexpr unsigned idx() const { return dw[3] >> 4 & 7; }
  constexpr unsigned l4len() const { return dw[3] >> 8 & 0xFF; }  ///< bytes
  constexpr unsigned mss() const { return dw[3] >> 16; }          ///< bytes

  constexpr AdvTxContext& set_lengths(unsigned maclen, unsigned iplen, unsigned l4len = 0) {
    dw[0] = (dw[0] & 0xFFFF0000) | (maclen & 0x7F) << 9 | (iplen & 0x1FF);
    dw[3] = (dw[3] & ~0xFF00u) | (l4len & 0xFF) << 8;
    return *this;
  }
  constexpr AdvTxContext& set_vlan(std::uint16_t tci) {
    return dw[0] = (dw[0] & 0xFFFF) | std::uint32_t{tci} << 16, *this;
  }
  /// `tucmd`: an OR of txd::SNAP, txd::IPV4 and one txd::L4T_*.
  constexpr AdvTxContext& set_tucmd(std::uint32_t tucmd) {
    return dw[2] = txd::DTYP_CONTEXT | txd::DEXT | tucmd, *this;
  }
  constexpr AdvTxContext& set_idx(unsigned idx) { return dw[3] = (dw[3] & ~0x70u) | (idx & 7) << 4, *this; }
  constexpr AdvTxContext& set_mss(unsigned mss) { return dw[3] = (dw[3] & 0xFFFF) | mss << 16, *this; }
};

/// Advanced data descriptor (3.2.4), read format; after write-back only DD means something.
struct AdvTxData {
  std::array<std::uint32_t, 4> dw{0, 0, txd::DTYP_DATA | txd::DEXT, 0};
  constexpr bool operator==(const AdvTxData&) const = default;

  /// `cmd`: an OR of txd::EOP, IFCS, RS, VLE, TSE, MAC_TSTAMP. `popts`: txd::IXSM, TXSM. `paylen`: the whole
  /// packet's bytes (without TSE), `length`: this buffer's.
  static constexpr AdvTxData make(DmaAddress buffer, std::uint16_t length, std::uint32_t cmd,
                                  std::uint32_t paylen, std::uint32_t popts = 0, unsigned idx = 0) {
    AdvTxData d;
    d.dw[0] = static_cast<std::uint32_t>(buffer.value);
    d.dw[1] = static_cast<std::uint32_t>(buffer.value >> 32);
    d.dw[2] |= cmd | length;
    d.dw[3] = paylen << txd::PAYLEN_SHIFT | popts | (idx & 7) << 4;
    return d;
  }
  constexpr DmaAddress buffer() const { return {dw[0] | std::uint64_t{dw[1]} << 32}; }
  constexpr unsigned dtalen() const { return dw[2] & 0xFFFF; }  ///< bytes in this buffer
  constexpr bool eop() const { return (dw[2] & txd::EOP) != 0; }
  constexpr bool ifcs() const { return (dw[2] & txd::IFCS) != 0; }
  constexpr bool rs() const { return (dw[2] & txd::RS) != 0; }
  constexpr bool vle() const { return (dw[2] & txd::VLE) != 0; }
  constexpr bool tse() const { return (dw[2] & txd::TSE) != 0; }
  constexpr bool tstamp() const { return (dw[2] & txd::MAC_TSTAMP) != 0; }
  constexpr bool ixsm() const { return (dw[3] & txd::IXSM) != 0; }
  constexpr bool txsm() const { return (dw[3] & txd::TXSM) != 0; }
  constexpr unsigned idx() const { return dw[3] >> 4 & 7; }
  constexpr std::uint32_t paylen() const { return dw[3] >> txd::PAYLEN_SHIFT; }  ///< bytes
  constexpr bool dd() const { return (dw[3] & txd::DD) != 0; }

  /// What the device writes over a finished data descriptor: DD, everything else zero.
  static constexpr AdvTxData writeback() {
    AdvTxData d;
    d.dw = {0, 0, 0, txd::DD};
    return d;
  }
};

/// Legacy transmit descriptor (3.2.2).
struct LegacyTx {
  std::array<std::uint32_t, 4> dw{};
  constexpr bool operator==(const LegacyTx&) const = default;

  static constexpr LegacyTx make(DmaAddress buffer, std::uint16_t length, std::uint32_t cmd) {
    LegacyTx d;
    d.dw = {static_cast<std::uint32_t>(buffer.value), static_cast<std::uint32_t>(buffer.value >> 32),
            cmd | length, 0};
    return d;
  }
  constexpr DmaAddress buffer() const { return {dw[0] | std::uint64_t{dw[1]} << 32}; }
  constexpr unsigned length() const { return dw[2] & 0xFFFF; }
  constexpr unsigned cso() const { return dw[2] >> 16 & 0xFF; }  ///< checksum offset, bytes
  constexpr bool eop() const { return (dw[2] & txd::EOP) != 0; }
  constexpr bool ifcs() const { return (dw[2] & txd::IFCS) != 0; }
  constexpr bool ic() const { return (dw[2] & txd::LEGACY_IC) != 0; }
  constexpr bool rs() const { return (dw[2] & txd::RS) != 0; }
  constexpr bool vle() const { return (dw[2] & txd::VLE) != 0; }
  constexpr bool dd() const { return (dw[3] & txd::DD) != 0; }
  constexpr unsigned css() const { return dw[3] >> 8 & 0xFF; }  ///< checksum start, bytes
  constexpr std::uint16_t vlan() const { return static_cast<std::uint16_t>(dw[3] >> 16); }
  /// The descriptor with DD set; the rest of it keeps its content.
  constexpr LegacyTx writeback() const {
    LegacyTx d = *this;
    return d.dw[3] |= txd::DD, d;
  }
};

// --- receive -------------------------------------------------------------------------------------

namespace rxd {
// Packet types, dword 0 [16:4] (3.3.2).
inline constexpr std::uint32_t PTYPE_IPV4 = 1u << 4, PTYPE_IPV4_EX = 1u << 5, PTYPE_IPV6 = 1u << 6;
inline constexpr std::uint32_t PTYPE_IPV6_EX = 1u << 7, PTYPE_TCP = 1u << 8, PTYPE_UDP = 1u << 9;
inline constexpr std::uint32_t PTYPE_SCTP = 1u << 10, PTYPE_ESP = 1u << 12, PTYPE_AH = 1u << 13;
inline constexpr std::uint32_t PTYPE_L2 = 1u << 15, PTYPE_VLAN = 1u << 16;
/// With PTYPE_L2: which EtherType filter the packet matched.
constexpr std::uint32_t PTYPE_ETQF(unsigned index) { return PTYPE_L2 | index << 4; }
inline constexpr unsigned HDR_LEN_SHIFT = 21, HDR_LEN_MAX = 0x3FF;
inline constexpr std::uint32_t SPH = 1u << 31;
inline constexpr std::uint32_t PTYPE_MASK = 0x0001FFF0, RSS_TYPE_MASK = 0xF;
// Extended status, dword 2.
inline constexpr std::uint32_t DD = 1u << 0, EOP = 1u << 1, VP = 1u << 3, UDPCS = 1u << 4, L4CS = 1u << 5;
inline constexpr std::uint32_t IPCS = 1u << 6, PIF = 1u << 7, VEXT = 1u << 9, UDPV = 1u << 10,
                               LLINT = 1u << 11;
inline constexpr std::uint32_t TSIP = 1u << 15, TS = 1u << 16, LB = 1u << 18, MC = 1u << 19;
// Extended errors, dword 2.
inline constexpr std::uint32_t HBO = 1u << 23, CE = 1u << 24, SE = 1u << 25, SEQ = 1u << 26, CXE = 1u << 28;
inline constexpr std::uint32_t L4E = 1u << 29, IPE = 1u << 30, RXE = 1u << 31;
}  // namespace rxd

/// The RSS type a write-back reports (3.3.2).
enum class RssType : std::uint8_t {
  none = 0,
  ipv4_tcp = 1,
  ipv4 = 2,
  ipv6_tcp = 3,
  ipv6_ex = 4,
  ipv6 = 5,
  ipv6_tcp_ex = 6,
  ipv4_udp = 7,
  ipv6_udp = 8,
  ipv6_udp_ex = 9,
};

/// Receive descriptor as the driver posts it, all types (3.3.1).
struct AdvRxRead {
  std::array<std::uint32_t, 4> dw{};
  constexpr bool operator==(const AdvRxRead&) const = default;
  static constexpr AdvRxRead make(DmaAddress packet, DmaAddress header = {}) {
    AdvRxRead d;
    d.dw = {static_cast<std::uint32_t>(packet.value), static_cast<std::uint32_t>(packet.value >> 32),
            static_cast<std::uint32_t>(header.value), static_cast<std::uint32_t>(header.value >> 32)};
    return d;
  }
  constexpr DmaAddress packet_buffer() const { return {(dw[0] & ~1u) | std::uint64_t{dw[1]} << 32}; }
  constexpr DmaAddress header_buffer() const { return {(dw[2] & ~1u) | std::uint64_t{dw[3]} << 32}; }
};

/// Advanced receive write-back (3.3.2).
struct AdvRxWriteback {
  std::array<std::uint32_t, 4> dw{};
  constexpr bool operator==(const AdvRxWriteback&) const = default;

  /// `ptype`: rxd::PTYPE_*; `status_errors`: rxd status and error bits; `length`: bytes in this buffer.
  static constexpr AdvRxWriteback make(std::uint32_t ptype, RssType rss, std::uint32_t hash,
                                       std::uint32_t status_errors, std::uint16_t length,
                                       std::uint16_t vlan = 0) {
    AdvRxWriteback d;
    d.dw = {ptype | static_cast<std::uint32_t>(rss), hash, status_errors, std::uint32_t{vlan} << 16 | length};
    return d;
  }
  constexpr RssType rss_type() const { return static_cast<RssType>(dw[0] & rxd::RSS_TYPE_MASK); }
  constexpr std::uint32_t ptype() const { return dw[0] & rxd::PTYPE_MASK; }
  constexpr bool sph() const { return (dw[0] & rxd::SPH) != 0; }
  constexpr unsigned hdr_len() const { return dw[0] >> rxd::HDR_LEN_SHIFT & rxd::HDR_LEN_MAX; }
  constexpr std::uint32_t rss_hash() const { return dw[1]; }                           ///< RXCSUM.PCSD = 1
  constexpr std::uint16_t ip_id() const { return static_cast<std::uint16_t>(dw[1]); }  ///< PCSD = 0
  constexpr std::uint16_t checksum() const { return static_cast<std::uint16_t>(dw[1] >> 16); }  ///< PCSD = 0
  constexpr std::uint32_t status_errors() const { return dw[2]; }
  constexpr bool dd() const { return (dw[2] & rxd::DD) != 0; }
  constexpr bool eop() const { return (dw[2] & rxd::EOP) != 0; }
  constexpr std::uint16_t length() const { return static_cast<std::uint16_t>(dw[3]); }
  constexpr std::uint16_t vlan() const { return static_cast<std::uint16_t>(dw[3] >> 16); }
};

/// Legacy receive write-back (3.3.3); the posted form is AdvRxRead's.
struct LegacyRx {
  std::array<std::uint32_t, 4> dw{};
  constexpr bool operator==(const LegacyRx&) const = default;
  /// `status`: bits 0..7 of the extended status; `errors`: CE 0, SE 1, SEQ 2, CXE 4, TCPE 5, IPE 6, RXE 7.
  static constexpr LegacyRx make(DmaAddress buffer, std::uint16_t length, std::uint16_t checksum,
                                 std::uint8_t status, std::uint8_t errors, std::uint16_t vlan = 0) {
    LegacyRx d;
    d.dw = {static_cast<std::uint32_t>(buffer.value), static_cast<std::uint32_t>(buffer.value >> 32),
            length | std::uint32_t{checksum} << 16,
            status | std::uint32_t{errors} << 8 | std::uint32_t{vlan} << 16};
    return d;
  }
  constexpr DmaAddress buffer() const { return {dw[0] | std::uint64_t{dw[1]} << 32}; }
  constexpr std::uint16_t length() const { return static_cast<std::uint16_t>(dw[2]); }
  constexpr std::uint16_t checksum() const { return static_cast<std::uint16_t>(dw[2] >> 16); }
  constexpr std::uint8_t status() const { return static_cast<std::uint8_t>(dw[3]); }
  constexpr std::uint8_t errors() const { return static_cast<std::uint8_t>(dw[3] >> 8); }
  constexpr std::uint16_t vlan() const { return static_cast<std::uint16_t>(dw[3] >> 16); }
};

static_assert(sizeof(AdvTxContext) == 16 && sizeof(AdvTxData) == 16 && sizeof(LegacyTx) == 16);
static_assert(sizeof(AdvRxRead) == 16 && sizeof(AdvRxWriteback) == 16 && sizeof(LegacyRx) == 16);

}  // namespace niclab::hw
