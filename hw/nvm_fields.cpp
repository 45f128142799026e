#include "hw/nvm_fields.hpp"

#include "hw/nvm.hpp"

namespace niclab::hw {
namespace {

unsigned address_of(const NvmField& f, unsigned port) {
  return f.word + (f.per_port ? Nvm::section(port) : 0);
}

void set_number(Nvm& nvm, const NvmField& f, std::uint16_t value, unsigned port) {
  const unsigned at = address_of(f, port), mask = unsigned{f.limit()} << f.lo;
  nvm.set_word(at, static_cast<std::uint16_t>((nvm.word(at) & ~mask) | (unsigned{value} << f.lo & mask)));
}

/// LEDCTL has a byte for each LED; the words hold those of 0 and 2, and of 1 and 3.
std::uint32_t ledctl_of(const Nvm& nvm) {
  const std::uint32_t leds13 = nvm.word(nvm_field("led1_mode").word);
  const std::uint32_t leds02 = nvm.word(nvm_field("led0_mode").word);
  return (leds02 & 0xFF) | (leds13 & 0xFF) << 8 | (leds02 & 0xFF00) << 8 | (leds13 & 0xFF00) << 16;
}

}  // namespace

std::uint16_t nvm_number(const Nvm& nvm, const NvmField& f, unsigned port) {
  return static_cast<std::uint16_t>(nvm.word(address_of(f, port)) >> f.lo & f.limit());
}

NvmValue get(const Nvm& nvm, const NvmField& f, unsigned port) {
  switch (f.kind) {
    case NvmKind::mac: return nvm.mac(port);
    case NvmKind::pba: return nvm.pba();
    case NvmKind::bits: break;
  }
  return nvm_number(nvm, f, port);
}

void set(Nvm& nvm, const NvmField& f, const NvmValue& value, unsigned port) {
  switch (f.kind) {
    case NvmKind::mac: return nvm.set_mac(port, std::get<MacAddress>(value));
    case NvmKind::pba: return nvm.set_pba(std::get<std::string>(value));
    case NvmKind::bits: return set_number(nvm, f, std::get<std::uint16_t>(value), port);
  }
}

std::optional<NvmDefaults> nvm_defaults(const Nvm& nvm, unsigned port) {
  if (nvm.section_erased(port)) return std::nullopt;
  const auto flag = [&](const NvmField& f) { return nvm_number(nvm, f, port) != 0; };
  return NvmDefaults{.mac = nvm.mac(port),
                     .link_mode = nvm_number(nvm, nvm_field("link_mode"), port),
                     .ledctl = ledctl_of(nvm),
                     .apme = flag(nvm_field("apm_enable")),
                     .external_mdio = flag(nvm_field("external_mdio")),
                     .shared_mdio = flag(nvm_field("shared_mdio"))};
}

}  // namespace niclab::hw
