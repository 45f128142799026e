// THE register table (fact base 2.2; write masks proven by the offline register test are noted there).
#include "hw/registers.hpp"

#include <algorithm>
#include <array>

namespace niclab::hw::reg {
namespace {

using enum Access;
using enum Status;
using enum Chapter;

// name, offset, count, stride, access, reset, write mask, status, chapter, what[, instance 0 differs in[,
// kept by reset]]
// clang-format off
constexpr Register kRegisters[] = {
    {"CTRL", 0x00000, 1, 0, mixed, 0x00100201, 0xFFFFFFFF, implemented, general, "device control: link, flow control, resets"},
    {"STATUS", 0x00008, 1, 0, mixed, 0x00280600, 0x00100400, implemented, general, "device status: link, speed, master enable"},
    {"EECD", 0x00010, 1, 0, mixed, 0x00003F10, 0x00040077, implemented, nvm, "NVM control: presence, size, direct-access grant"},
    {"EERD", 0x00014, 1, 0, mixed, 0, 0x0000FFFD, implemented, nvm, "NVM word read"},
    {"CTRL_EXT", 0x00018, 1, 0, RW, 0x00100000, 0xFFFFDFFF, implemented, general, "extended control: link mode, driver loaded"},
    {"FLA", 0x0001C, 1, 0, RW, 0, 0x0000003F, stub, nvm, "flash bit bang"},
    {"MDIC", 0x00020, 1, 0, mixed, 0x10000000, 0x2FFFFFFF, implemented, link, "MDI: PHY register access"},
    {"SCTL", 0x00024, 1, 0, RW, 0, 0xFFFFFFFF, stub, general, "SerDes control"},
    {"FCAL", 0x00028, 1, 0, RW, 0x00C28001, 0xFFFFFFFF, implemented, flow_control, "flow control address, low"},
    {"FCAH", 0x0002C, 1, 0, RW, 0x00000100, 0x0000FFFF, implemented, flow_control, "flow control address, high"},
    {"FCT", 0x00030, 1, 0, RW, 0x00008808, 0x0000FFFF, implemented, flow_control, "flow control type"},
    {"CONNSW", 0x00034, 1, 0, RW, 0, 0xFFFFFFFF, stub, general, "media swap"},
    {"VET", 0x00038, 1, 0, mixed, 0x81008100, 0xFFFF0000, implemented, receive_filters, "VLAN EtherTypes: outer, inner"},
    {"TSSDP", 0x0003C, 1, 0, RW, 0, 0x0003FFFF, implemented, time_sync, "pins of target times and auxiliary stamps"},
    {"ITR", 0x000C4, 1, 0, RW, 0, 0xFFFFFFFF, stub, interrupts, "legacy interrupt throttle"},
    {"RCTL", 0x00100, 1, 0, RW, 0, 0x04FFB3FE, implemented, receive_filters, "receive control"},
    {"FCTTV", 0x00170, 1, 0, RW, 0, 0x0000FFFF, implemented, flow_control, "pause quanta of generated XOFF"},
    {"TXCW", 0x00178, 1, 0, RW, 0, 0xFFFFFFFF, omitted, general, "SerDes auto-negotiation transmit word"},
    {"RXCW", 0x00180, 1, 0, RO, 0, 0, omitted, general, "SerDes auto-negotiation receive word"},
    {"LTRC", 0x001A0, 1, 0, RW, 0, 0xFFFFFFFF, stub, power, "LTR control"},
    {"TCTL", 0x00400, 1, 0, RW, 0xA40400F8, 0xFFFFFFFA, implemented, transmit, "transmit control"},
    {"TCTL_EXT", 0x00404, 1, 0, RW, 0x00010840, 0x000FFFFF, stub, transmit, "collision distance (half duplex only)"},
    {"TIPG", 0x00410, 1, 0, RW, 0x00601008, 0x3FFFFFFF, implemented, transmit, "transmit inter-packet gap"},
    {"AIT", 0x00458, 1, 0, RW, 0, 0x0000FFFF, stub, transmit, "adaptive interframe spacing (half duplex only)"},
    {"VMBMEM", 0x00800, 128, 4, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "VF mailbox memory, 16 words a VF"},
    {"P2VMAILBOX", 0x00C00, 8, 4, RW, 0, 0x0000001F, omitted, virtualisation, "PF side of VF mailbox"},
    {"V2PMAILBOX", 0x00C40, 8, 4, RW, 0x00000040, 0x00000007, omitted, virtualisation, "VF side of mailbox"},
    {"MBVFICR", 0x00C80, 1, 0, W1C, 0, 0x00FF00FF, omitted, virtualisation, "mailbox causes by VF"},
    {"MBVFIMR", 0x00C84, 1, 0, RW, 0x000000FF, 0x000000FF, omitted, virtualisation, "mailbox mask by VF"},
    {"VFLRE", 0x00C88, 1, 0, W1C, 0, 0x000000FF, omitted, virtualisation, "VF function-level reset events"},
    {"VFRE", 0x00C8C, 1, 0, RW, 0x000000FF, 0x000000FF, stub, virtualisation, "pool receive enable"},
    {"VFTE", 0x00C90, 1, 0, RW, 0x000000FF, 0x000000FF, stub, virtualisation, "pool transmit enable"},
    {"LEDCTL", 0x00E00, 1, 0, RW, 0x07068302, 0xFFFFFFFF, stub, general, "LED control"},
    {"MDICNFG", 0x00E04, 1, 0, RW, 0, 0xC3E00000, stub, link, "MDI configuration"},
    {"PHPM", 0x00E14, 1, 0, RW, 0, 0xFFFFFFFF, implemented, link, "PHY power management"},
    {"EEER", 0x00E30, 1, 0, mixed, 0, 0x1FFFFFFF, implemented, link, "energy-efficient Ethernet: negotiated; nobody sleeps"},
    {"EEE_SU", 0x00E34, 1, 0, RW, 0, 0xFF7FFFFF, stub, link, "EEE set-up"},
    {"IPCNFG", 0x00E38, 1, 0, RW, 0x0000000C, 0xFFFFFFFF, implemented, link, "internal PHY configuration: EEE offered"},
    {"PBA", 0x01000, 1, 0, RW, 0, 0xFFFFFFFF, omitted, receive_queues, "packet buffer allocation of 82575"},
    {"EEMNGCTL", 0x01010, 1, 0, mixed, 0x003C0000, 0, implemented, nvm, "configuration-done flags after PHY reset"},
    {"EEARBC", 0x01024, 1, 0, RW, 0, 0xFFFFFFFF, stub, nvm, "NVM arbitration"},
    {"I2CCMD", 0x01028, 1, 0, mixed, 0x20000000, 0x0FFFFFFF, implemented, general, "SFP I2C command: there is no module, so an error"},
    {"I2CPARAMS", 0x0102C, 1, 0, mixed, 0x00002800, 0x0000AFFF, implemented, general, "I2C bit bang: nobody but the host pulls a line low"},
    {"FRTIMER", 0x01048, 1, 0, mixed, 0, 0xFFFFFFFF, implemented, general, "free-running timer"},
    {"TCPTIMER", 0x0104C, 1, 0, mixed, 0, 0x00000FFF, implemented, interrupts, "TCP timer"},
    {"ICR", 0x01500, 1, 0, mixed, 0, 0xFFFFFFFF, implemented, interrupts, "interrupt causes, read"},
    {"ICS", 0x01504, 1, 0, W1S, 0, 0x77DCFFFF, implemented, interrupts, "interrupt causes, set"},
    {"IMS", 0x01508, 1, 0, W1S, 0, 0x77DCFFFF, implemented, interrupts, "interrupt mask, set"},
    {"IMC", 0x0150C, 1, 0, mixed, 0, 0xFFFFFFFF, implemented, interrupts, "interrupt mask, clear"},
    {"IAM", 0x01510, 1, 0, RW, 0, 0xFFFFFFFF, implemented, interrupts, "interrupt acknowledge auto-mask"},
    {"GPIE", 0x01514, 1, 0, RW, 0, 0xC0000F91, implemented, interrupts, "general-purpose interrupt enable"},
    {"EICS", 0x01520, 1, 0, W1S, 0, 0xC1FFFFFF, implemented, interrupts, "extended causes, set"},
    {"EIMS", 0x01524, 1, 0, W1S, 0x80000000, 0xC1FFFFFF, implemented, interrupts, "extended mask, set"},
    {"EIMC", 0x01528, 1, 0, mixed, 0, 0xC1FFFFFF, implemented, interrupts, "extended mask, clear"},
    {"EIAC", 0x0152C, 1, 0, RW, 0, 0x01FFFFFF, implemented, interrupts, "extended auto-clear"},
    {"EIAM", 0x01530, 1, 0, RW, 0, 0xC1FFFFFF, implemented, interrupts, "extended auto-mask"},
    {"EICR", 0x01580, 1, 0, mixed, 0, 0xC1FFFFFF, implemented, interrupts, "extended causes"},
    {"EITR", 0x01680, 25, 4, mixed, 0, 0x7FFFFFFC, implemented, interrupts, "interrupt throttle of a vector", 0, true},
    {"IVAR", 0x01700, 4, 4, RW, 0, 0x9F9F9F9F, implemented, interrupts, "vectors of two queue pairs"},
    {"IVAR_MISC", 0x01740, 1, 0, RW, 0, 0x00009F9F, implemented, interrupts, "vectors of TCP timer and other causes"},
    {"FCRTL", 0x02160, 1, 0, RW, 0, 0x8000FFF0, implemented, flow_control, "flow control low watermark, XON enable"},
    {"FCRTH", 0x02168, 1, 0, RW, 0, 0x0003FFF0, implemented, flow_control, "flow control high watermark"},
    {"FCRTC", 0x02170, 1, 0, RW, 0, 0x0003FFF0, stub, flow_control, "flow control watermark while coalescing"},
    {"RXPBS", 0x02404, 1, 0, RW, 0, 0x0000000F, implemented, receive_queues, "receive packet buffer size code", 0, true},
    {"QDE", 0x02408, 1, 0, RW, 0, 0x0000FFFF, implemented, receive_queues, "queue drop enable"},
    {"RDFH", 0x02410, 1, 0, RO, 0, 0, implemented, receive_queues, "receive FIFO head"},
    {"RDFT", 0x02418, 1, 0, RO, 0, 0, implemented, receive_queues, "receive FIFO tail"},
    {"RDFHS", 0x02420, 1, 0, RO, 0, 0, implemented, receive_queues, "receive FIFO head, saved"},
    {"RDFTS", 0x02428, 1, 0, RO, 0, 0, implemented, receive_queues, "receive FIFO tail, saved"},
    {"RDFPC", 0x02430, 1, 0, RO, 0, 0, implemented, receive_queues, "receive FIFO packet count"},
    {"FCRTV", 0x02460, 1, 0, RW, 0, 0x0000FFFF, implemented, flow_control, "flow control refresh threshold"},
    {"FCSTS0", 0x02464, 1, 0, RO, 0, 0, implemented, flow_control, "flow control status"},
    {"PBRWAC", 0x024E8, 1, 0, RO, 0x00000008, 0, implemented, receive_queues, "packet buffer wrap count, empty"},
    {"DMACR", 0x02508, 1, 0, RW, 0, 0xFFFFFFFF, stub, power, "DMA coalescing control"},
    {"DMCTLX", 0x02514, 1, 0, RW, 0, 0xFFFFFFFF, stub, power, "time to Lx request"},
    {"TXPBS", 0x03404, 1, 0, RW, 0, 0x0000000F, stub, transmit, "transmit packet buffer size code", 0, true},
    {"DTXSWC", 0x03500, 1, 0, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "switch control of 82576"},
    {"LVMMC", 0x03548, 1, 0, RC, 0, 0, omitted, virtualisation, "last malicious VM"},
    {"DMCTXTH", 0x03550, 1, 0, RW, 0, 0x00000FFF, stub, power, "transmit threshold of DMA coalescing"},
    {"WVBR", 0x03554, 1, 0, RC, 0, 0, omitted, virtualisation, "wrong VM behaviour"},
    {"MDFB", 0x03558, 1, 0, W1C, 0, 0x000000FF, omitted, virtualisation, "malicious driver free block"},
    {"DTXMXPKTSZ", 0x0355C, 1, 0, RW, 0x00000098, 0x000001FF, implemented, transmit, "largest transmit packet, 64 B units"},
    {"DTXCTL", 0x03590, 1, 0, RW, 0x00000044, 0xFFFFFFFF, stub, transmit, "DMA transmit control"},
    {"DTXTCPFLGL", 0x0359C, 1, 0, RW, 0x0FF60FF6, 0x0FFF0FFF, implemented, transmit, "TCP flag masks, first and middle segments"},
    {"DTXTCPFLGH", 0x035A0, 1, 0, RW, 0x00000F7F, 0x00000FFF, implemented, transmit, "TCP flag mask, last segment"},
    {"VMVIR", 0x03700, 8, 4, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "VLAN insert of a pool"},
    {"CRCERRS", 0x04000, 1, 0, RC, 0, 0, implemented, statistics, "receive CRC errors"},
    {"ALGNERRC", 0x04004, 1, 0, RC, 0, 0, stub, statistics, "alignment errors"},
    {"SYMERRS", 0x04008, 1, 0, RC, 0, 0, stub, statistics, "symbol errors"},
    {"RXERRC", 0x0400C, 1, 0, RC, 0, 0, stub, statistics, "PHY receive errors"},
    {"MPC", 0x04010, 1, 0, RC, 0, 0, implemented, statistics, "missed packets: no room in the packet buffer"},
    {"SCC", 0x04014, 1, 0, RC, 0, 0, stub, statistics, "single collisions"},
    {"ECOL", 0x04018, 1, 0, RC, 0, 0, stub, statistics, "excessive collisions"},
    {"MCC", 0x0401C, 1, 0, RC, 0, 0, stub, statistics, "multiple collisions"},
    {"LATECOL", 0x04020, 1, 0, RC, 0, 0, stub, statistics, "late collisions"},
    {"COLC", 0x04028, 1, 0, RC, 0, 0, stub, statistics, "collisions"},
    {"CBTMPC", 0x0402C, 1, 0, RC, 0, 0, stub, statistics, "circuit-breaker transmit packets"},
    {"DC", 0x04030, 1, 0, RC, 0, 0, implemented, statistics, "deferrals"},
    {"TNCRS", 0x04034, 1, 0, RC, 0, 0, stub, statistics, "transmits without carrier sense"},
    {"SEC", 0x04038, 1, 0, RC, 0, 0, stub, statistics, "sequence errors"},
    {"HTDPMC", 0x0403C, 1, 0, RC, 0, 0, implemented, statistics, "host transmit packets discarded by the MAC"},
    {"RLEC", 0x04040, 1, 0, RC, 0, 0, implemented, statistics, "receive length errors"},
    {"CBRDPC", 0x04044, 1, 0, RC, 0, 0, stub, statistics, "circuit-breaker receive drops"},
    {"XONRXC", 0x04048, 1, 0, RC, 0, 0, implemented, statistics, "XON received"},
    {"XONTXC", 0x0404C, 1, 0, RC, 0, 0, implemented, statistics, "XON sent"},
    {"XOFFRXC", 0x04050, 1, 0, RC, 0, 0, implemented, statistics, "XOFF received"},
    {"XOFFTXC", 0x04054, 1, 0, RC, 0, 0, implemented, statistics, "XOFF sent"},
    {"FCRUC", 0x04058, 1, 0, RC, 0, 0, implemented, statistics, "unsupported flow control received"},
    {"PRC64", 0x0405C, 1, 0, RC, 0, 0, implemented, statistics, "received, 64 B"},
    {"PRC127", 0x04060, 1, 0, RC, 0, 0, implemented, statistics, "received, 65-127 B"},
    {"PRC255", 0x04064, 1, 0, RC, 0, 0, implemented, statistics, "received, 128-255 B"},
    {"PRC511", 0x04068, 1, 0, RC, 0, 0, implemented, statistics, "received, 256-511 B"},
    {"PRC1023", 0x0406C, 1, 0, RC, 0, 0, implemented, statistics, "received, 512-1023 B"},
    {"PRC1522", 0x04070, 1, 0, RC, 0, 0, implemented, statistics, "received, 1024 B and more"},
    {"GPRC", 0x04074, 1, 0, RC, 0, 0, implemented, statistics, "good packets received"},
    {"BPRC", 0x04078, 1, 0, RC, 0, 0, implemented, statistics, "broadcasts received"},
    {"MPRC", 0x0407C, 1, 0, RC, 0, 0, implemented, statistics, "multicasts received"},
    {"GPTC", 0x04080, 1, 0, RC, 0, 0, implemented, statistics, "good packets transmitted"},
    {"GORCL", 0x04088, 1, 0, RO, 0, 0, implemented, statistics, "good octets received, low"},
    {"GORCH", 0x0408C, 1, 0, RC, 0, 0, implemented, statistics, "good octets received, high"},
    {"GOTCL", 0x04090, 1, 0, RO, 0, 0, implemented, statistics, "good octets transmitted, low"},
    {"GOTCH", 0x04094, 1, 0, RC, 0, 0, implemented, statistics, "good octets transmitted, high"},
    {"RNBC", 0x040A0, 1, 0, RC, 0, 0, implemented, statistics, "receive found no descriptor"},
    {"RUC", 0x040A4, 1, 0, RC, 0, 0, implemented, statistics, "undersize frames"},
    {"RFC", 0x040A8, 1, 0, RC, 0, 0, implemented, statistics, "fragments"},
    {"ROC", 0x040AC, 1, 0, RC, 0, 0, implemented, statistics, "oversize frames"},
    {"RJC", 0x040B0, 1, 0, RC, 0, 0, implemented, statistics, "jabbers"},
    {"MGTPRC", 0x040B4, 1, 0, RC, 0, 0, stub, statistics, "management packets received"},
    {"MGTPDC", 0x040B8, 1, 0, RC, 0, 0, stub, statistics, "management packets dropped"},
    {"MGTPTC", 0x040BC, 1, 0, RC, 0, 0, stub, statistics, "management packets transmitted"},
    {"TORL", 0x040C0, 1, 0, RO, 0, 0, implemented, statistics, "octets received, low"},
    {"TORH", 0x040C4, 1, 0, RC, 0, 0, implemented, statistics, "octets received, high"},
    {"TOTL", 0x040C8, 1, 0, RO, 0, 0, implemented, statistics, "octets transmitted, low"},
    {"TOTH", 0x040CC, 1, 0, RC, 0, 0, implemented, statistics, "octets transmitted, high"},
    {"TPR", 0x040D0, 1, 0, RC, 0, 0, implemented, statistics, "packets received"},
    {"TPT", 0x040D4, 1, 0, RC, 0, 0, implemented, statistics, "packets transmitted"},
    {"PTC64", 0x040D8, 1, 0, RC, 0, 0, implemented, statistics, "transmitted, 64 B"},
    {"PTC127", 0x040DC, 1, 0, RC, 0, 0, implemented, statistics, "transmitted, 65-127 B"},
    {"PTC255", 0x040E0, 1, 0, RC, 0, 0, implemented, statistics, "transmitted, 128-255 B"},
    {"PTC511", 0x040E4, 1, 0, RC, 0, 0, implemented, statistics, "transmitted, 256-511 B"},
    {"PTC1023", 0x040E8, 1, 0, RC, 0, 0, implemented, statistics, "transmitted, 512-1023 B"},
    {"PTC1522", 0x040EC, 1, 0, RC, 0, 0, implemented, statistics, "transmitted, 1024 B and more"},
    {"MPTC", 0x040F0, 1, 0, RC, 0, 0, implemented, statistics, "multicasts transmitted"},
    {"BPTC", 0x040F4, 1, 0, RC, 0, 0, implemented, statistics, "broadcasts transmitted"},
    {"TSCTC", 0x040F8, 1, 0, RC, 0, 0, implemented, statistics, "segmentation contexts transmitted"},
    {"TSCTFC", 0x040FC, 1, 0, RC, 0, 0, implemented, statistics, "segmentation contexts failed"},
    {"IAC", 0x04100, 1, 0, RC, 0, 0, implemented, statistics, "interrupts asserted"},
    {"RPTHC", 0x04104, 1, 0, RC, 0, 0, implemented, statistics, "packets delivered to the host"},
    {"ICRXATC", 0x04108, 1, 0, RC, 0, 0, stub, statistics, "ancestor interrupt-cause counter"},
    {"ICTXPTC", 0x0410C, 1, 0, RC, 0, 0, stub, statistics, "ancestor interrupt-cause counter"},
    {"ICTXATC", 0x04110, 1, 0, RC, 0, 0, stub, statistics, "ancestor interrupt-cause counter"},
    {"HGPTC", 0x04118, 1, 0, RC, 0, 0, implemented, statistics, "host good packets transmitted"},
    {"ICTXQMTC", 0x0411C, 1, 0, RC, 0, 0, stub, statistics, "ancestor interrupt-cause counter"},
    {"ICRXDMTC", 0x04120, 1, 0, RC, 0, 0, stub, statistics, "ancestor interrupt-cause counter"},
    {"HTCBDPC", 0x04124, 1, 0, RC, 0, 0, stub, statistics, "host transmit circuit-breaker drops"},
    {"HGORCL", 0x04128, 1, 0, RO, 0, 0, implemented, statistics, "host good octets received, low"},
    {"HGORCH", 0x0412C, 1, 0, RC, 0, 0, implemented, statistics, "host good octets received, high"},
    {"HGOTCL", 0x04130, 1, 0, RO, 0, 0, implemented, statistics, "host good octets transmitted, low"},
    {"HGOTCH", 0x04134, 1, 0, RC, 0, 0, implemented, statistics, "host good octets transmitted, high"},
    {"LENERRS", 0x04138, 1, 0, RC, 0, 0, implemented, statistics, "length field errors"},
    {"TLPIC", 0x04148, 1, 0, RC, 0, 0, stub, statistics, "EEE transmit LPI entries"},
    {"RLPIC", 0x0414C, 1, 0, RC, 0, 0, stub, statistics, "EEE receive LPI entries"},
    {"MNGFBDPC", 0x04154, 1, 0, RC, 0, 0, stub, statistics, "management buffer drops"},
    {"B2OGPRC", 0x04158, 1, 0, RC, 0, 0, stub, statistics, "packets from BMC received by host"},
    {"O2BSPC", 0x0415C, 1, 0, RC, 0, 0, stub, statistics, "packets from host sent to BMC"},
    {"SSVPC", 0x041A0, 1, 0, RC, 0, 0, stub, statistics, "switch security violations"},
    {"PCS", 0x04200, 10, 4, RW, 0, 0, omitted, general, "SerDes/SGMII PCS registers"},
    {"SCVPC", 0x04228, 1, 0, RC, 0, 0, stub, statistics, "SerDes code violations"},
    {"RXCSUM", 0x05000, 1, 0, RW, 0x00000300, 0x00003BFF, implemented, receive_filters, "receive checksum control"},
    {"RLPML", 0x05004, 1, 0, RW, 0x00002600, 0x00003FFF, implemented, receive_filters, "longest frame received"},
    {"RFCTL", 0x05008, 1, 0, RW, 0, 0x000F9FFF, implemented, receive_filters, "receive filter control"},
    {"MTA", 0x05200, 128, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "multicast hash table"},
    {"RAL", 0x05400, 16, 8, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "receive address 0-15, low"},
    {"RAH", 0x05404, 16, 8, RW, 0, 0xC3FFFFFF, implemented, receive_filters, "receive address 0-15, high, valid"},
    {"PSRTYPE", 0x05480, 8, 4, RW, 0, 0x0007FFFF, implemented, receive_filters, "header-split packet types"},
    {"RAL16", 0x054E0, 16, 8, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "receive address 16-31, low"},
    {"RAH16", 0x054E4, 16, 8, RW, 0, 0xC3FFFFFF, implemented, receive_filters, "receive address 16-31, high, valid"},
    {"SYNQF", 0x055FC, 1, 0, RW, 0, 0x0000FFFF, implemented, receive_filters, "SYN packet queue filter"},
    {"VFTA", 0x05600, 128, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "VLAN filter table"},
    {"WUC", 0x05800, 1, 0, RW, 0, 0x0000000F, stub, power, "wake-up control"},
    {"WUFC", 0x05808, 1, 0, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "wake-up filter control; here: which flexible filters steer"},
    {"WUS", 0x05810, 1, 0, W1C, 0, 0xFFFFFFFF, stub, power, "wake-up status"},
    {"MRQC", 0x05818, 1, 0, RW, 0, 0x01FF003F, implemented, receive_filters, "multiple receive queues: mode and hash fields"},
    {"VT_CTL", 0x0581C, 1, 0, RW, 0, 0x70000380, stub, virtualisation, "virtualisation control"},
    {"MANC", 0x05820, 1, 0, RW, 0, 0xFFFFFFFF, stub, nvm, "management control"},
    {"MANC2H", 0x05860, 1, 0, RW, 0, 0xFFFFFFFF, stub, nvm, "management to host"},
    {"MDEF", 0x05890, 8, 4, RW, 0, 0xFFFFFFFF, stub, nvm, "management decision filters"},
    {"SAQF", 0x05980, 8, 4, RW, 0, 0xFFFFFFFF, omitted, receive_filters, "source address filters of 82576"},
    {"DAQF", 0x059A0, 8, 4, RW, 0, 0xFFFFFFFF, omitted, receive_filters, "destination address filters of 82576"},
    {"SPQF", 0x059C0, 8, 4, RW, 0, 0xFFFFFFFF, omitted, receive_filters, "port filters of 82576"},
    {"FTQF", 0x059E0, 8, 4, RW, 0xF0000000, 0xFFFFFFFF, implemented, receive_filters, "two-tuple queue filters"},
    {"IMIR", 0x05A80, 8, 4, RW, 0, 0xE003FFFF, implemented, receive_filters, "immediate interrupt receive"},
    {"IMIREXT", 0x05AA0, 8, 4, RW, 0, 0x000FFFFF, implemented, receive_filters, "immediate interrupt receive, extended"},
    {"IMIRVP", 0x05AC0, 1, 0, RW, 0, 0x0000000F, implemented, receive_filters, "immediate interrupt by VLAN priority"},
    {"TXSWC", 0x05ACC, 1, 0, RW, 0, 0xFFFFFFFF, stub, virtualisation, "anti-spoof and loopback of pools"},
    {"VMOLR", 0x05AD0, 8, 4, RW, 0x80002600, 0xFFFFFFFF, stub, virtualisation, "offloads of a pool"},
    {"RPLOLR", 0x05AF0, 1, 0, RW, 0x80000000, 0xC0000000, stub, virtualisation, "offloads of replicated packets"},
    {"GCR", 0x05B00, 1, 0, RW, 0x00040300, 0x0001FFFF, implemented, power, "PCIe control"},
    {"FACTPS", 0x05B30, 1, 0, RO, 0, 0, stub, power, "function active and power state"},
    {"SWSM", 0x05B50, 1, 0, mixed, 0, 0x0000000B, implemented, nvm, "software semaphore"},
    {"FWSM", 0x05B54, 1, 0, RO, 0, 0, implemented, nvm, "firmware: mode, valid; 0 without"},
    {"SW_FW_SYNC", 0x05B5C, 1, 0, RW, 0, 0x0000FFFF, implemented, nvm, "resource locks of software; of firmware 16 bits above"},
    {"GCR2", 0x05B64, 1, 0, RW, 0, 0xFFFFFFFF, stub, power, "PCIe control 2"},
    {"PBACL", 0x05B68, 1, 0, W1C, 0, 0x01FFFFFF, implemented, interrupts, "MSI-X pending bit clear"},
    {"DCA_ID", 0x05B70, 1, 0, RO, 0, 0, stub, power, "DCA requester ID"},
    {"DCA_CTRL", 0x05B74, 1, 0, RW, 0x00000001, 0x0000001F, stub, power, "DCA control"},
    {"PCIEERRSTS", 0x05BA8, 1, 0, W1C, 0, 0xFFFFFFFF, stub, power, "PCIe error status"},
    {"PCIEMISC", 0x05BB8, 1, 0, RW, 0, 0xFFFFFFFF, stub, power, "PCIe power decisions"},
    {"BARCTRL", 0x05BFC, 1, 0, RO, 0x00002000, 0, implemented, power, "BAR configuration"},
    {"RETA", 0x05C00, 32, 4, RW, 0, 0x07070707, implemented, receive_filters, "RSS redirection table"},
    {"RSSRK", 0x05C80, 10, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "RSS key"},
    {"ETQF", 0x05CB0, 8, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "EtherType queue filters"},
    {"VLVF", 0x05D00, 32, 4, RW, 0, 0x801FFFFF, omitted, virtualisation, "VLAN pool filters"},
    {"VMRCTL", 0x05D80, 4, 4, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "mirror rule control"},
    {"VMRVLAN", 0x05D90, 4, 4, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "mirror rule VLANs"},
    {"VMRVM", 0x05DA0, 4, 4, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "mirror rule pools"},
    {"SCCRL", 0x05DB0, 1, 0, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "storm control"},
    {"BSCTRH", 0x05DB8, 1, 0, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "broadcast storm threshold"},
    {"MSCTRH", 0x05DBC, 1, 0, RW, 0, 0xFFFFFFFF, omitted, virtualisation, "multicast storm threshold"},
    {"DMCRTRH", 0x05DD0, 1, 0, RW, 0, 0x8007FFFF, stub, power, "unnecessary-traffic threshold"},
    {"DMCCNT", 0x05DD4, 1, 0, RO, 0, 0, stub, power, "DMA coalescing count"},
    {"FFLT", 0x05F00, 16, 4, RW, 0, 0, omitted, receive_filters, "flexible filter lengths of ancestors; see FHFT"},
    {"TSYNCRXCFG", 0x05F50, 1, 0, RW, 0, 0x00000FFF, implemented, time_sync, "time-stamped message types"},
    {"THMJT", 0x08100, 1, 0, RO, 0, 0, stub, general, "junction temperature: not modelled"},
    {"THLOWTC", 0x08104, 1, 0, RW, 0, 0xFFFFFFFF, stub, general, "thermal threshold, low"},
    {"THMIDTC", 0x08108, 1, 0, RW, 0, 0xFFFFFFFF, stub, general, "thermal threshold, middle"},
    {"THHIGHTC", 0x0810C, 1, 0, RW, 0, 0xFFFFFFFF, stub, general, "thermal threshold, high"},
    {"THSTAT", 0x08110, 1, 0, RO, 0, 0, stub, general, "thermal events: none ever"},
    {"LEDMUX", 0x08130, 1, 0, RW, 0, 0xFFFFFFFF, stub, general, "LED multiplexing"},
    {"HICR", 0x08F00, 1, 0, RW, 0, 0xFFFFFFFF, omitted, nvm, "host interface to firmware"},
    {"B2OSPC", 0x08FE0, 1, 0, RC, 0, 0, stub, statistics, "packets from BMC sent to host"},
    {"O2BGPTC", 0x08FE4, 1, 0, RC, 0, 0, stub, statistics, "packets from host transmitted by BMC"},
    {"FHFT", 0x09000, 256, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "flexible filters 0-3, 64 dwords each"},
    {"FHFT_EXT", 0x09A00, 256, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "flexible filters 4-7"},
    {"UTA", 0x0A000, 128, 4, RW, 0, 0xFFFFFFFF, implemented, receive_filters, "unicast hash table"},
    {"SYSTIML", 0x0B600, 1, 0, RO, 0, 0, implemented, time_sync, "system time, low"},
    {"SYSTIMH", 0x0B604, 1, 0, RO, 0, 0, implemented, time_sync, "system time, high"},
    {"TIMINCA", 0x0B608, 1, 0, RW, 0, 0xFFFFFFFF, implemented, time_sync, "system time increment"},
    {"TIMADJL", 0x0B60C, 1, 0, WO, 0, 0xFFFFFFFF, implemented, time_sync, "system time adjustment, low"},
    {"TIMADJH", 0x0B610, 1, 0, WO, 0, 0xFFFFFFFF, implemented, time_sync, "system time adjustment, high"},
    {"TSYNCTXCTL", 0x0B614, 1, 0, mixed, 0, 0x00000010, implemented, time_sync, "transmit time stamp control"},
    {"TXSTMPL", 0x0B618, 1, 0, RO, 0, 0, implemented, time_sync, "transmit time stamp, low"},
    {"TXSTMPH", 0x0B61C, 1, 0, RO, 0, 0, implemented, time_sync, "transmit time stamp, high"},
    {"TSYNCRXCTL", 0x0B620, 1, 0, mixed, 0, 0x0000003E, implemented, time_sync, "receive time stamp control"},
    {"RXSTMPL", 0x0B624, 1, 0, RO, 0, 0, implemented, time_sync, "receive time stamp, low"},
    {"RXSTMPH", 0x0B628, 1, 0, RO, 0, 0, implemented, time_sync, "receive time stamp, high"},
    {"RXSATRL", 0x0B62C, 1, 0, RO, 0, 0, implemented, time_sync, "time stamp source attributes, low"},
    {"RXSATRH", 0x0B630, 1, 0, RO, 0, 0, implemented, time_sync, "time stamp source attributes, high"},
    {"TSAUXC", 0x0B640, 1, 0, mixed, 0x80000000, 0xFFFFFFFF, implemented, time_sync, "auxiliary time control"},
    {"TRGTTIML", 0x0B644, 2, 8, RW, 0, 0xFFFFFFFF, implemented, time_sync, "target times, low"},
    {"TRGTTIMH", 0x0B648, 2, 8, RW, 0, 0x000000FF, implemented, time_sync, "target times, high"},
    {"AUXSTMPL", 0x0B65C, 2, 8, RO, 0, 0, implemented, time_sync, "auxiliary time stamps, low"},
    {"AUXSTMPH", 0x0B660, 2, 8, RO, 0, 0, implemented, time_sync, "auxiliary time stamps, high"},
    {"TSICR", 0x0B66C, 1, 0, mixed, 0, 0x0000007F, implemented, time_sync, "time sync causes"},
    {"TSIM", 0x0B674, 1, 0, RW, 0, 0x000000FF, implemented, time_sync, "time sync mask"},
    {"SYSTIMR", 0x0B6F8, 1, 0, RO, 0, 0, implemented, time_sync, "system time residue"},
    {"RDBAL", 0x0C000, 8, 0x40, RW, 0, 0xFFFFFF80, implemented, receive_queues, "receive ring base, low"},
    {"RDBAH", 0x0C004, 8, 0x40, RW, 0, 0xFFFFFFFF, implemented, receive_queues, "receive ring base, high"},
    {"RDLEN", 0x0C008, 8, 0x40, RW, 0, 0x000FFF80, implemented, receive_queues, "receive ring length, bytes"},
    {"SRRCTL", 0x0C00C, 8, 0x40, RW, 0x00000400, 0xCFF03F7F, implemented, receive_queues, "buffer sizes, descriptor type, drop enable"},
    {"RDH", 0x0C010, 8, 0x40, RO, 0, 0, implemented, receive_queues, "receive head"},
    {"RXCTL", 0x0C014, 8, 0x40, RW, 0x0000A200, 0xFF00FFFF, stub, receive_queues, "receive DCA control"},
    {"RDT", 0x0C018, 8, 0x40, mixed, 0, 0x0000FFFF, implemented, receive_queues, "receive tail"},
    {"RXDCTL", 0x0C028, 8, 0x40, mixed, 0x00010A0C, 0x061F1F1F, implemented, receive_queues, "receive thresholds, queue enable", 0x02000000},
    {"RQDPC", 0x0C030, 8, 0x40, RC, 0, 0, implemented, receive_queues, "packets dropped for lack of descriptors"},
    {"DVMOLR", 0x0C038, 8, 0x40, RW, 0x80000000, 0xE0000000, implemented, receive_queues, "strip control of a pool"},
    {"TDBAL", 0x0E000, 8, 0x40, RW, 0, 0xFFFFFF80, implemented, transmit, "transmit ring base, low"},
    {"TDBAH", 0x0E004, 8, 0x40, RW, 0, 0xFFFFFFFF, implemented, transmit, "transmit ring base, high"},
    {"TDLEN", 0x0E008, 8, 0x40, RW, 0, 0x000FFF80, implemented, transmit, "transmit ring length, bytes"},
    {"TDH", 0x0E010, 8, 0x40, mixed, 0, 0x0000FFFF, implemented, transmit, "transmit head"},
    {"TXCTL", 0x0E014, 8, 0x40, RW, 0x00002A00, 0xFF00FFFF, stub, transmit, "transmit DCA control"},
    {"TDT", 0x0E018, 8, 0x40, mixed, 0, 0x0000FFFF, implemented, transmit, "transmit tail"},
    {"TXDCTL", 0x0E028, 8, 0x40, mixed, 0, 0xFE1F1F1F, implemented, transmit, "transmit thresholds, queue enable", 0x02000000},
    {"TQDPC", 0x0E030, 8, 0x40, RC, 0, 0, implemented, transmit, "transmit packets dropped in queue"},
    {"TDWBAL", 0x0E038, 8, 0x40, RW, 0, 0xFFFFFFFF, implemented, transmit, "head write-back address, low, enable"},
    {"TDWBAH", 0x0E03C, 8, 0x40, RW, 0, 0xFFFFFFFF, implemented, transmit, "head write-back address, high"},
    {"VTCTRL", 0x10000, 8, 0x100, RW, 0, 0x04000000, omitted, virtualisation, "VF reset"},
    {"PQGPRC", 0x10010, 8, 0x100, RO, 0, 0, implemented, statistics, "good packets received by a queue"},
    {"PQGPTC", 0x10014, 8, 0x100, RO, 0, 0, implemented, statistics, "good packets transmitted by a queue"},
    {"PQGORC", 0x10018, 8, 0x100, RO, 0, 0, implemented, statistics, "good octets received by a queue"},
    {"PQGOTC", 0x10034, 8, 0x100, RO, 0, 0, implemented, statistics, "good octets transmitted by a queue"},
    {"PQMPRC", 0x10038, 8, 0x100, RO, 0, 0, implemented, statistics, "multicasts received by a queue"},
    {"PQGPRLBC", 0x10040, 8, 0x100, RO, 0, 0, omitted, statistics, "good packets received by a queue from local loopback"},
    {"PQGPTLBC", 0x10044, 8, 0x100, RO, 0, 0, omitted, statistics, "good packets transmitted by a queue into local loopback"},
    {"PQGORLBC", 0x10048, 8, 0x100, RO, 0, 0, omitted, statistics, "good octets received by a queue from local loopback"},
    {"PQGOTLBC", 0x10050, 8, 0x100, RO, 0, 0, omitted, statistics, "good octets transmitted by a queue into local loopback"},
};
// clang-format on

/// Which row and instance every word of the register space is; row 0 where nothing is listed.
struct Word {
  std::uint16_t row = 0;  ///< number + 1
  std::uint8_t index = 0;
};
constexpr auto kWords = [] {
  std::array<Word, kSpace / 4> words{};
  std::uint16_t number = 0;
  for (const Register& r : kRegisters) {
    ++number;
    for (unsigned i = 0; i < r.count; ++i) words[r.at(i) / 4] = {number, static_cast<std::uint8_t>(i)};
  }
  return words;
}();

Word word_at(Offset canonical_offset) {
  return canonical_offset < kSpace && canonical_offset % 4 == 0 ? kWords[canonical_offset / 4] : Word{};
}

}  // namespace

std::span<const Register> registers() { return kRegisters; }

std::optional<Found> find(Offset offset) {
  const Word w = word_at(canonical(offset));
  if (w.row == 0) return std::nullopt;
  return Found{&kRegisters[w.row - 1], w.index};
}

Target target(Offset offset) {
  offset = canonical(offset);
  const Word w = word_at(offset);
  if (w.row == 0) return {offset};
  const Register& row = kRegisters[w.row - 1];
  return {offset, row.offset, w.index, row.chapter};
}

const Register* find(std::string_view name) {
  const auto row = std::find_if(std::begin(kRegisters), std::end(kRegisters),
                                [&](const Register& r) { return r.name == name; });
  return row == std::end(kRegisters) ? nullptr : row;
}

std::string_view to_string(Access access) {
  constexpr std::string_view names[] = {"RO", "RW", "WO", "RC", "W1C", "W1S", "mixed"};
  return names[static_cast<unsigned>(access)];
}

std::string_view to_string(Status status) {
  constexpr std::string_view names[] = {"implemented", "stub", "omitted"};
  return names[static_cast<unsigned>(status)];
}

std::string_view to_string(Chapter chapter) {
  constexpr std::string_view names[] = {"none",
                                        "general",
                                        "nvm",
                                        "link",
                                        "interrupts",
                                        "flow control",
                                        "receive filters",
                                        "receive queues",
                                        "transmit",
                                        "statistics",
                                        "time sync",
                                        "power",
                                        "virtualisation"};
  return names[static_cast<unsigned>(chapter)];
}

}  // namespace niclab::hw::reg
