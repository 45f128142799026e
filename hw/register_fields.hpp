// Bit masks and field extractors of the registers that have side effects or fields someone reads (fact
// base 2.3-2.15).
//
// One namespace a register, in lower case; a multi-bit field is a mask plus a `..._SHIFT`, or a Field.
#pragma once

#include <cstdint>

namespace niclab::hw::reg {

/// A bit field: `hi:lo` of a 32-bit register.
struct Field {
  unsigned lo, width;
  constexpr std::uint32_t mask() const { return ((width == 32 ? 0 : 1u << width) - 1) << lo; }
  constexpr std::uint32_t get(std::uint32_t reg) const { return (reg & mask()) >> lo; }
  constexpr std::uint32_t put(std::uint32_t value) const { return value << lo & mask(); }
  constexpr std::uint32_t replace(std::uint32_t reg, std::uint32_t value) const {
    return (reg & ~mask()) | put(value);
  }
};

constexpr std::uint32_t bit(unsigned n) { return std::uint32_t{1} << n; }

namespace ctrl {  // 2.3.1
inline constexpr std::uint32_t FD = bit(0), GIO_MASTER_DISABLE = bit(2), LRST = bit(3), SLU = bit(6),
                               ILOS = bit(7);
inline constexpr Field SPEED{8, 2};
inline constexpr std::uint32_t FRCSPD = bit(11), FRCDPX = bit(12), ADVD3WUC = bit(20), RST = bit(26);
inline constexpr std::uint32_t RFCE = bit(27), TFCE = bit(28), DEV_RST = bit(29), VME = bit(30),
                               PHY_RST = bit(31);
}  // namespace ctrl

namespace status {  // 2.3.2
inline constexpr std::uint32_t FD = bit(0), LU = bit(1), TXOFF = bit(4);
inline constexpr Field LAN_ID{2, 2};
inline constexpr Field SPEED{6, 2};  ///< 0 = 10, 1 = 100, 2 = 1000 Mb/s
inline constexpr std::uint32_t LAN_INIT_DONE = bit(9), PHYRA = bit(10), GIO_MASTER_ENABLE = bit(19);
inline constexpr std::uint32_t DEV_RST_SET = bit(20), PF_RST_DONE = bit(21);
}  // namespace status

namespace vet {
inline constexpr Field EXTERNAL{16, 16};  ///< type of the outer tag with CTRL_EXT.EXT_VLAN
}

namespace ctrl_ext {  // 2.3.3
inline constexpr std::uint32_t EE_RST = bit(13), PFRSTD = bit(14), NS_DIS = bit(16), RO_DIS = bit(17);
inline constexpr std::uint32_t PHYPDEN = bit(20), I2C_ENA = bit(25), EXT_VLAN = bit(26), DRV_LOAD = bit(28);
inline constexpr Field LINK_MODE{22, 2};
}  // namespace ctrl_ext

namespace eecd {  // 2.4.1
inline constexpr std::uint32_t SK = bit(0), CS = bit(1), DI = bit(2),
                               DO = bit(3);  ///< pins; CS selects when low
inline constexpr Field FWE{4, 2};
inline constexpr std::uint32_t REQ = bit(6), GNT = bit(7), PRES = bit(8), AUTO_RD = bit(9),
                               ADDR_SIZE = bit(10);
inline constexpr Field SIZE_EX{11, 4};
inline constexpr std::uint32_t BLOCKED = bit(15), ABORT = bit(16), RD_TIMEOUT = bit(17), ERROR_CLR = bit(18);
}  // namespace eecd

namespace eerd {  // 2.4.2
inline constexpr std::uint32_t START = bit(0), DONE = bit(1);
inline constexpr Field ADDR{2, 14}, DATA{16, 16};
}  // namespace eerd

namespace mdic {  // 2.5.1
inline constexpr Field DATA{0, 16}, REGADD{16, 5}, PHYADD{21, 5}, OP{26, 2};
inline constexpr std::uint32_t OP_WRITE = 0x04000000, OP_READ = 0x08000000;
inline constexpr std::uint32_t READY = bit(28), INT_EN = bit(29), ERROR = bit(30), DESTINATION = bit(31);
}  // namespace mdic

namespace eeer {  // 2.14
inline constexpr std::uint32_t TX_LPI_EN = bit(16), RX_LPI_EN = bit(17), LPI_FC = bit(18);
inline constexpr std::uint32_t EEE_NEG = bit(29), RX_LPI = bit(30), TX_LPI = bit(31);
}  // namespace eeer

namespace ipcnfg {  // 2.14
inline constexpr std::uint32_t EEE_100M_AN = bit(2), EEE_1G_AN = bit(3);
}  // namespace ipcnfg

namespace ledctl {  // 2.13: the byte of each LED
inline constexpr Field LED0{0, 8}, LED1{8, 8}, LED2{16, 8}, LED3{24, 8};
inline constexpr std::uint32_t kMode = 0xF, kInvert = bit(6), kBlink = bit(7);
inline constexpr std::uint32_t kModeOn = 0xE, kModeOff = 0xF;
}  // namespace ledctl

namespace frtimer {  // 2.2
inline constexpr Field US{0, 10}, MS{10, 10}, S{20, 12};
}  // namespace frtimer

namespace i2ccmd {  // 2.17
inline constexpr Field DATA{0, 16}, REGADD{16, 8};
inline constexpr std::uint32_t OPCODE = bit(27), READY = bit(29), ERROR = bit(31);
}  // namespace i2ccmd

namespace i2cparams {  // 2.17
inline constexpr std::uint32_t CLK_OUT = bit(9), DATA_OUT = bit(10), DATA_OE_N = bit(11), DATA_IN = bit(12);
inline constexpr std::uint32_t CLK_OE_N = bit(13), CLK_IN = bit(14), CLK_STRETCH_DIS = bit(15);
}  // namespace i2cparams

namespace thstat {  // 2.17
inline constexpr std::uint32_t PWR_DOWN = bit(0), LINK_THROTTLE = bit(1), HIGH = bit(13), MID = bit(21);
inline constexpr std::uint32_t LOW = bit(29);
}  // namespace thstat

namespace phpm {  // 2.5.3
inline constexpr std::uint32_t SPD = bit(0), D0_LPLU = bit(1), D3_LPLU = bit(2), GO_LINKD = bit(5);
}  // namespace phpm

namespace eemngctl {  // 2.4.4
constexpr std::uint32_t CFG_DONE(unsigned port) { return bit(18 + port); }
}  // namespace eemngctl

namespace swsm {  // 2.4.5
inline constexpr std::uint32_t SMBI = bit(0), SWESMBI = bit(1), DRV_LOAD = bit(3);
}  // namespace swsm

namespace fwsm {  // 2.4.5
inline constexpr Field MODE{1, 3};
inline constexpr std::uint32_t VALID = bit(15);
}  // namespace fwsm

namespace sw_fw_sync {  // 2.4.5; firmware's bits are these << 16
inline constexpr std::uint32_t EEP_SM = 0x0001, PHY0_SM = 0x0002, PHY1_SM = 0x0004, CSR_SM = 0x0008;
inline constexpr std::uint32_t PHY2_SM = 0x0020, PHY3_SM = 0x0040, MBX_SM = 0x0100, MNG_SM = 0x0400;
constexpr std::uint32_t PHY_SM(unsigned port) {
  return port == 0 ? PHY0_SM : port == 1 ? PHY1_SM : port == 2 ? PHY2_SM : PHY3_SM;
}
}  // namespace sw_fw_sync

namespace manc {  // 2.4.5
inline constexpr std::uint32_t BLK_PHY_RST_ON_IDE = bit(18);
}

namespace icr {  // 2.6.1; IMS, IMC, ICS and IAM share the layout
inline constexpr std::uint32_t TXDW = bit(0), LSC = bit(2), RXSEQ = bit(3), RXDMT0 = bit(4), RXO = bit(6),
                               MDAC = bit(9);
inline constexpr std::uint32_t RXDW = bit(7), VMMB = bit(8), GPHY = bit(10), MNG = bit(18),
                               TIME_SYNC = bit(19);
inline constexpr std::uint32_t FER = bit(22), THS = bit(23), PCI_EX = bit(24), SCE = bit(25), SWWD = bit(26);
inline constexpr std::uint32_t MDDET = bit(28), DOUTSYNC = bit(28), TCP_TIMER = bit(29), DRSTA = bit(30);
inline constexpr std::uint32_t INTA = bit(31);
inline constexpr std::uint32_t kCauses = 0x77DCFED5 | RXSEQ | VMMB;  ///< bits ICS can set and IMS enable
}  // namespace icr

namespace eicr {                                                      // 2.6.3
inline constexpr std::uint32_t kVectorMask = bit(25) - 1;             ///< MSI-X mode
inline constexpr std::uint32_t TCP_TIMER = bit(30), OTHER = bit(31);  ///< non-MSI-X mode
inline constexpr std::uint32_t kSingleMask = 0x0000FFFF | TCP_TIMER | OTHER;
}  // namespace eicr

namespace gpie {  // 2.6.4
inline constexpr std::uint32_t NSICR = bit(0), Multiple_MSIX = bit(4), EIAME = bit(30), PBA_support = bit(31);
inline constexpr Field LL_INTERVAL{7, 5};  ///< 4 us units
}  // namespace gpie

namespace eitr {                         // 2.6.6
inline constexpr Field INTERVAL{2, 13};  ///< microseconds
inline constexpr std::uint32_t LLI_EN = bit(15), CNT_INGR = bit(31);
inline constexpr Field LL_COUNTER{16, 5}, COUNTER{21, 10};
}  // namespace eitr

namespace tcptimer {                    // 2.6.9
inline constexpr Field DURATION{0, 8};  ///< ms
inline constexpr std::uint32_t KickStart = bit(8), CountEnable = bit(9), CountFinish = bit(10),
                               Loop = bit(11);
}  // namespace tcptimer
namespace ivar {  // 2.6.7; one byte
inline constexpr std::uint32_t VALID = bit(7);
inline constexpr Field VECTOR{0, 5};
}  // namespace ivar

namespace rctl {  // 2.7.1
inline constexpr std::uint32_t RXEN = bit(1), SBP = bit(2), UPE = bit(3), MPE = bit(4), LPE = bit(5);
inline constexpr Field LBM{6, 2}, RDMTS{8, 2}, MO{12, 2}, BSIZE{16, 2};
inline constexpr std::uint32_t BAM = bit(15), VFE = bit(18), CFIEN = bit(19), CFI = bit(20), PSP = bit(21);
inline constexpr std::uint32_t DPF = bit(22), PMCF = bit(23), SECRC = bit(26);
}  // namespace rctl

namespace rxdctl {  // 2.7.2; TXDCTL shares the layout (2.8.6)
inline constexpr Field PTHRESH{0, 5}, HTHRESH{8, 5}, WTHRESH{16, 5};
inline constexpr std::uint32_t ENABLE = bit(25), SWFLUSH = bit(26);
}  // namespace rxdctl
namespace txdctl {
using namespace rxdctl;
inline constexpr std::uint32_t PRIORITY = bit(27);
}  // namespace txdctl

namespace srrctl {                         // 2.7.3
inline constexpr Field BSIZEPACKET{0, 7};  ///< KB
inline constexpr Field BSIZEHEADER{8, 6};  ///< 64-byte units
inline constexpr Field RDMTS{20, 5};       ///< free descriptors / 16
inline constexpr Field DESCTYPE{25, 3};
inline constexpr std::uint32_t DESCTYPE_LEGACY = 0, DESCTYPE_ADV_ONEBUF = 1;  ///< values of DESCTYPE
inline constexpr std::uint32_t DESCTYPE_SPLIT = 2, DESCTYPE_REPLICATE = 3, DESCTYPE_REPLICATE_LARGE = 4;
inline constexpr std::uint32_t DESCTYPE_SPLIT_ALWAYS = 5;
inline constexpr std::uint32_t TIMESTAMP = bit(30), DROP_EN = bit(31);
}  // namespace srrctl

namespace psrtype {  // 2.7.4; which packets have their header split, and behind what
inline constexpr std::uint32_t ETHERNET = bit(0), IPV4_FRAGMENT = bit(1), IPV4_TCP = bit(2),
                               IPV4_UDP = bit(3);
inline constexpr std::uint32_t IPV6_FRAGMENT = bit(7), IPV6_TCP = bit(8), IPV6_UDP = bit(9);
}  // namespace psrtype

namespace rxcsum {                  // 2.7.5
inline constexpr Field PCSS{0, 8};  ///< byte the packet checksum starts at
inline constexpr std::uint32_t IPOFL = bit(8), TUOFL = bit(9), CRCOFL = bit(11), IPPCSE = bit(12),
                               PCSD = bit(13);
}  // namespace rxcsum

namespace rfctl {  // 2.7.7
inline constexpr std::uint32_t IPV6_DIS = bit(10), IPV6_XSUM_DIS = bit(11), IPV6_EX_DIS = bit(16);
inline constexpr std::uint32_t NEW_IPV6_EXT_DIS = bit(17), LEF = bit(18);
inline constexpr std::uint32_t SYNQFP = bit(19);  ///< the SYN filter comes before the others
}  // namespace rfctl

namespace mrqc {  // 2.7.8
inline constexpr Field MODE{0, 3}, DEFAULT_QUEUE{3, 3};
inline constexpr std::uint32_t MODE_NONE = 0, MODE_RSS = 2, MODE_VMDQ = 3;  ///< values of MODE
inline constexpr std::uint32_t TCP_IPV4 = bit(16), IPV4 = bit(17), TCP_IPV6_EX = bit(18), IPV6_EX = bit(19);
inline constexpr std::uint32_t IPV6 = bit(20), TCP_IPV6 = bit(21), UDP_IPV4 = bit(22), UDP_IPV6 = bit(23);
inline constexpr std::uint32_t UDP_IPV6_EX = bit(24);
}  // namespace mrqc

namespace rah {  // 2.7.11
inline constexpr std::uint32_t AV = bit(31);
inline constexpr Field POOLSEL{18, 8};
}  // namespace rah

namespace etqf {  // 2.6.8
inline constexpr Field ETYPE{0, 16}, QUEUE{16, 3};
inline constexpr std::uint32_t FILTER_ENABLE = bit(26), IMMEDIATE = bit(29), TIMESTAMP = bit(30),
                               QUEUE_ENABLE = bit(31);
}  // namespace etqf
namespace synqf {
inline constexpr std::uint32_t ENABLE = bit(0);
inline constexpr Field QUEUE{1, 3};
}  // namespace synqf
namespace ftqf {
inline constexpr Field PROTOCOL{0, 8}, QUEUE{16, 3};
inline constexpr std::uint32_t QUEUE_ENABLE = bit(8), TIMESTAMP = bit(27), PROTOCOL_BP = bit(28);
}  // namespace ftqf
namespace imir {
inline constexpr Field PORT{0, 16}, PRIORITY{29, 3};  ///< PORT in network order
inline constexpr std::uint32_t IMMEDIATE = bit(16), PORT_BP = bit(17);
}  // namespace imir
namespace imirext {
inline constexpr Field SIZE_THRESH{0, 12};
inline constexpr std::uint32_t SIZE_BP = bit(12), URG = bit(13), ACK = bit(14), PSH = bit(15), RST = bit(16);
inline constexpr std::uint32_t SYN = bit(17), FIN = bit(18), CTRL_BP = bit(19);
}  // namespace imirext
namespace imirvp {
inline constexpr Field PRIORITY{0, 3};
inline constexpr std::uint32_t ENABLE = bit(3);
}  // namespace imirvp
namespace wufc {
inline constexpr std::uint32_t FLEX_HQ = bit(14);  ///< flexible filters steer packets while the port runs
constexpr std::uint32_t FLX(unsigned n) { return bit(16 + n); }
}  // namespace wufc
namespace fhft {  // dword 63 of a flexible filter
inline constexpr Field LENGTH{0, 8}, QUEUE{8, 3}, PRIORITY{16, 3};
inline constexpr std::uint32_t IMMEDIATE = bit(24);
}  // namespace fhft

namespace dvmolr {  // 2.7.13
inline constexpr std::uint32_t HIDVLAN = bit(29), STRVLAN = bit(30), STRCRC = bit(31);
}

namespace tctl {  // 2.8.1
inline constexpr std::uint32_t EN = bit(1), PSP = bit(3), SWXOFF = bit(22), RTLC = bit(24);
inline constexpr Field CT{4, 8}, BST{12, 10};
}  // namespace tctl

namespace tctl_ext {  // 2.8.2
inline constexpr Field COLD{10, 10};
}

namespace tipg {  // 2.8.3
inline constexpr Field IPGT{0, 10}, IPGR1{10, 10}, IPGR{20, 10};
}

namespace tdwbal {  // 2.8.7
inline constexpr std::uint32_t HEAD_WB_EN = bit(0), SN_WB_EN = bit(1);
}

namespace fcrtl {  // 2.10
inline constexpr std::uint32_t XONE = bit(31);
inline constexpr std::uint32_t RTL = 0x0000FFF0;  ///< bytes
}  // namespace fcrtl
namespace fcrth {
inline constexpr std::uint32_t RTH = 0x0003FFF0;  ///< bytes
}
namespace fcsts0 {
inline constexpr std::uint32_t XOFF = bit(0), ABOVE_HIGH = bit(1), BELOW_LOW = bit(2);
inline constexpr Field REFRESH{16, 16};  ///< quanta
}  // namespace fcsts0

// 2.11. Of TSAUXC the fact base names Disable_systime; the other bits, TSSDP and those of TSICR beyond TXTS
// and RXTS are what public drivers use with siblings of the I350.
namespace tsauxc {
inline constexpr std::uint32_t DISABLE_SYSTIME = bit(31);
constexpr std::uint32_t EN_TT(unsigned i) { return bit(i); }             ///< target time i; clears itself
constexpr std::uint32_t SAMP_AUT(unsigned i) { return bit(3 + 3 * i); }  ///< stamp i now; clears itself
constexpr std::uint32_t EN_TS(unsigned i) { return bit(8 + 2 * i); }     ///< stamp i by a pin
constexpr std::uint32_t AUTT(unsigned i) { return bit(9 + 2 * i); }      ///< stamp i was taken
}  // namespace tsauxc
namespace tssdp {
constexpr Field AUX_SEL(unsigned i) { return {3 * i, 2}; }  ///< the pin of auxiliary stamp i
constexpr std::uint32_t AUX_EN(unsigned i) { return bit(2 + 3 * i); }
constexpr Field SDP_SEL(unsigned pin) { return {6 + 3 * pin, 2}; }  ///< 0, 1: toggled by that target time
constexpr std::uint32_t SDP_EN(unsigned pin) { return bit(8 + 3 * pin); }
}  // namespace tssdp
namespace tsynctxctl {
inline constexpr std::uint32_t VALID = bit(0), EN = bit(4);
}
namespace tsyncrxctl {
inline constexpr std::uint32_t VALID = bit(0), EN = bit(4);
inline constexpr Field TYPE{1, 3};
inline constexpr std::uint32_t TYPE_L2_V2 = 0, TYPE_L4_V1 = 1, TYPE_L2_L4_V2 = 2, TYPE_ALL = 4,
                               TYPE_EVENT_V2 = 5;
}  // namespace tsyncrxctl
namespace tsyncrxcfg {
inline constexpr Field CONTROL{0, 8};     ///< of a message of version 1
inline constexpr Field MESSAGE_ID{8, 4};  ///< of one of version 2
}  // namespace tsyncrxcfg
namespace tsicr {
inline constexpr std::uint32_t SYS_WRAP = bit(0), TXTS = bit(1), RXTS = bit(2);
constexpr std::uint32_t TT(unsigned i) { return bit(3 + i); }
constexpr std::uint32_t AUTT(unsigned i) { return bit(5 + i); }
}  // namespace tsicr
namespace timinca {
inline constexpr std::uint32_t LESS = bit(31);
}
namespace timadjh {
inline constexpr std::uint32_t NEGATIVE = bit(31);
}

namespace barctrl {  // 1.3
inline constexpr Field FLASH_SIZE{8, 3};
inline constexpr std::uint32_t CSR_SIZE = bit(13);
}  // namespace barctrl
namespace gcr {  // 2.16
inline constexpr std::uint32_t CMPL_TMOUT_RESEND = bit(16), CAP_VER2 = bit(18);
inline constexpr Field RESENDS{8, 4};
inline constexpr Field CMPL_TMOUT{12, 4};  ///< coded as in Device Control 2; 0: what that says
}  // namespace gcr

}  // namespace niclab::hw::reg
