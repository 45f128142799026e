// Registers and bits of the internal PHY that the driver uses (fact base 2.5.4; IEEE 802.3 clauses 22, 28,
// 40).
#pragma once

#include <cstdint>

namespace niclab::igb::mii {

inline constexpr unsigned kPhyAddress = 1;
inline constexpr std::uint32_t kPhyId = 0x015403B0;  ///< revision nibble 0

inline constexpr unsigned BMCR = 0, BMSR = 1, PHYID1 = 2, PHYID2 = 3, ANAR = 4, ANLPAR = 5, CONTROL_1000T = 9;
inline constexpr unsigned EMI_ADDRESS = 16, EMI_DATA = 17, PHY_CONTROL2 = 18, LOOPBACK_CONTROL = 19,
                          CONFIGURATION = 22;
inline constexpr unsigned STATUS_1000T = 10, PHY_STATUS2 = 26, DIAGNOSTIC = 31;

namespace bmcr {
inline constexpr std::uint16_t SPEED_1000 = 1u << 6, FULL_DUPLEX = 1u << 8, SPEED_100 = 1u << 13;
inline constexpr std::uint16_t RESTART_AN = 1u << 9, POWER_DOWN = 1u << 11, AN_ENABLE = 1u << 12;
inline constexpr std::uint16_t LOOPBACK = 1u << 14, RESET = 1u << 15;
}  // namespace bmcr
namespace bmsr {
inline constexpr std::uint16_t LINK = 1u << 2, AN_COMPLETE = 1u << 5;
}
namespace anar {  // ANLPAR shares the layout
inline constexpr std::uint16_t HALF_10 = 0x0020, FULL_10 = 0x0040, HALF_100 = 0x0080, FULL_100 = 0x0100;
inline constexpr std::uint16_t ALL_10_100 = 0x01E0, PAUSE = 1u << 10, ASYMMETRIC = 1u << 11;
}  // namespace anar
namespace control_1000t {
inline constexpr std::uint16_t HALF = 1u << 8, FULL = 1u << 9;
}
namespace emi {  // addresses, and the bits of an EEE advertisement
inline constexpr std::uint16_t EEE_PARTNER = 0x040F, EEE_100 = 0x0002, EEE_1000 = 0x0004;
}
namespace phy_control2 {
inline constexpr std::uint16_t MANUAL_MDIX = 0x0200, AUTO_MDIX = 0x0400;
}
namespace configuration {
inline constexpr std::uint16_t DOWNSHIFT = 3u << 10, ASSERT_CRS_ON_TX = 1u << 15;
}

}  // namespace niclab::igb::mii
