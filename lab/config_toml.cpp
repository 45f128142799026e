// The only file that includes toml++ (it is slow to compile).
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "lab/config_tree.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

std::string one_line(std::string_view text) {
  std::string s(text);
  std::replace_if(
      s.begin(), s.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return s;
}

ConfigNode convert(const toml::node& node, const std::string& source);

ConfigNode convert_table(const toml::table& table, const std::string& source, Where where) {
  std::vector<std::pair<toml::source_position, std::pair<std::string, ConfigNode>>> rows;
  for (const auto& [key, child] : table) {
    ConfigNode value = convert(child, source);
    if (value.where.line == 0) value.where.line = key.source().begin.line;
    rows.emplace_back(key.source().begin, std::pair{std::string(key.str()), std::move(value)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ConfigTable out;
  for (auto& row : rows) out.push_back(std::move(row.second));
  return {std::move(out), std::move(where)};
}

ConfigNode convert(const toml::node& node, const std::string& source) {
  Where where{source, static_cast<unsigned>(node.source().begin.line)};
  if (const auto* t = node.as_table()) return convert_table(*t, source, std::move(where));
  if (const auto* a = node.as_array()) {
    ConfigArray out;
    for (const auto& child : *a) out.push_back(convert(child, source));
    return {std::move(out), std::move(where)};
  }
  if (const auto* s = node.as_string()) return {s->get(), std::move(where)};
  if (const auto* i = node.as_integer()) return {i->get(), std::move(where)};
  if (const auto* d = node.as_floating_point()) return {d->get(), std::move(where)};
  if (const auto* b = node.as_boolean()) return {b->get(), std::move(where)};
  return {ConfigDate{}, std::move(where)};
}

/// Marks a subtree as written on the command line by option `source`.
void set_origin(ConfigNode& node, const std::string& source) {
  node.where = {source, 0, true};
  if (node.is_table())
    for (auto& entry : node.table()) set_origin(entry.second, source);
  if (node.is_array())
    for (auto& child : node.array()) set_origin(child, source);
}

ConfigNode override_value(const std::string& text, const std::string& source) {
  ConfigNode value{text, {}};
  try {
    const toml::table t = toml::parse("v = " + text);
    if (t.size() == 1 && t.contains("v")) value = convert(*t.get("v"), source);
  } catch (const toml::parse_error&) {
    // Not a TOML value, so it is the string itself.
  }
  set_origin(value, source);
  return value;
}

struct Step {
  std::string key;
  std::size_t index = 0;
  bool indexed = false;
};

/// "app[1].port" as steps; throws UserError on anything else.
std::vector<Step> parse_path(std::string_view path, const std::string& option) {
  const auto bad = [&]() -> UserError {
    return UserError(option + ": \"" + std::string(path) + "\" is not a key path, expected key.path=value");
  };
  std::vector<Step> steps;
  for (std::size_t pos = 0; pos <= path.size();) {
    const auto dot = std::min(path.find('.', pos), path.size());
    std::string_view part = path.substr(pos, dot - pos);
    Step step;
    if (const auto open = part.find('['); open != std::string_view::npos) {
      const auto digits = part.substr(open + 1, part.size() - open - 2);
      if (part.back() != ']' || digits.empty() || digits.size() > 6 ||
          digits.find_first_not_of("0123456789") != std::string_view::npos)
        throw bad();
      step.index = std::stoul(std::string(digits));
      step.indexed = true;
      part = part.substr(0, open);
    }
    if (part.empty() || part.find_first_of(" \t\n\"'[]") != std::string_view::npos) throw bad();
    step.key = std::string(part);
    steps.push_back(std::move(step));
    pos = dot + 1;
  }
  return steps;
}

bool is_element_list(std::string_view key) {
  constexpr std::string_view kLists[] = {"host", "nic",   "app",    "traffic",
                                         "at",   "fault", "expect", "firmware"};
  return std::find(std::begin(kLists), std::end(kLists), key) != std::end(kLists);
}

/// The element of array `node` a step means.
ConfigNode& element(ConfigNode& node, const Step& step, const std::string& option) {
  auto& array = node.array();
  if (step.index < array.size()) return array[step.index];
  throw UserError(option + ": index " + std::to_string(step.index) + " is out of range, expected less than " +
                  std::to_string(array.size()) + ", the number of elements of " + step.key);
}

/// The child table a step leads into, created when absent.
ConfigNode& descend(ConfigNode& node, const Step& step, const std::string& option) {
  ConfigNode* child = node.find(step.key);
  if (child == nullptr) {
    if (step.indexed || is_element_list(step.key))
      throw UserError(option + ": the scenario has no [[" + step.key + "]], expected an existing element");
    node.table().emplace_back(step.key, ConfigNode{ConfigTable{}, {option, 0, true}});
    child = &node.table().back().second;
  }
  if (child->is_array())
    child = &element(*child, step, option);
  else if (step.indexed && step.index != 0)
    throw UserError(option + ": " + step.key + " is " + std::string(child->type_name()) +
                    ", expected an array to index");
  if (!child->is_table())
    throw UserError(option + ": " + step.key + " is " + std::string(child->type_name()) +
                    ", expected a table");
  return *child;
}

std::string quoted(const std::string& text) {
  std::string q = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') q += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      q += escape;
    } else {
      q += c;
    }
  }
  return q + '"';
}

/// A value as TOML, on one line.
std::string toml_text(const ConfigNode& node) {
  if (const auto* s = std::get_if<std::string>(&node.value)) return quoted(*s);
  if (const auto* i = std::get_if<std::int64_t>(&node.value)) return std::to_string(*i);
  if (const auto* b = std::get_if<bool>(&node.value)) return *b ? "true" : "false";
  if (const auto* d = std::get_if<double>(&node.value)) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, *d).ptr;
    const std::string text(digits, end);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }
  std::string list;
  if (node.is_array()) {
    for (const auto& child : node.array()) list += (list.empty() ? "" : ", ") + toml_text(child);
    return "[" + list + "]";
  }
  if (node.is_table()) {
    for (const auto& [key, child] : node.table())
      list += (list.empty() ? "" : ", ") + quoted(key) + " = " + toml_text(child);
    return "{" + list + "}";
  }
  return "";
}

}  // namespace

