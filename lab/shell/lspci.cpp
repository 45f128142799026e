// lspci: options and texts as of pciutils 3.1.
#include "lab/shell/lspci.hpp"

#include <charconv>
#include <optional>

#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

[[noreturn]] void usage() {
  throw CommandError{"Usage: lspci [-v] [-n] [-x|-xxx|-xxxx] [-s [[<domain>:]<bus>:][<slot>][.[<func>]]]\n",
                     1};
}

/// What -s asks for; nothing stands for any.
struct SlotFilter {
  std::optional<unsigned> bus, slot, function;

  bool accepts(const PciAddress& a) const {
    return a.bus == bus.value_or(a.bus) && a.device == slot.value_or(a.device) &&
           a.function == function.value_or(a.function);
  }
};

/// A hexadecimal number, or nothing for "" and "*".
std::optional<unsigned> part(std::string_view text) {
  if (text.empty() || text == "*") return std::nullopt;
  unsigned v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v, 16);
  if (ec != std::errc{} || end != text.data() + text.size()) usage();
  return v;
}

SlotFilter slot_filter(std::string_view text) {
  SlotFilter f;
  if (const auto dot = text.find('.'); dot != text.npos) {
    f.function = part(text.substr(dot + 1));
    text = text.substr(0, dot);
  }
  if (const auto colon = text.rfind(':'); colon != text.npos) {
    f.slot = part(text.substr(colon + 1));
    text = text.substr(0, colon);
    const auto domain = text.find(':');
    if (domain != text.npos && part(text.substr(0, domain)).value_or(0) != 0) f.bus = 0x100;  // nowhere
    if (const auto bus = part(text.substr(domain == text.npos ? 0 : domain + 1)))
      f.bus = f.bus.value_or(*bus);
  } else {
    f.slot = part(text);
  }
  return f;
}

}  // namespace

Step lspci(const Words& words) {
  LspciOptions options;
  SlotFilter filter;
  unsigned x = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') usage();
    for (std::size_t c = 1; c < word.size(); ++c) {
      if (word[c] == 'v') {
        ++options.verbose;
      } else if (word[c] == 'n') {
        options.numeric = true;
      } else if (word[c] == 'x') {
        ++x;
      } else if (word[c] == 's') {
        if (c + 1 == word.size() && ++i == words.size()) usage();
        filter = slot_filter(c + 1 == word.size() ? std::string_view(words[i])
                                                  : std::string_view(word).substr(c + 1));
        break;
      } else {
        usage();
      }
    }
  }
  options.hex_bytes = x == 0 ? 0 : x < 3 ? 64 : x == 3 ? 256 : 4096;
  Step s;
  s.run = [options, filter](Context& c) {
    for (const PciFunction& f : c.host.look_at_pci())
      if (filter.accepts(f.address)) c.out += lspci_text(f, options);
    return 0;
  };
  return s;
}

}  // namespace niclab::lab::shell
