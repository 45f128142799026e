// Byte offsets of the I350's registers from BAR0, by data-sheet name (fact base 2.1, 2.2).
//
// Registers that come in sets are functions of their index. Queue registers are given at their canonical
// address; canonical() in registers.hpp folds the legacy aliases onto these.
#pragma once

#include <cstdint>

namespace niclab::hw::reg {

using Offset = std::uint32_t;

/// BAR0 decodes this many bytes of registers (fact base 1.3).
inline constexpr Offset kSpace = 0x20000;
inline constexpr unsigned kQueues = 8;        ///< receive queues, and transmit queues
inline constexpr unsigned kVectors = 25;      ///< EICR bits and EITR slots
inline constexpr unsigned kRarEntries = 32;   ///< exact-match address filters
inline constexpr unsigned kTableWords = 128;  ///< words in each of MTA, VFTA and UTA

// --- general control (fact base 2.3) -------------------------------------------------------------
inline constexpr Offset CTRL = 0x00000;
inline constexpr Offset STATUS = 0x00008;
inline constexpr Offset EECD = 0x00010;
inline constexpr Offset EERD = 0x00014;
inline constexpr Offset CTRL_EXT = 0x00018;
inline constexpr Offset FLA = 0x0001C;
inline constexpr Offset MDIC = 0x00020;
inline constexpr Offset SCTL = 0x00024;
inline constexpr Offset FCAL = 0x00028;
inline constexpr Offset FCAH = 0x0002C;
inline constexpr Offset FCT = 0x00030;
inline constexpr Offset CONNSW = 0x00034;
inline constexpr Offset VET = 0x00038;
inline constexpr Offset ITR = 0x000C4;
inline constexpr Offset LEDCTL = 0x00E00;
inline constexpr Offset MDICNFG = 0x00E04;
inline constexpr Offset PHPM = 0x00E14;
inline constexpr Offset EEER = 0x00E30;
inline constexpr Offset EEE_SU = 0x00E34;
inline constexpr Offset IPCNFG = 0x00E38;
inline constexpr Offset EEMNGCTL = 0x01010;
inline constexpr Offset I2CCMD = 0x01028;
inline constexpr Offset I2CPARAMS = 0x0102C;
inline constexpr Offset FRTIMER = 0x01048;
inline constexpr Offset TCPTIMER = 0x0104C;

// --- interrupts (fact base 2.6) ------------------------------------------------------------------
inline constexpr Offset ICR = 0x01500;
inline constexpr Offset ICS = 0x01504;
inline constexpr Offset IMS = 0x01508;
inline constexpr Offset IMC = 0x0150C;
inline constexpr Offset IAM = 0x01510;
inline constexpr Offset GPIE = 0x01514;
inline constexpr Offset EICS = 0x01520;
inline constexpr Offset EIMS = 0x01524;
inline constexpr Offset EIMC = 0x01528;
inline constexpr Offset EIAC = 0x0152C;
inline constexpr Offset EIAM = 0x01530;
inline constexpr Offset EICR = 0x01580;
constexpr Offset EITR(unsigned v) { return 0x01680 + 4 * v; }
constexpr Offset IVAR(unsigned i) { return 0x01700 + 4 * i; }
inline constexpr Offset IVAR_MISC = 0x01740;

// --- receive (fact base 2.7) ---------------------------------------------------------------------
inline constexpr Offset RCTL = 0x00100;
constexpr Offset rx_queue(unsigned n) { return 0x0C000 + 0x40 * n; }
constexpr Offset RDBAL(unsigned n) { return rx_queue(n) + 0x00; }
constexpr Offset RDBAH(unsigned n) { return rx_queue(n) + 0x04; }
constexpr Offset RDLEN(unsigned n) { return rx_queue(n) + 0x08; }
constexpr Offset SRRCTL(unsigned n) { return rx_queue(n) + 0x0C; }
constexpr Offset RDH(unsigned n) { return rx_queue(n) + 0x10; }
constexpr Offset RXCTL(unsigned n) { return rx_queue(n) + 0x14; }
constexpr Offset RDT(unsigned n) { return rx_queue(n) + 0x18; }
constexpr Offset RXDCTL(unsigned n) { return rx_queue(n) + 0x28; }
constexpr Offset RQDPC(unsigned n) { return rx_queue(n) + 0x30; }
constexpr Offset DVMOLR(unsigned p) { return rx_queue(p) + 0x38; }
constexpr Offset PSRTYPE(unsigned n) { return 0x05480 + 4 * n; }
inline constexpr Offset RXCSUM = 0x05000;
inline constexpr Offset RLPML = 0x05004;
inline constexpr Offset RFCTL = 0x05008;
constexpr Offset MTA(unsigned i) { return 0x05200 + 4 * i; }
constexpr Offset RAL(unsigned i) { return i < 16 ? 0x05400 + 8 * i : 0x054E0 + 8 * (i - 16); }
constexpr Offset RAH(unsigned i) { return RAL(i) + 4; }
inline constexpr Offset SYNQF = 0x055FC;
constexpr Offset VFTA(unsigned i) { return 0x05600 + 4 * i; }
inline constexpr Offset MRQC = 0x05818;
inline constexpr Offset VT_CTL = 0x0581C;
constexpr Offset FTQF(unsigned i) { return 0x059E0 + 4 * i; }
constexpr Offset IMIR(unsigned i) { return 0x05A80 + 4 * i; }
constexpr Offset IMIREXT(unsigned i) { return 0x05AA0 + 4 * i; }
inline constexpr Offset IMIRVP = 0x05AC0;
inline constexpr Offset TXSWC = 0x05ACC;
constexpr Offset VMOLR(unsigned p) { return 0x05AD0 + 4 * p; }
inline constexpr Offset RPLOLR = 0x05AF0;
constexpr Offset RETA(unsigned i) { return 0x05C00 + 4 * i; }
constexpr Offset RSSRK(unsigned i) { return 0x05C80 + 4 * i; }
constexpr Offset ETQF(unsigned i) { return 0x05CB0 + 4 * i; }
constexpr Offset VLVF(unsigned i) { return 0x05D00 + 4 * i; }
/// Dword `i` (0..63) of flexible filter `n` (0..7).
constexpr Offset FHFT(unsigned n, unsigned i) {
  return (n < 4 ? 0x09000 + 0x100 * n : 0x09A00 + 0x100 * (n - 4)) + 4 * i;
}
constexpr Offset UTA(unsigned i) { return 0x0A000 + 4 * i; }

// --- transmit (fact base 2.8) --------------------------------------------------------------------
inline constexpr Offset TCTL = 0x00400;
inline constexpr Offset TCTL_EXT = 0x00404;
inline constexpr Offset TIPG = 0x00410;
inline constexpr Offset AIT = 0x00458;
inline constexpr Offset DTXMXPKTSZ = 0x0355C;
inline constexpr Offset DTXCTL = 0x03590;
inline constexpr Offset DTXTCPFLGL = 0x0359C;
inline constexpr Offset DTXTCPFLGH = 0x035A0;
constexpr Offset tx_queue(unsigned n) { return 0x0E000 + 0x40 * n; }
constexpr Offset TDBAL(unsigned n) { return tx_queue(n) + 0x00; }
constexpr Offset TDBAH(unsigned n) { return tx_queue(n) + 0x04; }
constexpr Offset TDLEN(unsigned n) { return tx_queue(n) + 0x08; }
constexpr Offset TDH(unsigned n) { return tx_queue(n) + 0x10; }
constexpr Offset TXCTL(unsigned n) { return tx_queue(n) + 0x14; }
constexpr Offset TDT(unsigned n) { return tx_queue(n) + 0x18; }
constexpr Offset TXDCTL(unsigned n) { return tx_queue(n) + 0x28; }
constexpr Offset TQDPC(unsigned n) { return tx_queue(n) + 0x30; }
constexpr Offset TDWBAL(unsigned n) { return tx_queue(n) + 0x38; }
constexpr Offset TDWBAH(unsigned n) { return tx_queue(n) + 0x3C; }

// --- packet buffers and flow control (fact base 2.9, 2.10) ---------------------------------------
inline constexpr Offset FCTTV = 0x00170;
inline constexpr Offset FCRTL = 0x02160;
inline constexpr Offset FCRTH = 0x02168;
inline constexpr Offset FCRTC = 0x02170;
inline constexpr Offset RXPBS = 0x02404;
inline constexpr Offset QDE = 0x02408;
inline constexpr Offset RDFH = 0x02410;
inline constexpr Offset RDFT = 0x02418;
inline constexpr Offset RDFHS = 0x02420;
inline constexpr Offset RDFTS = 0x02428;
inline constexpr Offset RDFPC = 0x02430;
inline constexpr Offset FCRTV = 0x02460;
inline constexpr Offset FCSTS0 = 0x02464;
inline constexpr Offset PBRWAC = 0x024E8;
inline constexpr Offset TXPBS = 0x03404;
inline constexpr Offset DMACR = 0x02508;
inline constexpr Offset DMCTLX = 0x02514;
inline constexpr Offset DMCTXTH = 0x03550;
inline constexpr Offset DMCRTRH = 0x05DD0;
inline constexpr Offset DMCCNT = 0x05DD4;
inline constexpr Offset LTRC = 0x001A0;

// --- manageability, semaphores, PCIe (fact base 2.4, 2.16) ---------------------------------------
inline constexpr Offset WUC = 0x05800;
inline constexpr Offset WUFC = 0x05808;
inline constexpr Offset WUS = 0x05810;
inline constexpr Offset MANC = 0x05820;
inline constexpr Offset MANC2H = 0x05860;
inline constexpr Offset GCR = 0x05B00;
inline constexpr Offset FACTPS = 0x05B30;
inline constexpr Offset SWSM = 0x05B50;
inline constexpr Offset FWSM = 0x05B54;
inline constexpr Offset SW_FW_SYNC = 0x05B5C;
inline constexpr Offset GCR2 = 0x05B64;
inline constexpr Offset PBACL = 0x05B68;
inline constexpr Offset DCA_ID = 0x05B70;
inline constexpr Offset DCA_CTRL = 0x05B74;
inline constexpr Offset PCIEMISC = 0x05BB8;
inline constexpr Offset BARCTRL = 0x05BFC;
inline constexpr Offset HICR = 0x08F00;

// --- time stamping (fact base 2.11) --------------------------------------------------------------
inline constexpr Offset TSYNCRXCFG = 0x05F50;
inline constexpr Offset SYSTIML = 0x0B600;
inline constexpr Offset SYSTIMH = 0x0B604;
inline constexpr Offset TIMINCA = 0x0B608;
inline constexpr Offset TIMADJL = 0x0B60C;
inline constexpr Offset TIMADJH = 0x0B610;
inline constexpr Offset TSYNCTXCTL = 0x0B614;
inline constexpr Offset TXSTMPL = 0x0B618;
inline constexpr Offset TXSTMPH = 0x0B61C;
inline constexpr Offset TSYNCRXCTL = 0x0B620;
inline constexpr Offset RXSTMPL = 0x0B624;
inline constexpr Offset RXSTMPH = 0x0B628;
inline constexpr Offset RXSATRL = 0x0B62C;
inline constexpr Offset RXSATRH = 0x0B630;
inline constexpr Offset TSAUXC = 0x0B640;
inline constexpr Offset TSICR = 0x0B66C;
inline constexpr Offset TSIM = 0x0B674;
inline constexpr Offset SYSTIMR = 0x0B6F8;
// Offsets of the I350's siblings: the fact base names the bits that belong to them, not these.
inline constexpr Offset TSSDP = 0x0003C;
constexpr Offset TRGTTIML(unsigned i) { return 0x0B644 + 8 * i; }
constexpr Offset TRGTTIMH(unsigned i) { return 0x0B648 + 8 * i; }
constexpr Offset AUXSTMPL(unsigned i) { return 0x0B65C + 8 * i; }
constexpr Offset AUXSTMPH(unsigned i) { return 0x0B660 + 8 * i; }

// --- statistics (fact base 2.12) -----------------------------------------------------------------
inline constexpr Offset CRCERRS = 0x04000, ALGNERRC = 0x04004, SYMERRS = 0x04008, RXERRC = 0x0400C;
inline constexpr Offset MPC = 0x04010, SCC = 0x04014, ECOL = 0x04018, MCC = 0x0401C, LATECOL = 0x04020;
inline constexpr Offset COLC = 0x04028, CBTMPC = 0x0402C, DC = 0x04030, TNCRS = 0x04034, SEC = 0x04038;
inline constexpr Offset HTDPMC = 0x0403C, RLEC = 0x04040, CBRDPC = 0x04044;
inline constexpr Offset XONRXC = 0x04048, XONTXC = 0x0404C, XOFFRXC = 0x04050, XOFFTXC = 0x04054,
                        FCRUC = 0x04058;
inline constexpr Offset PRC64 = 0x0405C, PRC127 = 0x04060, PRC255 = 0x04064, PRC511 = 0x04068,
                        PRC1023 = 0x0406C;
inline constexpr Offset PRC1522 = 0x04070, GPRC = 0x04074, BPRC = 0x04078, MPRC = 0x0407C, GPTC = 0x04080;
inline constexpr Offset GORCL = 0x04088, GORCH = 0x0408C, GOTCL = 0x04090, GOTCH = 0x04094;
inline constexpr Offset RNBC = 0x040A0, RUC = 0x040A4, RFC = 0x040A8, ROC = 0x040AC, RJC = 0x040B0;
inline constexpr Offset MGTPRC = 0x040B4, MGTPDC = 0x040B8, MGTPTC = 0x040BC;
inline constexpr Offset TORL = 0x040C0, TORH = 0x040C4, TOTL = 0x040C8, TOTH = 0x040CC;
inline constexpr Offset TPR = 0x040D0, TPT = 0x040D4;
inline constexpr Offset PTC64 = 0x040D8, PTC127 = 0x040DC, PTC255 = 0x040E0, PTC511 = 0x040E4,
                        PTC1023 = 0x040E8;
inline constexpr Offset PTC1522 = 0x040EC, MPTC = 0x040F0, BPTC = 0x040F4, TSCTC = 0x040F8, TSCTFC = 0x040FC;
inline constexpr Offset IAC = 0x04100, RPTHC = 0x04104, ICRXATC = 0x04108, ICTXPTC = 0x0410C,
                        ICTXATC = 0x04110;
inline constexpr Offset HGPTC = 0x04118, ICTXQMTC = 0x0411C, ICRXDMTC = 0x04120, HTCBDPC = 0x04124;
inline constexpr Offset HGORCL = 0x04128, HGORCH = 0x0412C, HGOTCL = 0x04130, HGOTCH = 0x04134,
                        LENERRS = 0x04138;
inline constexpr Offset TLPIC = 0x04148, RLPIC = 0x0414C, MNGFBDPC = 0x04154, B2OGPRC = 0x04158,
                        O2BSPC = 0x0415C;
inline constexpr Offset SSVPC = 0x041A0, SCVPC = 0x04228, B2OSPC = 0x08FE0, O2BGPTC = 0x08FE4;
/// First and last of the block of read-to-clear counters that Statistics owns.
inline constexpr Offset kStatisticsFirst = CRCERRS, kStatisticsLast = O2BSPC;

// --- per-pool / per-queue counters (fact base 2.12.1, end) ---------------------------------------
constexpr Offset VTCTRL(unsigned p) { return 0x10000 + 0x100 * p; }
constexpr Offset PQGPRC(unsigned q) { return 0x10010 + 0x100 * q; }
constexpr Offset PQGPTC(unsigned q) { return 0x10014 + 0x100 * q; }
constexpr Offset PQGORC(unsigned q) { return 0x10018 + 0x100 * q; }
constexpr Offset PQGOTC(unsigned q) { return 0x10034 + 0x100 * q; }
constexpr Offset PQMPRC(unsigned q) { return 0x10038 + 0x100 * q; }

}  // namespace niclab::hw::reg
