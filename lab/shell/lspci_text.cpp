#include <array>

#include "lab/shell/lspci.hpp"
#include "stack/admin/text.hpp"

namespace niclab::lab::shell {
namespace {

using stack::admin::strprintf;
using Space = hw::PciConfigSpace;

constexpr const char* kVendor = "Intel Corporation";

char sign(std::uint32_t word, unsigned bit) { return (word >> bit & 1) != 0 ? '+' : '-'; }

/// "Name+ Name-": a flag each, by its bit.
struct Flag {
  const char* name;
  unsigned bit;
};
template <std::size_t N>
std::string flags(std::uint32_t word, const Flag (&names)[N]) {
  std::string text;
  for (const Flag& f : names) text += std::string(text.empty() ? "" : " ") + f.name + sign(word, f.bit);
  return text;
}

std::string device_name(std::uint16_t id) {
  switch (id) {
    case 0x1521: return "I350 Gigabit Network Connection";
    case 0x1522: return "I350 Gigabit Fiber Network Connection";
    case 0x1523: return "I350 Gigabit Backplane Connection";
    case 0x1524: return "I350 Gigabit Connection";
    default: return strprintf("Device %04x", id);
  }
}

std::string title(const PciFunction& f, bool numeric) {
  const std::uint32_t id = f.space.read(0);
  const std::string at = f.address.to_string().substr(5) + " ";  // domain 0000
  const unsigned vendor = id & 0xFFFF, device = id >> 16, revision = f.space.read8(0x08);
  if (numeric) return at + strprintf("0200: %04x:%04x (rev %02x)\n", vendor, device, revision);
  const std::string maker = vendor == 0x8086 ? kVendor : strprintf("Vendor %04x", vendor);
  return at + "Ethernet controller: " + maker + " " + device_name(static_cast<std::uint16_t>(device)) +
         strprintf(" (rev %02x)\n", revision);
}

std::string subsystem(const Space& s, bool numeric) {
  const unsigned vendor = s.read16(0x2C), device = s.read16(0x2E);
  if (numeric) return strprintf("\tSubsystem: %04x:%04x\n", vendor, device);
  const std::string maker = vendor == 0x8086 ? kVendor : strprintf("Vendor %04x", vendor);
  return "\tSubsystem: " + maker + strprintf(" Device %04x\n", device);
}

// --- header --------------------------------------------------------------------------------------

constexpr Flag kCommand[] = {{"I/O", 0},    {"Mem", 1},  {"BusMaster", 2},
                             {"ParErr", 6}, {"SERR", 8}, {"DisINTx", 10}};
constexpr Flag kStatus[] = {{"Cap", 4},      {">SERR", 14},   {"<PERR", 15},
                            {"<TAbort", 12}, {"<MAbort", 13}, {"INTx", 3}};

std::string header(const Space& s, unsigned verbose) {
  if (verbose == 1)
    return std::string("\tFlags: ") + (s.bus_master_enabled() ? "bus master, " : "") + "fast devsel\n";
  std::string text = "\tControl: " + flags(s.read16(Space::kCommand), kCommand) +
                     "\n\tStatus: " + flags(s.read16(Space::kStatus), kStatus) + "\n";
  if (const unsigned pin = s.interrupt_pin(); pin != 0)
    text += strprintf("\tInterrupt: pin %c\n", static_cast<char>('A' + pin - 1));
  return text;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return strprintf("[size=%u]", static_cast<unsigned>(bytes));
  if (bytes < 1024 * 1024) return strprintf("[size=%uK]", static_cast<unsigned>(bytes / 1024));
  return strprintf("[size=%uM]", static_cast<unsigned>(bytes / 1024 / 1024));
}

/// Sizes a BAR on a copy of the space, as the kernel once did on the device.
std::uint32_t size_of(Space copy, std::uint16_t at) {
  const std::uint32_t flag_bits = at == Space::kRomBar ? 0x7FF : (copy.read(at) & 1) != 0 ? 3 : 0xF;
  copy.write(at, ~0u);
  return ~(copy.read(at) & ~flag_bits) + 1;
}

std::string bars(const Space& s) {
  std::string text;
  for (unsigned bar = 0; bar < 6; ++bar) {
    const auto at = static_cast<std::uint16_t>(Space::kBar0 + 4 * bar);
    const std::uint32_t low = s.read(at), size = size_of(s, at);
    if (size == 0) continue;
    const bool io = (low & 1) != 0, wide = !io && (low & 4) != 0;
    const auto base = static_cast<unsigned long long>(s.bar(bar));
    const char* off = (io ? s.io_enabled() : s.memory_enabled()) ? "" : " [disabled]";
    text += io ? strprintf("\tI/O ports at %04llx%s ", base, off)
               : strprintf("\tMemory at %08llx (%s-bit, non-prefetchable)%s ", base, wide ? "64" : "32", off);
    text += size_text(size) + "\n";
    bar += wide;
  }
  if (const std::uint32_t rom = s.read(Space::kRomBar), size = size_of(s, Space::kRomBar); size != 0)
    text += strprintf("\tExpansion ROM at %08x%s ", rom & ~0x7FFu, (rom & 1) != 0 ? "" : " [disabled]") +
            size_text(size) + "\n";
  return text;
}

// --- capabilities --------------------------------------------------------------------------------

constexpr Flag kPme[] = {{"PME(D0", 11}, {",D1", 12}, {",D2", 13}, {",D3hot", 14}, {",D3cold", 15}};
constexpr Flag kDeviceControl[] = {{"Correctable", 0}, {"Non-Fatal", 1}, {"Fatal", 2},   {"Unsupported", 3},
                                   {"RlxdOrd", 4},     {"ExtTag", 8},    {"NoSnoop", 11}};
constexpr Flag kDeviceStatus[] = {{"CorrErr", 0},   {"UncorrErr", 1}, {"FatalErr", 2},
                                  {"UnsuppReq", 3}, {"AuxPwr", 4},    {"TransPend", 5}};

std::string joined_flags(std::uint32_t word) {  // no blanks: "PME(D0+,D1-,..."
  std::string text;
  for (const Flag& f : kPme) text += std::string(f.name) + sign(word, f.bit);
  return text + ")";
}

const char* aspm(unsigned code) {
  constexpr std::array<const char*, 4> kNames{"Disabled", "L0s Enabled", "L1 Enabled", "L0s L1 Enabled"};
  return kNames[code & 3];
}

const char* speed(unsigned code) { return code == 1 ? "2.5GT/s" : code == 2 ? "5GT/s" : "unknown"; }

std::string power_management(const Space& s) {
  const unsigned pmc = s.read16(0x42), pmcsr = s.read16(0x44);
  return strprintf("\t\tFlags: DSI%c ", sign(pmc, 5)) + joined_flags(pmc) +
         strprintf("\n\t\tStatus: D%u NoSoftRst%c PME-Enable%c DSel=%u DScale=%u PME%c\n", pmcsr & 3,
                   sign(pmcsr, 3), sign(pmcsr, 8), pmcsr >> 9 & 0xF, pmcsr >> 13 & 3, sign(pmcsr, 15));
}

std::string msi(const Space& s) {
  return strprintf("\t\tAddress: %016llx  Data: %04x\n\t\tMasking: %08x  Pending: %08x\n",
                   static_cast<unsigned long long>(s.msi_address()), s.msi_data(), s.read(0x60),
                   s.read(0x64));
}

std::string msix(const Space& s) {
  const std::uint32_t table = s.read(0x74), pba = s.read(0x78);
  return strprintf("\t\tVector table: BAR=%u offset=%08x\n\t\tPBA: BAR=%u offset=%08x\n", table & 7,
                   table & ~7u, pba & 7, pba & ~7u);
}

std::string express(const Space& s) {
  const std::uint32_t control = s.read16(0xA8), capability = s.read(0xAC), link = s.read(0xB0);
  return strprintf("\t\tDevCtl:\tMaxPayload %u bytes, MaxReadReq %u bytes; ", s.max_payload_size(),
                   s.max_read_request_size()) +
         flags(control, kDeviceControl) + "\n\t\tDevSta:\t" + flags(s.read16(0xAA), kDeviceStatus) +
         strprintf("\n\t\tLnkCap:\tPort #%u, Speed %s, Width x%u, ASPM L0s L1\n", capability >> 24,
                   speed(capability & 0xF), capability >> 4 & 0x3F) +
         strprintf("\t\tLnkCtl:\tASPM %s; RCB %u bytes CommClk%c ExtSynch%c\n", aspm(link),
                   (link & 8) != 0 ? 128 : 64, sign(link, 6), sign(link, 7)) +
         strprintf("\t\tLnkSta:\tSpeed %s, Width x%u\n", speed(link >> 16 & 0xF), link >> 20 & 0x3F);
}

std::string sriov(const Space& s) {
  const std::uint32_t counts = s.read(0x16C), place = s.read(0x174);
  return strprintf("\t\tInitial VFs: %u, Total VFs: %u, Number of VFs: %u, Function Dependency Link: %02x\n",
                   counts & 0xFFFF, counts >> 16, s.read16(0x170), s.read8(0x172)) +
         strprintf("\t\tVF offset: %u, stride: %u, Device ID: %04x\n", place & 0xFFFF, place >> 16,
                   s.read16(0x17A));
}

/// A capability as its chain shows it: name with the essentials, and what -vv adds.
struct Shown {
  std::string name, details;
};

Shown legacy(const Space& s, unsigned at) {
  const auto control = s.read16(static_cast<std::uint16_t>(at + 2));
  switch (s.read8(static_cast<std::uint16_t>(at))) {
    case 0x01: return {strprintf("Power Management version %u", control & 7u), power_management(s)};
    case 0x05:
      return {strprintf("MSI: Enable%c Count=1/1 Maskable%c 64bit%c", sign(control, 0), sign(control, 8),
                        sign(control, 7)),
              msi(s)};
    case 0x11:
      return {strprintf("MSI-X: Enable%c Count=%u Masked%c", sign(control, 15), (control & 0x7FFu) + 1,
                        sign(control, 14)),
              msix(s)};
    case 0x10: return {"Express (v2) Endpoint, MSI 00", express(s)};
    case 0x03: return {"Vital Product Data", ""};
    default: return {strprintf("#%02x", s.read8(static_cast<std::uint16_t>(at))), ""};
  }
}

Shown extended(const Space& s, unsigned at) {
  const auto word = [&](unsigned offset) { return s.read(static_cast<std::uint16_t>(at + offset)); };
  switch (word(0) & 0xFFFF) {
    case 0x0001:
      return {"Advanced Error Reporting", strprintf("\t\tUESta: %08x  UEMsk: %08x  UESvrt: %08x\n"
                                                    "\t\tCESta: %08x  CEMsk: %08x\n",
                                                    word(4), word(8), word(12), word(16), word(20))};
    case 0x0003: {
      const std::uint32_t high = word(8), low = word(4);
      const auto byte = [](std::uint32_t w, unsigned i) { return w >> 8 * i & 0xFF; };
      return {strprintf("Device Serial Number %02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x", byte(high, 3),
                        byte(high, 2), byte(high, 1), byte(high, 0), byte(low, 3), byte(low, 2), byte(low, 1),
                        byte(low, 0)),
              ""};
    }
    case 0x000E:
      return {"Alternative Routing-ID Interpretation (ARI)",
              strprintf("\t\tARICap:\tMFVC%c ACS%c, Next Function: %u\n", sign(word(4), 0), sign(word(4), 1),
                        word(4) >> 8 & 0xFF)};
    case 0x0010: return {"Single Root I/O Virtualization (SR-IOV)", sriov(s)};
    case 0x0017: return {"Transaction Processing Hints", ""};
    case 0x0018:
      return {"Latency Tolerance Reporting",
              strprintf("\t\tMax snoop: %04x, max no snoop: %04x\n", word(4) & 0xFFFF, word(4) >> 16)};
    case 0x000D: return {"Access Control Services", ""};
    default: return {strprintf("Extended Capability ID %#x", word(0) & 0xFFFF), ""};
  }
}

std::string capabilities(const Space& s, bool details) {
  std::string text;
  const auto show = [&](unsigned at, const Shown& c) {
    text += strprintf("\tCapabilities: [%02x] ", at) + c.name + "\n" + (details ? c.details : "");
  };
  for (unsigned at = s.read8(Space::kCapPointer); at != 0; at = s.read8(static_cast<std::uint16_t>(at + 1)))
    show(at, legacy(s, at));
  for (unsigned at = Space::kAer; at != 0; at = s.read(static_cast<std::uint16_t>(at)) >> 20)
    show(at, extended(s, at));
  return text;
}

std::string hex_dump(const Space& s, unsigned bytes) {
  std::string text;
  for (unsigned at = 0; at < bytes; ++at) {
    if (at % 16 == 0) text += strprintf("%02x:", at);
    text += strprintf(" %02x", s.read8(static_cast<std::uint16_t>(at)));
    if (at % 16 == 15) text += "\n";
  }
  return text;
}

}  // namespace

std::string lspci_text(const PciFunction& f, const LspciOptions& options) {
  std::string text = title(f, options.numeric);
  if (options.verbose != 0) {
    text += subsystem(f.space, options.numeric) + header(f.space, options.verbose) + bars(f.space) +
            capabilities(f.space, options.verbose > 1);
    if (!f.driver.empty()) text += "\tKernel driver in use: " + f.driver + "\n";
  }
  text += hex_dump(f.space, options.hex_bytes);
  if (options.verbose != 0 || options.hex_bytes != 0) text += "\n";
  return text;
}

}  // namespace niclab::lab::shell
