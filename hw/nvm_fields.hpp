// The fields of the NVM image, declared once: software's names for the words of fact base 2.4.3. Images in
// text form (firmware/), the factory image, what hardware loads at a reset and docs/nvm.md are made from this
// table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/addresses.hpp"

namespace niclab::hw {

class Nvm;

/// What a field holds.
enum class NvmKind : std::uint8_t {
  bits,  ///< an unsigned number of `hi:lo` of one word
  mac,   ///< a MAC address in three words, low byte first
  pba,   ///< the part number: marker and pointer in two words, text in a block (kPbaBlock)
};

/// Whether the fact base says where a field lies.
enum class NvmSource : std::uint8_t {
  documented,  ///< word and bits
  ours,        ///< the word at most; its bits are this model's choice
};

/// One row: where a field lies and what the factory image holds there.
struct NvmField {
  std::string_view name;  ///< as in image files: snake_case
  std::uint16_t word;     ///< address; of a port's field: within that port's section
  std::uint8_t hi, lo;    ///< bits; 15, 0 for kinds of several words
  bool per_port;          ///< one in each of the four sections, else one a card
  NvmKind kind;
  std::uint16_t value;  ///< in the factory image; text and addresses come otherwise
  NvmSource source;
  std::string_view what;

  constexpr std::uint16_t limit() const { return static_cast<std::uint16_t>((1u << (hi - lo + 1)) - 1); }
};

namespace nvm_detail {

inline constexpr bool kCard = false, kPort = true;
using enum NvmKind;
using enum NvmSource;

inline constexpr NvmField kFields[] = {
    {"mac", 0x00, 15, 0, kPort, mac, 0, documented, "MAC address, loaded into RAL0 and RAH0"},
    {"compat_checksum", 0x03, 0, 0, kCard, bits, 0, documented,
     "compatibility: sections have checksums of their own"},
    {"compat_lom", 0x03, 11, 11, kCard, bits, 0, documented, "compatibility: LAN on motherboard"},
    {"compat_bit15", 0x03, 15, 15, kCard, bits, 0, documented, "compatibility: bit 15"},
    {"id_led0", 0x04, 3, 0, kCard, bits, 1, documented,
     "what LED 0 does when software identifies the port, 1 to 9"},
    {"id_led1", 0x04, 7, 4, kCard, bits, 1, documented, "LED 1 likewise"},
    {"id_led2", 0x04, 11, 8, kCard, bits, 9, documented, "LED 2 likewise"},
    {"id_led3", 0x04, 15, 12, kCard, bits, 8, documented, "LED 3 likewise"},
    {"version_major", 0x05, 15, 12, kCard, bits, 1, documented, "image version"},
    {"version_minor", 0x05, 11, 4, kCard, bits, 0x63, documented,
     "image version, printed as two hexadecimal digits"},
    {"version_id", 0x05, 3, 0, kCard, bits, 0, documented, "image version: identifier"},
    {"pba", 0x08, 15, 0, kCard, pba, 0, documented,
     "part number, an even number of characters up to 10; \"\": none"},
    {"init_control_1", 0x0A, 15, 0, kCard, bits, 0, documented, "init control 1; no effect here"},
    {"subsystem_id", 0x0B, 15, 0, kCard, bits, 0x00A1, documented, "PCI subsystem ID"},
    {"subsystem_vendor", 0x0C, 15, 0, kCard, bits, 0x8086, documented, "PCI subsystem vendor ID"},
    {"device_id", 0x0D, 15, 0, kCard, bits, 0x1521, documented, "PCI device ID"},
    {"vendor_id", 0x0E, 15, 0, kCard, bits, 0x8086, documented, "PCI vendor ID"},
    {"default_pause", 0x0F, 13, 12, kPort, bits, 3, documented,
     "flow control to negotiate: 0 none, 2 transmit only, else both"},
    {"msix_table_size", 0x16, 10, 0, kCard, bits, 9, ours,
     "MSI-X vectors less one; bits as in the capability"},
    {"bar0_size", 0x1B, 1, 0, kCard, bits, 0, ours,
     "PCI BAR 0: 128 KB << this; what exceeds 128 KB is the flash window"},
    {"io_bar_disable", 0x1B, 2, 2, kCard, bits, 0, ours, "PCI: no I/O BAR"},
    {"wide_bars", 0x1B, 3, 3, kCard, bits, 0, ours, "PCI: memory BARs of 64 bits, BAR 0 and 4"},
    {"rom_size", 0x1B, 5, 4, kCard, bits, 0, ours, "PCI expansion ROM: 0 none, 1 512 KB, 2 1 MB"},
    {"vpd", 0x1B, 6, 6, kCard, bits, 0, ours, "PCI: vital product data, made of part number and address"},
    {"led1_mode", 0x1C, 3, 0, kCard, bits, 3, ours,
     "LEDCTL of LED 1: mode. Each half of the word is a byte of LEDCTL"},
    {"led1_invert", 0x1C, 6, 6, kCard, bits, 0, ours, "LED 1: lit when low"},
    {"led1_blink", 0x1C, 7, 7, kCard, bits, 1, ours, "LED 1: blinks"},
    {"led3_mode", 0x1C, 11, 8, kCard, bits, 7, ours, "LED 3: mode"},
    {"led3_invert", 0x1C, 14, 14, kCard, bits, 0, ours, "LED 3: lit when low"},
    {"led3_blink", 0x1C, 15, 15, kCard, bits, 0, ours, "LED 3: blinks"},
    {"led0_mode", 0x1F, 3, 0, kCard, bits, 2, ours, "LED 0: mode"},
    {"led0_invert", 0x1F, 6, 6, kCard, bits, 0, ours, "LED 0: lit when low"},
    {"led0_blink", 0x1F, 7, 7, kCard, bits, 0, ours, "LED 0: blinks"},
    {"led2_mode", 0x1F, 11, 8, kCard, bits, 6, ours, "LED 2: mode"},
    {"led2_invert", 0x1F, 14, 14, kCard, bits, 0, ours, "LED 2: lit when low"},
    {"led2_blink", 0x1F, 15, 15, kCard, bits, 0, ours, "LED 2: blinks"},
    {"sdp_control", 0x20, 15, 0, kCard, bits, 0, documented,
     "software-definable pins of port 0; no effect here"},
    {"power_d3", 0x22, 4, 0, kCard, bits, 0, ours, "power consumed in D3, tenths of a watt"},
    {"power_common", 0x22, 7, 5, kCard, bits, 0, ours, "power of what functions share, tenths of a watt"},
    {"power_d0", 0x22, 15, 8, kCard, bits, 0, ours, "power consumed in D0, tenths of a watt"},
    {"external_mdio", 0x24, 2, 2, kPort, bits, 0, documented, "init control 3: MDICNFG.EXT_MDIO"},
    {"shared_mdio", 0x24, 3, 3, kPort, bits, 0, documented, "init control 3: MDICNFG.COM_MDIO"},
    {"link_mode", 0x24, 5, 4, kPort, bits, 0, documented,
     "init control 3: CTRL_EXT.LINK_MODE; 0 is the internal copper PHY"},
    {"apm_enable", 0x24, 10, 10, kPort, bits, 0, documented,
     "init control 3: WUC.APME, wake-up by magic packet"},
    {"interrupt_pin", 0x24, 12, 11, kPort, bits, 0, ours,
     "init control 3: so many pins after its own, which is INTA for port 0 to INTD for port 3"},
    {"alternate_mac_pointer", 0x37, 15, 0, kCard, bits, 0, documented,
     "where a second set of addresses lies; for option ROMs"},
    {"combo_version_pointer", 0x3D, 15, 0, kCard, bits, 0, documented,
     "where the versions of a combined image lie"},
    {"thermal_sensor", 0x3E, 15, 0, kCard, bits, 0, documented,
     "external thermal sensor (ETS); 0 or 0xFFFF: none"},
    {"etrack_low", 0x42, 15, 0, kCard, bits, 0x0001, documented, "eTrack ID"},
    {"etrack_high", 0x43, 15, 0, kCard, bits, 0x8000, documented,
     "eTrack ID; bits 15:12 are 8 when there is one"},
    {"firmware_pointer", 0x51, 15, 0, kCard, bits, 0xFFFF, documented, "where firmware lies"},
};

}  // namespace nvm_detail

/// All fields, in the order of their words.
constexpr std::span<const NvmField> nvm_fields() { return nvm_detail::kFields; }

/// The field of that name, or nullptr.
constexpr const NvmField* find_nvm_field(std::string_view name) {
  for (const NvmField& f : nvm_fields())
    if (f.name == name) return &f;
  return nullptr;
}

/// The same for a name in our own source; one that is not in the table does not compile.
consteval const NvmField& nvm_field(std::string_view name) { return *find_nvm_field(name); }

/// Where the text of the part number lies in images we make (ours), and its longest text.
inline constexpr unsigned kPbaBlock = 0x150, kPbaCharacters = 10;

/// What a field holds: a number, an address or a text, by its kind.
using NvmValue = std::variant<std::uint16_t, MacAddress, std::string>;

/// A number of a port's section, or of the card: then `port` is ignored. Only for kind `bits`.
std::uint16_t nvm_number(const Nvm& nvm, const NvmField& field, unsigned port = 0);
/// Any field. A part number that is not a text in the block at kPbaBlock is "".
NvmValue get(const Nvm& nvm, const NvmField& field, unsigned port = 0);
/// `value` is of the field's kind, a number at most field.limit(), a text as `pba` says. Checksums are not
/// mended.
void set(Nvm& nvm, const NvmField& field, const NvmValue& value, unsigned port = 0);

/// What a function's registers are after its section was read (2.4.3; registers marked "NVM" in 2.2 and 2.3).
struct NvmDefaults {
  MacAddress mac;
  std::uint32_t link_mode = 0;  ///< CTRL_EXT.LINK_MODE
  std::uint32_t ledctl = 0;
  bool apme = false;  ///< WUC.APME
  bool external_mdio = false, shared_mdio = false;
};

/// As hardware reads a section: it does not look at checksums. Nothing when every word of it is erased:
/// registers then keep the values they have without an NVM.
std::optional<NvmDefaults> nvm_defaults(const Nvm& nvm, unsigned port);

}  // namespace niclab::hw
