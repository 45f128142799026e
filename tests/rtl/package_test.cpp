// i350_pkg.sv says what hw/ says: the generated text is parsed, and its bits are used on descriptors and
// registers that hw/ itself builds.
#include "rtl/package/package.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "hw/descriptors.hpp"
#include "hw/interrupts.hpp"
#include "hw/registers.hpp"
#include "hw/tx_checksum.hpp"
#include "hw/tx_ring.hpp"

namespace niclab::rtl {
namespace {

using namespace hw;

std::string package_text() {
  std::ifstream file(NICLAB_RTL_PACKAGE);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Package : public testing::Test {
 protected:
  Package() {
    std::istringstream text(package_text());
    for (std::string line; std::getline(text, line);) {
      std::istringstream words(line);
      std::string localparam, type, sign, name, equals, value;
      words >> localparam >> type >> sign >> name >> equals >> value;
      if (localparam != "localparam") continue;
      EXPECT_EQ(type + sign + equals + value.back(), "intunsigned=;") << line;
      const bool hex = value.starts_with("32'h");
      constants_[name] =
          static_cast<std::uint32_t>(std::stoul(hex ? value.substr(4) : value, nullptr, hex ? 16 : 10));
    }
  }
  unsigned at(const std::string& name) const {
    const auto found = constants_.find(name);
    EXPECT_NE(found, constants_.end()) << name;
    return found == constants_.end() ? 0 : found->second;
  }
  /// Bits of `d` that the package names `field`.
  std::uint64_t get(const Descriptor& d, const std::string& field) const {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < at(field + "_BITS"); ++i)
      value |= std::uint64_t{bit(d, at(field + "_LSB") + i)} << i;
    return value;
  }
  bool flag(const Descriptor& d, const std::string& name) const { return bit(d, at(name)); }

  std::map<std::string, std::uint32_t> constants_;

 private:
  static bool bit(const Descriptor& d, unsigned n) { return (d.dw.at(n / 32) >> n % 32 & 1) != 0; }
};

TEST_F(Package, is_what_the_generator_prints_and_no_name_stands_twice) {
  std::ostringstream out;
  print_package(out, package_groups());
  EXPECT_EQ(package_text(), out.str());
  std::size_t printed = 0;
  for (const Group& group : package_groups()) printed += group.constants.size();
  EXPECT_EQ(constants_.size(), printed);
  EXPECT_GT(printed, 50u);
}

TEST_F(Package, finds_the_fields_of_a_data_descriptor) {
  const auto d = Descriptor::of(
      AdvTxData::make({0x123456789abcdef0}, 0x5aa5, txd::EOP | txd::RS | txd::DEXT, 0x2bcde, txd::TXSM, 5));
  EXPECT_EQ(get(d, "TXD_DTYP"), at("TXD_DTYP_DATA"));
  EXPECT_EQ(get(d, "TXD_DTALEN"), 0x5aa5u);
  EXPECT_EQ(get(d, "TXD_PAYLEN"), 0x2bcdeu);
  EXPECT_EQ(get(d, "TXD_IDX"), 5u);
  EXPECT_TRUE(flag(d, "TXD_EOP") && flag(d, "TXD_RS") && flag(d, "TXD_DEXT") && flag(d, "TXD_TXSM"));
  EXPECT_FALSE(flag(d, "TXD_IFCS") || flag(d, "TXD_TSE") || flag(d, "TXD_VLE") || flag(d, "TXD_IXSM"));
  EXPECT_FALSE(flag(d, "TXD_DD"));
  EXPECT_TRUE(flag(Descriptor::of(AdvTxData::writeback()), "TXD_DD"));
  EXPECT_TRUE(flag(Descriptor::of(AdvTxData::make({}, 0, txd::IFCS, 0)), "TXD_IFCS"));
  EXPECT_TRUE(flag(Descriptor::of(AdvTxData::make({}, 0, txd::TSE, 0)), "TXD_TSE"));
  EXPECT_TRUE(flag(Descriptor::of(AdvTxData::make({}, 0, txd::VLE, 0)), "TXD_VLE"));
  EXPECT_TRUE(flag(Descriptor::of(AdvTxData::make({}, 0, 0, 0, txd::IXSM)), "TXD_IXSM"));
}

TEST_F(Package, finds_the_fields_of_a_context_descriptor) {
  AdvTxContext c;
  c.set_lengths(0x55, 0x1a5, 0xc3).set_vlan(0xbeef).set_idx(6).set_mss(0x1234);
  c.set_tucmd(txd::IPV4 | txd::L4T_TCP);
  const auto d = Descriptor::of(c);
  EXPECT_EQ(get(d, "TXD_DTYP"), at("TXD_DTYP_CONTEXT"));
  EXPECT_EQ(get(d, "TXC_MACLEN"), 0x55u);
  EXPECT_EQ(get(d, "TXC_IPLEN"), 0x1a5u);
  EXPECT_EQ(get(d, "TXC_L4LEN"), 0xc3u);
  EXPECT_EQ(get(d, "TXC_VLAN"), 0xbeefu);
  EXPECT_EQ(get(d, "TXC_IDX"), 6u);
  EXPECT_EQ(get(d, "TXC_MSS"), 0x1234u);
  EXPECT_EQ(get(d, "TXC_L4T"), at("TXC_L4T_TCP"));
  EXPECT_TRUE(flag(d, "TXC_IPV4"));
  EXPECT_FALSE(flag(d, "TXC_SNAP"));
  EXPECT_TRUE(flag(Descriptor::of(c.set_tucmd(txd::SNAP | txd::L4T_SCTP)), "TXC_SNAP"));
  EXPECT_EQ(get(Descriptor::of(c), "TXC_L4T"), at("TXC_L4T_SCTP"));
  EXPECT_EQ(get(Descriptor::of(c.set_tucmd(txd::L4T_UDP)), "TXC_L4T"), at("TXC_L4T_UDP"));
}

TEST_F(Package, names_txdctl_the_queue_registers_the_sizes_and_the_checksum_results) {
  const auto field = [this](const std::string& name, std::uint32_t value) {
    return value >> at(name + "_LSB") & ((1u << at(name + "_BITS")) - 1);
  };
  const std::uint32_t txdctl = 31u << 0 | 17u << 8 | 9u << 16 | reg::txdctl::ENABLE;
  EXPECT_EQ(field("TXDCTL_PTHRESH", txdctl), reg::txdctl::PTHRESH.get(txdctl));
  EXPECT_EQ(field("TXDCTL_HTHRESH", txdctl), reg::txdctl::HTHRESH.get(txdctl));
  EXPECT_EQ(field("TXDCTL_WTHRESH", txdctl), reg::txdctl::WTHRESH.get(txdctl));
  EXPECT_EQ(1u << at("TXDCTL_ENABLE"), reg::txdctl::ENABLE);
  EXPECT_EQ(1u << at("TXDCTL_SWFLUSH"), reg::txdctl::SWFLUSH);
  for (const unsigned n : {0u, 3u, 7u}) {
    const unsigned stride = n * at("TX_QUEUE_STRIDE");
    EXPECT_EQ(at("TDBAL") + stride, reg::TDBAL(n));
    EXPECT_EQ(at("TDBAH") + stride, reg::TDBAH(n));
    EXPECT_EQ(at("TDLEN") + stride, reg::TDLEN(n));
    EXPECT_EQ(at("TDH") + stride, reg::TDH(n));
    EXPECT_EQ(at("TDT") + stride, reg::TDT(n));
    EXPECT_EQ(at("TXDCTL") + stride, reg::TXDCTL(n));
  }
  EXPECT_EQ(at("DESCRIPTOR_BYTES"), sizeof(Descriptor));
  EXPECT_EQ(at("DESCRIPTOR_BITS"), 8 * sizeof(Descriptor));
  EXPECT_EQ(at("RX_RING_CACHE"), 16u);
  EXPECT_EQ(at("RX_RING_WINDOW"), 64u);
  EXPECT_EQ(at("TX_RING_CACHE"), 24u);
  EXPECT_EQ(at("TX_RING_WINDOW"), 64u);
  EXPECT_EQ(at("TX_RING_PACKET"), TxRing::kPacket);
  EXPECT_EQ(at("TX_CHECKSUM_OK"), 0u);
  EXPECT_EQ(at("TX_CHECKSUM_L4_TYPE_RESERVED"), static_cast<unsigned>(TxChecksumResult::l4_type_reserved));
}

TEST_F(Package, names_the_fields_of_gpie_and_eitr_and_the_throttles_writes) {
  const auto field = [this](const std::string& name, std::uint32_t value) {
    return value >> at(name + "_LSB") & ((1u << at(name + "_BITS")) - 1);
  };
  const std::uint32_t eitr = 8191u << 2 | 21u << 16 | 777u << 21 | reg::eitr::LLI_EN;
  EXPECT_EQ(field("EITR_INTERVAL", eitr), 8191u);
  EXPECT_EQ(field("EITR_LL_COUNTER", eitr), 21u);
  EXPECT_EQ(field("EITR_COUNTER", eitr), 777u);
  EXPECT_EQ(1u << at("EITR_LLI_EN"), reg::eitr::LLI_EN);
  EXPECT_EQ(1u << at("EITR_CNT_INGR"), reg::eitr::CNT_INGR);
  EXPECT_EQ(field("GPIE_LL_INTERVAL", reg::gpie::LL_INTERVAL.put(29)), 29u);
  EXPECT_EQ(1u << at("GPIE_MULTIPLE_MSIX"), reg::gpie::Multiple_MSIX);
  EXPECT_EQ(1u << at("GPIE_EIAME"), reg::gpie::EIAME);
  EXPECT_EQ(1u << at("EICR_OTHER"), reg::eicr::OTHER);
  EXPECT_EQ(at("EICR_SINGLE_MASK"), reg::eicr::kSingleMask);
  EXPECT_EQ(at("VECTORS"), 25u);
  EXPECT_EQ(at("CLOCKS_PER_US"), 125u);
  EXPECT_EQ(at("THROTTLE_EICR"), static_cast<unsigned>(ThrottleWrite::eicr));
  EXPECT_EQ(at("THROTTLE_EITR"), static_cast<unsigned>(ThrottleWrite::eitr));
}

}  // namespace
}  // namespace niclab::rtl
