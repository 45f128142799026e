#include "hw/register_guide.hpp"

#include <algorithm>
#include <bit>

namespace niclab::hw::reg {
namespace {

/// IVAR holds the same byte for each of its causes.
constexpr std::uint32_t byte_of(std::uint32_t mask, unsigned byte) { return mask << (8 * byte); }
constexpr Field byte_of(Field field, unsigned byte) { return {field.lo + 8 * byte, field.width}; }

// Positions stand in register_fields.hpp only.
constexpr NamedField kCtrl[] = {{"FD", ctrl::FD},
                                {"GIO_MASTER_DISABLE", ctrl::GIO_MASTER_DISABLE},
                                {"LRST", ctrl::LRST},
                                {"SLU", ctrl::SLU},
                                {"ILOS", ctrl::ILOS},
                                {"SPEED", ctrl::SPEED},
                                {"FRCSPD", ctrl::FRCSPD},
                                {"FRCDPX", ctrl::FRCDPX},
                                {"ADVD3WUC", ctrl::ADVD3WUC},
                                {"RST", ctrl::RST},
                                {"RFCE", ctrl::RFCE},
                                {"TFCE", ctrl::TFCE},
                                {"DEV_RST", ctrl::DEV_RST},
                                {"VME", ctrl::VME},
                                {"PHY_RST", ctrl::PHY_RST}};
constexpr NamedField kStatus[] = {{"FD", status::FD},
                                  {"LU", status::LU},
                                  {"LAN_ID", status::LAN_ID},
                                  {"TXOFF", status::TXOFF},
                                  {"SPEED", status::SPEED},
                                  {"LAN_INIT_DONE", status::LAN_INIT_DONE},
                                  {"PHYRA", status::PHYRA},
                                  {"GIO_MASTER_ENABLE", status::GIO_MASTER_ENABLE},
                                  {"DEV_RST_SET", status::DEV_RST_SET},
                                  {"PF_RST_DONE", status::PF_RST_DONE}};
constexpr NamedField kCtrlExt[] = {
    {"EE_RST", ctrl_ext::EE_RST},   {"PFRSTD", ctrl_ext::PFRSTD},     {"NS_DIS", ctrl_ext::NS_DIS},
    {"RO_DIS", ctrl_ext::RO_DIS},   {"PHYPDEN", ctrl_ext::PHYPDEN},   {"LINK_MODE", ctrl_ext::LINK_MODE},
    {"I2C_ENA", ctrl_ext::I2C_ENA}, {"EXT_VLAN", ctrl_ext::EXT_VLAN}, {"DRV_LOAD", ctrl_ext::DRV_LOAD}};
constexpr NamedField kEecd[] = {{"SK", eecd::SK},
                                {"CS", eecd::CS},
                                {"DI", eecd::DI},
                                {"DO", eecd::DO},
                                {"FWE", eecd::FWE},
                                {"REQ", eecd::REQ},
                                {"GNT", eecd::GNT},
                                {"PRES", eecd::PRES},
                                {"AUTO_RD", eecd::AUTO_RD},
                                {"ADDR_SIZE", eecd::ADDR_SIZE},
                                {"SIZE_EX", eecd::SIZE_EX},
                                {"BLOCKED", eecd::BLOCKED},
                                {"ABORT", eecd::ABORT},
                                {"RD_TIMEOUT", eecd::RD_TIMEOUT},
                                {"ERROR_CLR", eecd::ERROR_CLR}};
constexpr NamedField kEerd[] = {
    {"START", eerd::START}, {"DONE", eerd::DONE}, {"ADDR", eerd::ADDR}, {"DATA", eerd::DATA}};
constexpr NamedField kMdic[] = {{"DATA", mdic::DATA},     {"REGADD", mdic::REGADD},
                                {"PHYADD", mdic::PHYADD}, {"OP", mdic::OP},
                                {"READY", mdic::READY},   {"INT_EN", mdic::INT_EN},
                                {"ERROR", mdic::ERROR},   {"DESTINATION", mdic::DESTINATION}};
constexpr NamedField kPhpm[] = {
    {"SPD", phpm::SPD}, {"D0_LPLU", phpm::D0_LPLU}, {"D3_LPLU", phpm::D3_LPLU}, {"GO_LINKD", phpm::GO_LINKD}};
constexpr NamedField kEemngctl[] = {{"CFG_DONE0", eemngctl::CFG_DONE(0)},
                                    {"CFG_DONE1", eemngctl::CFG_DONE(1)},
                                    {"CFG_DONE2", eemngctl::CFG_DONE(2)},
                                    {"CFG_DONE3", eemngctl::CFG_DONE(3)}};
constexpr NamedField kSwsm[] = {
    {"SMBI", swsm::SMBI}, {"SWESMBI", swsm::SWESMBI}, {"DRV_LOAD", swsm::DRV_LOAD}};
constexpr NamedField kFwsm[] = {{"MODE", fwsm::MODE}, {"VALID", fwsm::VALID}};
constexpr NamedField kSwFwSync[] = {{"EEP_SM", sw_fw_sync::EEP_SM},   {"PHY0_SM", sw_fw_sync::PHY0_SM},
                                    {"PHY1_SM", sw_fw_sync::PHY1_SM}, {"CSR_SM", sw_fw_sync::CSR_SM},
                                    {"PHY2_SM", sw_fw_sync::PHY2_SM}, {"PHY3_SM", sw_fw_sync::PHY3_SM},
                                    {"MBX_SM", sw_fw_sync::MBX_SM},   {"MNG_SM", sw_fw_sync::MNG_SM}};
constexpr NamedField kManc[] = {{"BLK_PHY_RST_ON_IDE", manc::BLK_PHY_RST_ON_IDE}};
constexpr NamedField kIcr[] = {{"TXDW", icr::TXDW},
                               {"LSC", icr::LSC},
                               {"RXSEQ", icr::RXSEQ},
                               {"RXDMT0", icr::RXDMT0},
                               {"RXO", icr::RXO},
                               {"RXDW", icr::RXDW},
                               {"VMMB", icr::VMMB},
                               {"MDAC", icr::MDAC},
                               {"GPHY", icr::GPHY},
                               {"MNG", icr::MNG},
                               {"TIME_SYNC", icr::TIME_SYNC},
                               {"FER", icr::FER},
                               {"THS", icr::THS},
                               {"PCI_EX", icr::PCI_EX},
                               {"SCE", icr::SCE},
                               {"SWWD", icr::SWWD},
                               {"MDDET", icr::MDDET},
                               {"DOUTSYNC", icr::DOUTSYNC},
                               {"TCP_TIMER", icr::TCP_TIMER},
                               {"DRSTA", icr::DRSTA},
                               {"INTA", icr::INTA}};
constexpr NamedField kEicr[] = {
    {"VECTORS", eicr::kVectorMask}, {"TCP_TIMER", eicr::TCP_TIMER}, {"OTHER", eicr::OTHER}};
constexpr NamedField kLedctl[] = {
    {"LED0", ledctl::LED0}, {"LED1", ledctl::LED1}, {"LED2", ledctl::LED2}, {"LED3", ledctl::LED3}};
constexpr NamedField kFrtimer[] = {{"US", frtimer::US}, {"MS", frtimer::MS}, {"S", frtimer::S}};
constexpr NamedField kI2ccmd[] = {{"DATA", i2ccmd::DATA},
                                  {"REGADD", i2ccmd::REGADD},
                                  {"OPCODE", i2ccmd::OPCODE},
                                  {"READY", i2ccmd::READY},
                                  {"ERROR", i2ccmd::ERROR}};
constexpr NamedField kI2cparams[] = {{"CLK_OUT", i2cparams::CLK_OUT},
                                     {"DATA_OUT", i2cparams::DATA_OUT},
                                     {"DATA_OE_N", i2cparams::DATA_OE_N},
                                     {"DATA_IN", i2cparams::DATA_IN},
                                     {"CLK_OE_N", i2cparams::CLK_OE_N},
                                     {"CLK_IN", i2cparams::CLK_IN},
                                     {"CLK_STRETCH_DIS", i2cparams::CLK_STRETCH_DIS}};
constexpr NamedField kThstat[] = {{"PWR_DOWN", thstat::PWR_DOWN},
                                  {"LINK_THROTTLE", thstat::LINK_THROTTLE},
                                  {"HIGH", thstat::HIGH},
                                  {"MID", thstat::MID},
                                  {"LOW", thstat::LOW}};
constexpr NamedField kEeer[] = {{"TX_LPI_EN", eeer::TX_LPI_EN}, {"RX_LPI_EN", eeer::RX_LPI_EN},
                                {"LPI_FC", eeer::LPI_FC},       {"EEE_NEG", eeer::EEE_NEG},
                                {"RX_LPI", eeer::RX_LPI},       {"TX_LPI", eeer::TX_LPI}};
constexpr NamedField kIpcnfg[] = {{"EEE_100M_AN", ipcnfg::EEE_100M_AN}, {"EEE_1G_AN", ipcnfg::EEE_1G_AN}};
constexpr NamedField kGpie[] = {{"NSICR", gpie::NSICR},
                                {"Multiple_MSIX", gpie::Multiple_MSIX},
                                {"LL_INTERVAL", gpie::LL_INTERVAL},
                                {"EIAME", gpie::EIAME},
                                {"PBA_support", gpie::PBA_support}};
constexpr NamedField kEitr[] = {{"INTERVAL", eitr::INTERVAL},
                                {"LLI_EN", eitr::LLI_EN},
                                {"LL_COUNTER", eitr::LL_COUNTER},
                                {"COUNTER", eitr::COUNTER},
                                {"CNT_INGR", eitr::CNT_INGR}};
constexpr NamedField kIvar[] = {{"VECTOR0", byte_of(ivar::VECTOR, 0)}, {"VALID0", byte_of(ivar::VALID, 0)},
                                {"VECTOR1", byte_of(ivar::VECTOR, 1)}, {"VALID1", byte_of(ivar::VALID, 1)},
                                {"VECTOR2", byte_of(ivar::VECTOR, 2)}, {"VALID2", byte_of(ivar::VALID, 2)},
                                {"VECTOR3", byte_of(ivar::VECTOR, 3)}, {"VALID3", byte_of(ivar::VALID, 3)}};
constexpr NamedField kIvarMisc[] = {{"VECTOR0", byte_of(ivar::VECTOR, 0)},
                                    {"VALID0", byte_of(ivar::VALID, 0)},
                                    {"VECTOR1", byte_of(ivar::VECTOR, 1)},
                                    {"VALID1", byte_of(ivar::VALID, 1)}};
constexpr NamedField kRctl[] = {{"RXEN", rctl::RXEN},   {"SBP", rctl::SBP},    {"UPE", rctl::UPE},
                                {"MPE", rctl::MPE},     {"LPE", rctl::LPE},    {"LBM", rctl::LBM},
                                {"RDMTS", rctl::RDMTS}, {"MO", rctl::MO},      {"BAM", rctl::BAM},
                                {"BSIZE", rctl::BSIZE}, {"VFE", rctl::VFE},    {"CFIEN", rctl::CFIEN},
                                {"CFI", rctl::CFI},     {"PSP", rctl::PSP},    {"DPF", rctl::DPF},
                                {"PMCF", rctl::PMCF},   {"SECRC", rctl::SECRC}};
constexpr NamedField kRxdctl[] = {{"PTHRESH", rxdctl::PTHRESH},
                                  {"HTHRESH", rxdctl::HTHRESH},
                                  {"WTHRESH", rxdctl::WTHRESH},
                                  {"ENABLE", rxdctl::ENABLE},
                                  {"SWFLUSH", rxdctl::SWFLUSH}};
constexpr NamedField kTxdctl[] = {{"PTHRESH", txdctl::PTHRESH}, {"HTHRESH", txdctl::HTHRESH},
                                  {"WTHRESH", txdctl::WTHRESH}, {"ENABLE", txdctl::ENABLE},
                                  {"SWFLUSH", txdctl::SWFLUSH}, {"PRIORITY", txdctl::PRIORITY}};
constexpr NamedField kSrrctl[] = {
    {"BSIZEPACKET", srrctl::BSIZEPACKET}, {"BSIZEHEADER", srrctl::BSIZEHEADER}, {"RDMTS", srrctl::RDMTS},
    {"DESCTYPE", srrctl::DESCTYPE},       {"TIMESTAMP", srrctl::TIMESTAMP},     {"DROP_EN", srrctl::DROP_EN}};
constexpr NamedField kPsrtype[] = {{"ETHERNET", psrtype::ETHERNET},
                                   {"IPV4_FRAGMENT", psrtype::IPV4_FRAGMENT},
                                   {"IPV4_TCP", psrtype::IPV4_TCP},
                                   {"IPV4_UDP", psrtype::IPV4_UDP},
                                   {"IPV6_FRAGMENT", psrtype::IPV6_FRAGMENT},
                                   {"IPV6_TCP", psrtype::IPV6_TCP},
                                   {"IPV6_UDP", psrtype::IPV6_UDP}};
constexpr NamedField kRxcsum[] = {{"PCSS", rxcsum::PCSS},     {"IPOFL", rxcsum::IPOFL},
                                  {"TUOFL", rxcsum::TUOFL},   {"CRCOFL", rxcsum::CRCOFL},
                                  {"IPPCSE", rxcsum::IPPCSE}, {"PCSD", rxcsum::PCSD}};
constexpr NamedField kRfctl[] = {{"IPV6_DIS", rfctl::IPV6_DIS},
                                 {"IPV6_XSUM_DIS", rfctl::IPV6_XSUM_DIS},
                                 {"IPV6_EX_DIS", rfctl::IPV6_EX_DIS},
                                 {"NEW_IPV6_EXT_DIS", rfctl::NEW_IPV6_EXT_DIS},
                                 {"LEF", rfctl::LEF},
                                 {"SYNQFP", rfctl::SYNQFP}};
constexpr NamedField kVet[] = {{"EXTERNAL", vet::EXTERNAL}};
constexpr NamedField kEtqf[] = {
    {"ETYPE", etqf::ETYPE},         {"QUEUE", etqf::QUEUE},         {"FILTER_ENABLE", etqf::FILTER_ENABLE},
    {"IMMEDIATE", etqf::IMMEDIATE}, {"TIMESTAMP", etqf::TIMESTAMP}, {"QUEUE_ENABLE", etqf::QUEUE_ENABLE}};
constexpr NamedField kSynqf[] = {{"ENABLE", synqf::ENABLE}, {"QUEUE", synqf::QUEUE}};
constexpr NamedField kFtqf[] = {{"PROTOCOL", ftqf::PROTOCOL},
                                {"QUEUE_ENABLE", ftqf::QUEUE_ENABLE},
                                {"QUEUE", ftqf::QUEUE},
                                {"TIMESTAMP", ftqf::TIMESTAMP},
                                {"PROTOCOL_BP", ftqf::PROTOCOL_BP}};
constexpr NamedField kImir[] = {{"PORT", imir::PORT},
                                {"IMMEDIATE", imir::IMMEDIATE},
                                {"PORT_BP", imir::PORT_BP},
                                {"PRIORITY", imir::PRIORITY}};
constexpr NamedField kImirext[] = {{"SIZE_THRESH", imirext::SIZE_THRESH},
                                   {"SIZE_BP", imirext::SIZE_BP},
                                   {"URG", imirext::URG},
                                   {"ACK", imirext::ACK},
                                   {"PSH", imirext::PSH},
                                   {"RST", imirext::RST},
                                   {"SYN", imirext::SYN},
                                   {"FIN", imirext::FIN},
                                   {"CTRL_BP", imirext::CTRL_BP}};
constexpr NamedField kImirvp[] = {{"PRIORITY", imirvp::PRIORITY}, {"ENABLE", imirvp::ENABLE}};
constexpr NamedField kWufc[] = {{"FLEX_HQ", wufc::FLEX_HQ}};
constexpr NamedField kMrqc[] = {
    {"MODE", mrqc::MODE},         {"DEFAULT_QUEUE", mrqc::DEFAULT_QUEUE}, {"TCP_IPV4", mrqc::TCP_IPV4},
    {"IPV4", mrqc::IPV4},         {"TCP_IPV6_EX", mrqc::TCP_IPV6_EX},     {"IPV6_EX", mrqc::IPV6_EX},
    {"IPV6", mrqc::IPV6},         {"TCP_IPV6", mrqc::TCP_IPV6},           {"UDP_IPV4", mrqc::UDP_IPV4},
    {"UDP_IPV6", mrqc::UDP_IPV6}, {"UDP_IPV6_EX", mrqc::UDP_IPV6_EX}};
constexpr NamedField kRah[] = {{"POOLSEL", rah::POOLSEL}, {"AV", rah::AV}};
constexpr NamedField kDvmolr[] = {
    {"HIDVLAN", dvmolr::HIDVLAN}, {"STRVLAN", dvmolr::STRVLAN}, {"STRCRC", dvmolr::STRCRC}};
constexpr NamedField kTctl[] = {{"EN", tctl::EN},   {"PSP", tctl::PSP},       {"CT", tctl::CT},
                                {"BST", tctl::BST}, {"SWXOFF", tctl::SWXOFF}, {"RTLC", tctl::RTLC}};
constexpr NamedField kTcptimer[] = {{"DURATION", tcptimer::DURATION},
                                    {"KickStart", tcptimer::KickStart},
                                    {"CountEnable", tcptimer::CountEnable},
                                    {"CountFinish", tcptimer::CountFinish},
                                    {"Loop", tcptimer::Loop}};
constexpr NamedField kFcsts0[] = {{"XOFF", fcsts0::XOFF},
                                  {"ABOVE_HIGH", fcsts0::ABOVE_HIGH},
                                  {"BELOW_LOW", fcsts0::BELOW_LOW},
                                  {"REFRESH", fcsts0::REFRESH}};
// Of dword 63 of each filter.
constexpr NamedField kFhft[] = {{"LENGTH", fhft::LENGTH},
                                {"QUEUE", fhft::QUEUE},
                                {"PRIORITY", fhft::PRIORITY},
                                {"IMMEDIATE", fhft::IMMEDIATE}};
constexpr NamedField kTctlExt[] = {{"COLD", tctl_ext::COLD}};
constexpr NamedField kTipg[] = {{"IPGT", tipg::IPGT}, {"IPGR1", tipg::IPGR1}, {"IPGR", tipg::IPGR}};
constexpr NamedField kTdwbal[] = {{"HEAD_WB_EN", tdwbal::HEAD_WB_EN}, {"SN_WB_EN", tdwbal::SN_WB_EN}};
constexpr NamedField kFcrtl[] = {{"RTL", fcrtl::RTL}, {"XONE", fcrtl::XONE}};
constexpr NamedField kFcrth[] = {{"RTH", fcrth::RTH}};
constexpr NamedField kTiminca[] = {{"LESS", timinca::LESS}};
constexpr NamedField kTimadjh[] = {{"NEGATIVE", timadjh::NEGATIVE}};
constexpr NamedField kTsauxc[] = {{"EN_TT0", tsauxc::EN_TT(0)},
                                  {"EN_TT1", tsauxc::EN_TT(1)},
                                  {"SAMP_AUT0", tsauxc::SAMP_AUT(0)},
                                  {"SAMP_AUT1", tsauxc::SAMP_AUT(1)},
                                  {"EN_TS0", tsauxc::EN_TS(0)},
                                  {"AUTT0", tsauxc::AUTT(0)},
                                  {"EN_TS1", tsauxc::EN_TS(1)},
                                  {"AUTT1", tsauxc::AUTT(1)},
                                  {"DISABLE_SYSTIME", tsauxc::DISABLE_SYSTIME}};
constexpr NamedField kTsynctxctl[] = {{"VALID", tsynctxctl::VALID}, {"EN", tsynctxctl::EN}};
constexpr NamedField kTsyncrxctl[] = {
    {"VALID", tsyncrxctl::VALID}, {"TYPE", tsyncrxctl::TYPE}, {"EN", tsyncrxctl::EN}};
constexpr NamedField kTsyncrxcfg[] = {{"CONTROL", tsyncrxcfg::CONTROL},
                                      {"MESSAGE_ID", tsyncrxcfg::MESSAGE_ID}};
constexpr NamedField kTsicr[] = {
    {"SYS_WRAP", tsicr::SYS_WRAP}, {"TXTS", tsicr::TXTS},     {"RXTS", tsicr::RXTS},    {"TT0", tsicr::TT(0)},
    {"TT1", tsicr::TT(1)},         {"AUTT0", tsicr::AUTT(0)}, {"AUTT1", tsicr::AUTT(1)}};
constexpr NamedField kGcr[] = {{"RESENDS", gcr::RESENDS},
                               {"CMPL_TMOUT", gcr::CMPL_TMOUT},
                               {"CMPL_TMOUT_RESEND", gcr::CMPL_TMOUT_RESEND},
                               {"CAP_VER2", gcr::CAP_VER2}};
constexpr NamedField kBarctrl[] = {{"FLASH_SIZE", barctrl::FLASH_SIZE}, {"CSR_SIZE", barctrl::CSR_SIZE}};

/// `registers`: names with one blank between them.
struct Layout {
  std::string_view registers;
  std::span<const NamedField> fields;
};
constexpr Layout kLayouts[] = {
    {"CTRL", kCtrl},
    {"STATUS", kStatus},
    {"CTRL_EXT", kCtrlExt},
    {"EECD", kEecd},
    {"EERD", kEerd},
    {"MDIC", kMdic},
    {"PHPM", kPhpm},
    {"EEER", kEeer},
    {"LEDCTL", kLedctl},
    {"FRTIMER", kFrtimer},
    {"I2CCMD", kI2ccmd},
    {"I2CPARAMS", kI2cparams},
    {"THSTAT", kThstat},
    {"IPCNFG", kIpcnfg},
    {"EEMNGCTL", kEemngctl},
    {"SWSM", kSwsm},
    {"FWSM", kFwsm},
    {"SW_FW_SYNC", kSwFwSync},
    {"MANC", kManc},
    {"ICR ICS IMS IMC IAM", kIcr},
    {"EICR EICS EIMS EIMC EIAC EIAM", kEicr},
    {"GPIE", kGpie},
    {"EITR", kEitr},
    {"IVAR", kIvar},
    {"IVAR_MISC", kIvarMisc},
    {"RCTL", kRctl},
    {"RXDCTL", kRxdctl},
    {"TXDCTL", kTxdctl},
    {"SRRCTL", kSrrctl},
    {"VET", kVet},
    {"PSRTYPE", kPsrtype},
    {"ETQF", kEtqf},
    {"SYNQF", kSynqf},
    {"FTQF", kFtqf},
    {"IMIR", kImir},
    {"IMIREXT", kImirext},
    {"IMIRVP", kImirvp},
    {"WUFC", kWufc},
    {"RXCSUM", kRxcsum},
    {"RFCTL", kRfctl},
    {"MRQC", kMrqc},
    {"RAH RAH16", kRah},
    {"DVMOLR", kDvmolr},
    {"TCTL", kTctl},
    {"TCTL_EXT", kTctlExt},
    {"TIPG", kTipg},
    {"TDWBAL", kTdwbal},
    {"FCRTL", kFcrtl},
    {"FCRTH", kFcrth},
    {"FCSTS0", kFcsts0},
    {"TCPTIMER", kTcptimer},
    {"FHFT FHFT_EXT", kFhft},
    {"TIMINCA", kTiminca},
    {"TIMADJH", kTimadjh},
    {"TSAUXC", kTsauxc},
    {"TSYNCTXCTL", kTsynctxctl},
    {"TSYNCRXCTL", kTsyncrxctl},
    {"TSYNCRXCFG", kTsyncrxcfg},
    {"TSICR TSIM", kTsicr},
    {"GCR", kGcr},
    {"BARCTRL", kBarctrl},
};

struct Section {
  std::string_view section, registers;
};
constexpr Section kSections[] = {
    {"2.3.1", "CTRL"},
    {"2.3.2", "STATUS"},
    {"2.3.3", "CTRL_EXT"},
    {"2.4.1", "EECD"},
    {"2.4.2", "EERD"},
    {"2.4.4", "EEMNGCTL"},
    {"2.4.5", "SWSM FWSM SW_FW_SYNC MANC"},
    {"2.5.1", "MDIC"},
    {"2.5.2", "MDICNFG"},
    {"2.5.3", "PHPM"},
    {"2.6.1", "ICR ICS IMS IMC IAM"},
    {"2.6.3", "EICR EICS EIMS EIMC"},
    {"2.6.4", "GPIE"},
    {"2.6.5", "EIAC EIAM"},
    {"2.6.6", "EITR"},
    {"2.6.7", "IVAR IVAR_MISC"},
    {"2.6.8", "IMIR IMIREXT IMIRVP SYNQF FTQF ETQF FHFT FHFT_EXT"},
    {"2.6.9", "TCPTIMER"},
    {"2.7", "RDBAL RDBAH RDLEN RDH RDT"},
    {"2.7.1", "RCTL"},
    {"2.7.2", "RXDCTL"},
    {"2.7.3", "SRRCTL"},
    {"2.7.4", "PSRTYPE"},
    {"2.7.5", "RXCSUM"},
    {"2.7.6", "RLPML"},
    {"2.7.7", "RFCTL"},
    {"2.7.8", "MRQC"},
    {"2.7.9", "RETA"},
    {"2.7.10", "RSSRK"},
    {"2.7.11", "RAL RAH RAL16 RAH16 MTA VFTA UTA"},
    {"2.7.12", "VMOLR VT_CTL RPLOLR VFRE VFTE QDE VLVF TXSWC"},
    {"2.7.13", "DVMOLR"},
    {"2.8", "TDBAL TDBAH TDLEN TDH TDT"},
    {"2.8.1", "TCTL"},
    {"2.8.2", "TCTL_EXT"},
    {"2.8.3", "TIPG"},
    {"2.8.4", "DTXCTL"},
    {"2.8.5", "DTXTCPFLGL DTXTCPFLGH"},
    {"2.8.6", "TXDCTL"},
    {"2.8.7", "TDWBAL TDWBAH"},
    {"2.8.8", "RXCTL TXCTL DCA_ID DCA_CTRL"},
    {"2.8.9", "AIT DTXMXPKTSZ"},
    {"2.9", "RXPBS TXPBS PBRWAC RDFH RDFT RDFHS RDFTS RDFPC"},
    {"2.10", "FCAL FCAH FCT FCTTV FCRTL FCRTH FCRTV FCSTS0"},
    {"2.11",
     "SYSTIML SYSTIMH SYSTIMR TIMINCA TIMADJL TIMADJH TSYNCTXCTL TXSTMPL TXSTMPH TSYNCRXCTL TSYNCRXCFG "
     "RXSTMPL RXSTMPH RXSATRL RXSATRH TSAUXC TSICR TSIM TRGTTIML TRGTTIMH AUXSTMPL AUXSTMPH TSSDP"},
    {"2.12.1", "RQDPC SSVPC SCVPC B2OSPC O2BGPTC"},
    {"2.13", "LEDCTL LEDMUX"},
    {"2.14", "EEER EEE_SU IPCNFG"},
    {"2.15", "DMACR DMCTLX DMCTXTH DMCRTRH DMCCNT FCRTC PCIEMISC"},
    {"2.16", "GCR"},
    {"2.17", "THMJT THLOWTC THMIDTC THHIGHTC THSTAT I2CCMD I2CPARAMS"},
    {"2.18", "VMBMEM P2VMAILBOX V2PMAILBOX MBVFICR MBVFIMR VFLRE"},
};

/// Whether `name` is one of the words of `list`.
bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == name) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string NamedField::bits() const {
  const int low = std::countr_zero(mask), high = 31 - std::countl_zero(mask);
  return low == high ? std::to_string(low) : std::to_string(high) + ":" + std::to_string(low);
}

std::span<const NamedField> fields(const Register& r) {
  for (const Layout& l : kLayouts)
    if (lists(l.registers, r.name)) return l.fields;
  return {};
}

std::string_view section(const Register& r) {
  for (const Section& s : kSections)
    if (lists(s.registers, r.name)) return s.section;
  if (r.offset >= kStatisticsFirst && r.offset <= kStatisticsLast) return "2.12.1";
  return r.offset >= 0x10000 ? "2.12.3" : "2.2";
}

}  // namespace niclab::hw::reg
