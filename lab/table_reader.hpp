// Reads one table of a configuration key by key; every error names file, line and key.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/addresses.hpp"
#include "base/time.hpp"
#include "lab/config_tree.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

/// "file:line: key: what, expected …"; an option of the command line already names its key.
UserError config_error(const Where& where, const std::string& key, const std::string& what,
                       const std::string& expected);

/// The value as a user would write it, short, for error messages.
std::string shown(const ConfigNode& node);

class TableReader {
 public:
  /// `path` is the table's own key, "" for the root. Throws when `node` is not a table.
  TableReader(ConfigNode& node, std::string path);

  const Where& where() const { return node_.where; }
  const std::string& path() const { return path_; }
  /// "host.nic.mac": the path of a key of this table.
  std::string key_path(std::string_view key) const;
  /// The error of a key's value, or of the table when the key is absent.
  UserError error(std::string_view key, const std::string& what, const std::string& expected) const;

  // Each getter makes its key known. An absent optional key gives nullopt or the default; an absent required
  // key is reported by finish(), after unknown keys, because a misspelt key explains a missing one.
  ConfigNode* node(std::string_view key);
  std::optional<std::string> text(std::string_view key, const std::string& expected = "a string");
  std::string required_text(std::string_view key, const std::string& expected);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
  unsigned number(std::string_view key, unsigned fallback, unsigned low, unsigned high);
  unsigned one_of(std::string_view key, unsigned fallback, std::initializer_list<unsigned> allowed);
  std::optional<Duration> duration(std::string_view key, bool picoseconds = false);
  /// One of `names`; its index. Required when `fallback` is nullopt.
  std::size_t choice(std::string_view key, const std::vector<std::string_view>& names,
                     std::optional<std::size_t> fallback);
  /// A text that `parse` understands, or an error saying it is not `what`, expected `example`.
  template <class Parse>
  auto parsed(std::string_view key, Parse parse, const std::string& what, const std::string& example)
      -> decltype(parse(std::string_view{})) {
    const auto t = text(key, example);
    if (!t) return {};
    auto value = parse(std::string_view(*t));
    if (!value) throw error(key, "\"" + *t + "\" is not " + what, example);
    return value;
  }
  /// Says that `key` has to be there.
  void require(std::string_view key, const std::string& expected);
  /// The tables of an array of tables, in order, each with its own path; empty when absent.
  void each(std::string_view key, const std::function<void(TableReader&)>& read);
  /// A sub-table, if present.
  void table(std::string_view key, const std::function<void(TableReader&)>& read);
  /// Reports unknown keys, then absent required ones.
  void finish();

 private:
  ConfigNode& node_;
  std::string path_;
  std::vector<std::string> known_;
  std::optional<UserError> missing_;
};

}  // namespace niclab::lab
