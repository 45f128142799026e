// tests/data/i350-registers.csv, read: the registers as the fact base states them, apart from
// hw/registers.cpp.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace niclab::test {

/// One row: `count` registers `stride` bytes apart. What is not stated is empty.
struct StatedRegister {
  std::string name, access, section;
  std::uint32_t offset = 0;
  unsigned count = 1, stride = 0;
  std::optional<std::uint32_t> first_reset, reset;          ///< of register 0, and of the others
  std::optional<std::uint32_t> writable;                    ///< bits that keep what is written
  bool exactly = false;                                     ///< and all others read 0 whatever was written
  std::optional<std::pair<std::uint32_t, unsigned>> alias;  ///< first offset, stride; `alias_count` of them
  unsigned alias_count = 0;
  bool modelled = true;  ///< false: omitted; reads 0 and drops what is written

  std::uint32_t at(unsigned i) const { return offset + i * stride; }
  std::optional<std::uint32_t> reset_of(unsigned i) const { return i == 0 ? first_reset : reset; }
};

namespace detail {

inline std::uint32_t number(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text, nullptr, 0));
}

/// "-" is not stated; "~" after a number marks it as inferred.
inline std::optional<std::uint32_t> stated(std::string text) {
  if (!text.empty() && text.back() == '~') text.pop_back();
  if (text == "-") return std::nullopt;
  return number(text);
}

inline void read_resets(StatedRegister& r, const std::string& text) {
  const auto slash = text.find('/');
  r.first_reset = stated(text.substr(0, slash));
  r.reset = slash == std::string::npos ? r.first_reset : stated(text.substr(slash + 1));
}

/// "offset" or "offset+stride*count".
inline void read_alias(StatedRegister& r, const std::string& text) {
  if (text == "-") return;
  const auto plus = text.find('+'), times = text.find('*');
  const bool one = plus == std::string::npos;
  r.alias = {number(text.substr(0, plus)), one ? 0 : number(text.substr(plus + 1, times - plus - 1))};
  r.alias_count = one ? 1 : number(text.substr(times + 1));
}

}  // namespace detail

/// All rows, in the order of the file. Throws when there is none, or a row has not eleven columns.
inline std::vector<StatedRegister> stated_registers() {
  std::ifstream file(NICLAB_SOURCE_DIR "/tests/data/i350-registers.csv");
  std::vector<StatedRegister> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.starts_with("offset,")) continue;
    std::istringstream text(line);
    std::vector<std::string> cells;
    for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
    if (cells.size() < 10) throw std::runtime_error("i350-registers.csv: a short row: " + line);
    StatedRegister r;
    r.offset = detail::number(cells[0]);
    r.name = cells[1];
    r.count = detail::number(cells[2]);
    r.stride = detail::number(cells[3]);
    r.access = cells[4];
    detail::read_resets(r, cells[5]);
    r.exactly = cells[6][0] == '=';
    r.writable = detail::stated(cells[6].substr(r.exactly ? 1 : 0));
    detail::read_alias(r, cells[7]);
    r.modelled = cells[8] == "yes";
    r.section = cells[9];
    rows.push_back(r);
  }
  if (rows.empty()) throw std::runtime_error("i350-registers.csv: nothing in it");
  return rows;
}

}  // namespace niclab::test
