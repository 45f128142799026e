#include "rtl/package/package.hpp"

#include <bit>
#include <ostream>
#include <utility>

#include "hw/descriptors.hpp"
#include "hw/interrupts.hpp"
#include "hw/registers.hpp"
#include "hw/rx_ring.hpp"
#include "hw/tx_checksum.hpp"
#include "hw/tx_ring.hpp"

namespace niclab::rtl {

using namespace hw;

namespace {

constexpr unsigned kBits = 8 * kDescriptorBytes;

/// First bit and number of bits.
struct Position {
  unsigned lsb = 0, bits = 0;
};

/// Where `accessor`, a member function of T, finds its value: the bits to which it answers.
template <class T, class Accessor>
Position position_of(Accessor accessor) {
  Position found;
  for (unsigned bit = 0; bit < kBits; ++bit) {
    T probe;
    probe.dw = {};
    probe.dw[bit / 32] = 1u << bit % 32;
    if (!(probe.*accessor)()) continue;
    if (found.bits++ == 0) found.lsb = bit;
  }
  return found;
}

template <class T, class Accessor>
void add_field(Group& group, const std::string& name, Accessor accessor) {
  const Position at = position_of<T>(accessor);
  group.constants.push_back({name + "_LSB", at.lsb});
  group.constants.push_back({name + "_BITS", at.bits});
}

template <class T, class Accessor>
void add_flag(Group& group, const std::string& name, Accessor accessor) {
  group.constants.push_back({name, position_of<T>(accessor).lsb});
}

/// A mask within dword `dw`, as a field.
void add_mask(Group& group, const std::string& name, unsigned dw, std::uint32_t mask) {
  group.constants.push_back({name + "_LSB", 32 * dw + static_cast<unsigned>(std::countr_zero(mask))});
  group.constants.push_back({name + "_BITS", static_cast<unsigned>(std::popcount(mask))});
}

void add_register_field(Group& group, const std::string& name, reg::Field field) {
  group.constants.push_back({name + "_LSB", field.lo});
  group.constants.push_back({name + "_BITS", field.width});
}

/// A flag of a register: the number of its bit.
void add_register_flag(Group& group, const std::string& name, std::uint32_t flag) {
  group.constants.push_back({name, static_cast<unsigned>(std::countr_zero(flag))});
}

constexpr std::uint32_t code(std::uint32_t value, std::uint32_t mask) {
  return value >> std::countr_zero(mask);
}

Group sizes() {
  return {
      "Sizes: a descriptor; each ring's cache and its list of descriptors taken; the longest packet sent.",
      {{"DESCRIPTOR_BYTES", static_cast<std::uint32_t>(kDescriptorBytes)},
       {"DESCRIPTOR_BITS", kBits},
       {"QUEUES", reg::kQueues},
       {"RX_RING_CACHE", RxRing::kDepth},
       {"RX_RING_WINDOW", RxRing::kWindow},
       {"TX_RING_CACHE", TxRing::kDepth},
       {"TX_RING_WINDOW", TxRing::kWindow},
       {"TX_RING_PACKET", TxRing::kPacket}}};
}

Group transmit_common() {
  Group g{"Every transmit descriptor.", {}};
  add_mask(g, "TXD_DTYP", 2, txd::DTYP_MASK);
  g.constants.push_back({"TXD_DTYP_CONTEXT", code(txd::DTYP_CONTEXT, txd::DTYP_MASK)});
  g.constants.push_back({"TXD_DTYP_DATA", code(txd::DTYP_DATA, txd::DTYP_MASK)});
  g.constants.push_back({"TXD_DEXT", 64 + static_cast<unsigned>(std::countr_zero(txd::DEXT))});
  return g;
}

Group transmit_data() {
  Group g{"Advanced transmit data descriptor.", {}};
  add_field<AdvTxData>(g, "TXD_DTALEN", &AdvTxData::dtalen);
  add_flag<AdvTxData>(g, "TXD_EOP", &AdvTxData::eop);
  add_flag<AdvTxData>(g, "TXD_IFCS", &AdvTxData::ifcs);
  add_flag<AdvTxData>(g, "TXD_RS", &AdvTxData::rs);
  add_flag<AdvTxData>(g, "TXD_VLE", &AdvTxData::vle);
  add_flag<AdvTxData>(g, "TXD_TSE", &AdvTxData::tse);
  add_flag<AdvTxData>(g, "TXD_DD", &AdvTxData::dd);
  add_field<AdvTxData>(g, "TXD_IDX", &AdvTxData::idx);
  add_flag<AdvTxData>(g, "TXD_IXSM", &AdvTxData::ixsm);
  add_flag<AdvTxData>(g, "TXD_TXSM", &AdvTxData::txsm);
  add_field<AdvTxData>(g, "TXD_PAYLEN", &AdvTxData::paylen);
  return g;
}

Group transmit_context() {
  Group g{"Advanced transmit context descriptor.", {}};
  add_field<AdvTxContext>(g, "TXC_IPLEN", &AdvTxContext::iplen);
  add_field<AdvTxContext>(g, "TXC_MACLEN", &AdvTxContext::maclen);
  add_field<AdvTxContext>(g, "TXC_VLAN", &AdvTxContext::vlan);
  add_flag<AdvTxContext>(g, "TXC_SNAP", &AdvTxContext::snap);
  add_flag<AdvTxContext>(g, "TXC_IPV4", &AdvTxContext::ipv4);
  add_mask(g, "TXC_L4T", 2, txd::L4T_MASK);
  g.constants.push_back({"TXC_L4T_UDP", code(txd::L4T_UDP, txd::L4T_MASK)});
  g.constants.push_back({"TXC_L4T_TCP", code(txd::L4T_TCP, txd::L4T_MASK)});
  g.constants.push_back({"TXC_L4T_SCTP", code(txd::L4T_SCTP, txd::L4T_MASK)});
  add_field<AdvTxContext>(g, "TXC_IDX", &AdvTxContext::idx);
  add_field<AdvTxContext>(g, "TXC_L4LEN", &AdvTxContext::l4len);
  add_field<AdvTxContext>(g, "TXC_MSS", &AdvTxContext::mss);
  return g;
}

Group checksum_results() {
  using enum TxChecksumResult;
  const auto number = [](TxChecksumResult r) { return static_cast<std::uint32_t>(r); };
  return {"Why a checksum is not inserted (TxChecksumResult).",
          {{"TX_CHECKSUM_OK", number(ok)},
           {"TX_CHECKSUM_IP_HEADER_OUTSIDE_FRAME", number(ip_header_outside_frame)},
           {"TX_CHECKSUM_IP_HEADER_TOO_SHORT", number(ip_header_too_short)},
           {"TX_CHECKSUM_L4_HEADER_OUTSIDE_FRAME", number(l4_header_outside_frame)},
           {"TX_CHECKSUM_L4_TYPE_RESERVED", number(l4_type_reserved)}}};
}

Group txdctl_fields() {
  Group g{"TXDCTL.", {}};
  add_register_field(g, "TXDCTL_PTHRESH", reg::txdctl::PTHRESH);
  add_register_field(g, "TXDCTL_HTHRESH", reg::txdctl::HTHRESH);
  add_register_field(g, "TXDCTL_WTHRESH", reg::txdctl::WTHRESH);
  add_register_flag(g, "TXDCTL_ENABLE", reg::txdctl::ENABLE);
  add_register_flag(g, "TXDCTL_SWFLUSH", reg::txdctl::SWFLUSH);
  return g;
}

Group interrupts() {
  const auto us = static_cast<std::uint32_t>(Duration::from_us(1) / kDeviceClock);
  Group g{"Interrupt moderation: vectors, bits of EICR outside MSI-X mode, GPIE, EITR.", {}};
  g.constants = {
      {"VECTORS", reg::kVectors}, {"CLOCKS_PER_US", us}, {"EICR_SINGLE_MASK", reg::eicr::kSingleMask, true}};
  add_register_flag(g, "EICR_OTHER", reg::eicr::OTHER);
  add_register_flag(g, "GPIE_MULTIPLE_MSIX", reg::gpie::Multiple_MSIX);
  add_register_flag(g, "GPIE_EIAME", reg::gpie::EIAME);
  add_register_field(g, "GPIE_LL_INTERVAL", reg::gpie::LL_INTERVAL);
  add_register_field(g, "EITR_INTERVAL", reg::eitr::INTERVAL);
  add_register_flag(g, "EITR_LLI_EN", reg::eitr::LLI_EN);
  add_register_field(g, "EITR_LL_COUNTER", reg::eitr::LL_COUNTER);
  add_register_field(g, "EITR_COUNTER", reg::eitr::COUNTER);
  add_register_flag(g, "EITR_CNT_INGR", reg::eitr::CNT_INGR);
  return g;
}

Group throttle_writes() {
  using enum ThrottleWrite;
  const auto number = [](ThrottleWrite w) { return static_cast<std::uint32_t>(w); };
  return {"Which register of the throttle is written (ThrottleWrite).",
          {{"THROTTLE_EICR", number(eicr)},
           {"THROTTLE_EICS", number(eics)},
           {"THROTTLE_EIMS", number(eims)},
           {"THROTTLE_EIMC", number(eimc)},
           {"THROTTLE_EIAC", number(eiac)},
           {"THROTTLE_EIAM", number(eiam)},
           {"THROTTLE_GPIE", number(gpie)},
           {"THROTTLE_EITR", number(eitr)}}};
}

Group queue_registers() {
  Group g{"Byte offsets from BAR0: the registers of transmit queue 0, and from one queue to the next.", {}};
  const auto add = [&g](const char* name, std::uint32_t offset) {
    g.constants.push_back({name, offset, true});
  };
  add("TX_QUEUE_STRIDE", reg::tx_queue(1) - reg::tx_queue(0));
  add("TDBAL", reg::TDBAL(0));
  add("TDBAH", reg::TDBAH(0));
  add("TDLEN", reg::TDLEN(0));
  add("TDH", reg::TDH(0));
  add("TDT", reg::TDT(0));
  add("TXDCTL", reg::TXDCTL(0));
  return g;
}

}  // namespace

std::vector<Group> package_groups() {
  std::vector<Group> groups;
  groups.push_back(sizes());
  groups.push_back(transmit_common());
  groups.push_back(transmit_data());
  groups.push_back(transmit_context());
  groups.push_back(checksum_results());
  groups.push_back(txdctl_fields());
  groups.push_back(queue_registers());
  groups.push_back(interrupts());
  groups.push_back(throttle_writes());
  return groups;
}

void print_package(std::ostream& out, const std::vector<Group>& groups) {
  out << "// The I350's sizes, descriptors and registers: generated from hw/ by rtl/package. Do not edit.\n"
         "//\n"
         "// A field has its first bit (_LSB) and its number of bits (_BITS); a flag is the number of its "
         "bit.\n"
         "// Descriptor bits count from bit 0 of the byte at the lowest address.\n"
         "`default_nettype none\n\n"
         "/* verilator lint_off UNUSEDPARAM */\n"
         "package i350_pkg;\n";
  for (const Group& group : groups) {
    out << "  // " << group.comment << '\n';
    for (const Constant& c : group.constants) {
      out << "  localparam int unsigned " << c.name << " = ";
      if (c.hexadecimal)
        out << "32'h" << std::hex << c.value << std::dec;
      else
        out << c.value;
      out << ";\n";
    }
    out << '\n';
  }
  out << "endpackage\n"
         "/* verilator lint_on UNUSEDPARAM */\n\n"
         "`default_nettype wire\n";
}

}  // namespace niclab::rtl
