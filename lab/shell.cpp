#include "lab/shell.hpp"

#include <charconv>
#include <sstream>
#include <vector>

namespace niclab::lab {
namespace {

using Words = std::vector<std::string>;

std::optional<unsigned> number(const std::string& word) {
  unsigned v = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), v);
  if (ec != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return v;
}

/// "NAME N" pairs from words[first] on into the two places; false when anything else stands there, or
/// nothing.
bool take_pairs(const Words& words, std::size_t first, const char* rx_name, const char* tx_name,
                ShellCommand& c) {
  if (words.size() <= first || (words.size() - first) % 2 != 0) return false;
  for (std::size_t i = first; i < words.size(); i += 2) {
    const auto v = number(words[i + 1]);
    if (!v) return false;
    if (words[i] == rx_name) {
      c.rx = v;
    } else if (words[i] == tx_name) {
      c.tx = v;
    } else {
      return false;
    }
  }
  return true;
}

std::optional<ShellCommand> ethtool(const Words& w) {
  if (w.size() < 3) return std::nullopt;
  ShellCommand c;
  c.interface = w[2];
  if (w[1] == "-S" && w.size() == 3) {
    c.kind = ShellCommand::Kind::statistics;
    return c;
  }
  if (w.size() < 4) return std::nullopt;
  if (w[1] == "-C" || w[1] == "-G") {
    c.kind = w[1] == "-C" ? ShellCommand::Kind::coalesce : ShellCommand::Kind::ring;
    const bool coalesce = c.kind == ShellCommand::Kind::coalesce;
    if (!take_pairs(w, 3, coalesce ? "rx-usecs" : "rx", coalesce ? "tx-usecs" : "tx", c)) return std::nullopt;
    return c;
  }
  if (w[1] == "-L" && w.size() == 5 && w[3] == "combined") {
    const auto v = number(w[4]);
    if (!v) return std::nullopt;
    c.kind = ShellCommand::Kind::channels;
    c.value = *v;
    return c;
  }
  return std::nullopt;
}

std::optional<ShellCommand> ifconfig(const Words& w) {
  ShellCommand c;
  if (w.size() == 3 && (w[2] == "up" || w[2] == "down")) {
    c.kind = w[2] == "up" ? ShellCommand::Kind::up : ShellCommand::Kind::down;
  } else if (w.size() == 4 && (w[2] == "mtu" || w[2] == "txqueuelen") && number(w[3])) {
    c.kind = w[2] == "mtu" ? ShellCommand::Kind::mtu : ShellCommand::Kind::txqueuelen;
    c.value = *number(w[3]);
  } else {
    return std::nullopt;
  }
  c.interface = w[1];
  return c;
}

}  // namespace

std::optional<ShellCommand> parse_command(std::string_view line) {
  std::istringstream in{std::string(line)};
  Words words;
  for (std::string w; in >> w;) words.push_back(w);
  if (!words.empty() && words[0] == "sudo") words.erase(words.begin());
  if (words.empty()) return std::nullopt;
  if (words[0] == "ethtool") return ethtool(words);
  if (words[0] == "ifconfig") return ifconfig(words);
  return std::nullopt;
}

}  // namespace niclab::lab