std::string override_text(const ConfigNode& value) {
  const auto* s = std::get_if<std::string>(&value.value);
  if (s == nullptr) return toml_text(value);
  const ConfigNode read = override_value(*s, "");
  const auto* same = std::get_if<std::string>(&read.value);
  return same != nullptr && *same == *s ? *s : quoted(*s);
}

ConfigNode parse_toml(std::string_view text, const std::string& source, std::string_view what) {
  try {
    const toml::table table = toml::parse(text, std::string_view(source));
    return convert_table(table, source, {source, 1});
  } catch (const toml::parse_error& e) {
    const auto line = std::max<unsigned>(1, static_cast<unsigned>(e.source().begin.line));
    throw UserError(Where{source, line}.to_string() + ": not TOML: " + one_line(e.description()) +
                    ", expected " + std::string(what));
  }
}

void apply_override(ConfigNode& root, const std::string& assignment) {
  const auto equals = assignment.find('=');
  const std::string path = assignment.substr(0, equals);
  const std::string option = "--set " + one_line(path);
  if (equals == std::string::npos) throw UserError(option + ": no value, expected key.path=value");
  const auto steps = parse_path(path, option);
  ConfigNode* node = &root;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) node = &descend(*node, steps[i], option);
  const Step& last = steps.back();
  ConfigNode value = override_value(assignment.substr(equals + 1), option);
  ConfigNode* target = node->find(last.key);
  if (target == nullptr) {
    if (last.indexed)
      throw UserError(option + ": there is no array " + last.key + ", expected an existing element");
    node->table().emplace_back(last.key, std::move(value));
  } else if (last.indexed) {
    if (!target->is_array())
      throw UserError(option + ": " + last.key + " is " + std::string(target->type_name()) +
                      ", expected an array to index");
    element(*target, last, option) = std::move(value);
  } else {
    *target = std::move(value);
  }
}

}  // namespace niclab::lab
