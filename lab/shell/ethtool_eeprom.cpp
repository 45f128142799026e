#include "lab/shell/ethtool_eeprom.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>

#include "lab/shell/host.hpp"
#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

constexpr unsigned kBytesALine = 16;
constexpr int kCannotGet = 74, kCannotSet = 87;  // ethtool's exit codes

[[noreturn]] void bad_command_line() {
  throw CommandError{"ethtool: bad command line argument(s)\nFor more information run ethtool -h\n", 1};
}

/// A number in C's notation.
std::uint32_t number(const std::string& word) {
  std::size_t end = 0;
  unsigned long value = 0;
  try {
    value = std::stoul(word, &end, 0);
  } catch (const std::exception&) {
    bad_command_line();
  }
  if (end != word.size() || word[0] == '-' || value > UINT32_MAX) bad_command_line();
  return static_cast<std::uint32_t>(value);
}

/// Pairs of a name and a number, each name at most once.
std::map<std::string, std::uint32_t> numbers(const std::vector<std::string>& arguments,
                                             const std::vector<std::string>& names) {
  std::map<std::string, std::uint32_t> found;
  if (arguments.size() % 2 != 0) bad_command_line();
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (arguments[i] == "raw" && arguments[i + 1] == "off") continue;
    if (std::find(names.begin(), names.end(), arguments[i]) == names.end()) bad_command_line();
    found[arguments[i]] = number(arguments[i + 1]);
  }
  return found;
}

std::optional<std::uint32_t> find(const std::map<std::string, std::uint32_t>& numbers,
                                  const std::string& name) {
  const auto at = numbers.find(name);
  return at == numbers.end() ? std::nullopt : std::optional(at->second);
}

int fail(Context& c, const std::string& what, int error, int code) {
  c.error(what + ": " + reason(error) + "\n");
  return code;
}

std::string hex_dump(const std::vector<std::uint8_t>& bytes, unsigned offset) {
  std::string text = "Offset\t\tValues\n------\t\t------";
  char part[24];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % kBytesALine == 0) {
      std::snprintf(part, sizeof part, "\n0x%04x:\t\t", offset + static_cast<unsigned>(i));
      text += part;
    }
    std::snprintf(part, sizeof part, "%02x ", bytes[i]);
    text += part;
  }
  return text + "\n\n";
}

}  // namespace

Step show_eeprom(const std::string& interface, const std::vector<std::string>& arguments) {
  const auto asked = numbers(arguments, {"offset", "length"});
  Step s;
  s.in_task = true;
  s.run = [interface, asked](Context& c) {
    igb::IgbAdapter* a = present_adapter(c.host, interface);
    if (a == nullptr) return fail(c, "Cannot get driver information", ENODEV, kCannotGet);
    const unsigned size = a->get_eeprom_len(), offset = std::min(find(asked, "offset").value_or(0), size);
    const unsigned length =
        std::min(find(asked, "length").value_or(size), size - offset);  // as ethtool cuts it
    std::vector<std::uint8_t> bytes(length);
    if (const int error = a->get_eeprom(offset, bytes); error != 0)
      return fail(c, "Cannot get EEPROM data", error, kCannotGet);
    c.out += hex_dump(bytes, offset);
    return 0;
  };
  return s;
}

Step change_eeprom(const std::string& interface, const std::vector<std::string>& arguments) {
  const auto asked = numbers(arguments, {"magic", "offset", "length", "value"});
  const auto value = find(asked, "value");
  if (!value || *value > 0xFF || find(asked, "length").value_or(1) != 1) bad_command_line();
  Step s;
  s.in_task = true;
  s.run = [interface, asked, value](Context& c) {
    igb::IgbAdapter* a = present_adapter(c.host, interface);
    if (a == nullptr) return fail(c, "Cannot get driver information", ENODEV, kCannotSet);
    const std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(*value)};
    const int error =
        a->set_eeprom(find(asked, "magic").value_or(0), find(asked, "offset").value_or(0), bytes);
    return error == 0 ? 0 : fail(c, "Cannot set EEPROM data", error, kCannotSet);
  };
  return s;
}

}  // namespace niclab::lab::shell
