#include "lab/shell/ethtool_power.hpp"

#include <array>
#include <cerrno>

#include "lab/shell/ethtool_text.hpp"
#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

struct WakeLetter {
  char letter;
  std::uint32_t filter;
};
constexpr std::array kWakeLetters{WakeLetter{'p', igb::wufc::LNKC}, WakeLetter{'u', igb::wufc::EX},
                                  WakeLetter{'m', igb::wufc::MC}, WakeLetter{'b', igb::wufc::BC},
                                  WakeLetter{'g', igb::wufc::MAG}};
constexpr std::uint32_t kUnknownFilter = 1u << 31;  // a letter ethtool knows and igb does not: ARP, SecureOn

[[noreturn]] void bad_command_line() {
  throw CommandError{"ethtool: bad command line argument(s)\nFor more information run ethtool -h\n", 1};
}

std::uint32_t filters_of(const std::string& letters) {
  std::uint32_t filters = 0;
  for (const char c : letters) {
    if (c == 'd') {
      filters = 0;
      continue;
    }
    if (c == 'a' || c == 's') {
      filters |= kUnknownFilter;
      continue;
    }
    const WakeLetter* known = nullptr;
    for (const WakeLetter& w : kWakeLetters)
      if (w.letter == c) known = &w;
    if (known == nullptr) bad_command_line();
    filters |= known->filter;
  }
  return filters;
}

}  // namespace

std::string wake_letters(std::uint32_t filters) {
  std::string letters;
  for (const WakeLetter& w : kWakeLetters)
    if ((filters & w.filter) != 0) letters += w.letter;
  return letters.empty() ? "d" : letters;
}

Step self_test_step(const std::string& interface, const std::vector<std::string>& arguments) {
  const bool known = arguments.empty() || arguments[0] == "offline" || arguments[0] == "online";
  if (!known || arguments.size() > 1) bad_command_line();
  const bool offline = arguments.empty() || arguments[0] == "offline";
  Step s;
  s.in_task = true;
  s.run = [interface, offline](Context& c) {
    igb::IgbAdapter* a = present_adapter(c.host, interface);
    if (a == nullptr) {
      c.error("Cannot get strings: " + reason(ENODEV) + "\n");
      return 74;
    }
    const igb::SelfTest result = a->diag_test(offline);
    c.out += self_test_result(result);
    return result.failed() ? 2 : 0;
  };
  return s;
}

Step wake_step(const std::string& interface, const std::vector<std::string>& arguments) {
  if (arguments.size() != 2 || arguments[0] != "wol" || arguments[1].empty()) bad_command_line();
  Step s;
  s.in_task = true;
  s.run = [interface, filters = filters_of(arguments[1])](Context& c) {
    igb::IgbAdapter* a = present_adapter(c.host, interface);
    const int error = a == nullptr ? -ENODEV : a->set_wol(filters);
    if (error == 0) return 0;
    c.error((a == nullptr ? "Cannot get current wake-on-lan settings: "
                          : "Cannot set new wake-on-lan settings: ") +
            reason(error) + "\n  not setting wol\n");
    return 0;  // as ethtool: it goes on with what else was asked
  };
  return s;
}

}  // namespace niclab::lab::shell
