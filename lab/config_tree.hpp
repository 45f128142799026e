// A configuration as a tree of values that know where they were written: the form between TOML (or JSON) text
// and the typed Scenario. Overrides (--set) are applied here, before any key is looked at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace niclab::lab {

/// Where a value was written: a line of a file, or an option of the command line.
struct Where {
  std::string source;             ///< file name as the user gave it, or "--set a.b"
  unsigned line = 0;              ///< 0 when the source has no lines
  bool command_line = false;      ///< relative files are then relative to the current folder
  std::string to_string() const;  ///< "file:12" or "--set a.b"
};

class ConfigNode;
using ConfigArray = std::vector<ConfigNode>;
using ConfigTable = std::vector<std::pair<std::string, ConfigNode>>;  ///< in the order of the file

/// A date or time of day, which no key takes; kept so that the error can name it.
struct ConfigDate {};

class ConfigNode {
 public:
  using Value = std::variant<ConfigTable, ConfigArray, std::string, std::int64_t, double, bool, ConfigDate>;

  ConfigNode() = default;
  ConfigNode(Value v, Where w) : value(std::move(v)), where(std::move(w)) {}

  Value value;
  Where where;

  bool is_table() const { return std::holds_alternative<ConfigTable>(value); }
  bool is_array() const { return std::holds_alternative<ConfigArray>(value); }
  ConfigTable& table() { return std::get<ConfigTable>(value); }
  const ConfigTable& table() const { return std::get<ConfigTable>(value); }
  ConfigArray& array() { return std::get<ConfigArray>(value); }
  const ConfigArray& array() const { return std::get<ConfigArray>(value); }
  /// The child of that name, or nullptr. Only for tables.
  ConfigNode* find(std::string_view key);
  const ConfigNode* find(std::string_view key) const;
  /// "a string", "an integer", …: for error messages.
  std::string_view type_name() const;
};

/// Parses TOML text. `source` names it in errors, `what` says what it should have been. Throws UserError with
/// file:line on a syntax error.
ConfigNode parse_toml(std::string_view text, const std::string& source,
                      std::string_view what = "a scenario in TOML");

/// Applies one "a.b[1].c=V": V is a TOML value, else a string. Missing tables are created, missing elements
/// of arrays are not. Throws UserError naming the option.
void apply_override(ConfigNode& root, const std::string& assignment);

/// What to write behind the "=" of an override so that it gives this value: "50", "line", "\"50\"", "[1, 2]".
std::string override_text(const ConfigNode& value);

/// The tree as JSON text, and back (a run stores its resolved scenario this way). Throws UserError.
std::string config_to_json(const ConfigNode& root);
ConfigNode config_from_json(std::string_view text, const std::string& source);

/// The candidate closest to `word` when it is close enough to be a slip of the keyboard, else "".
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// The whole of a file. Throws UserError "PATH: cannot read: why, expected WHAT".
std::string read_text_file(const std::filesystem::path& path, std::string_view what);

}  // namespace niclab::lab
