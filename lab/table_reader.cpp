#include "lab/table_reader.hpp"

#include <algorithm>

#include "lab/values.hpp"

namespace niclab::lab {
namespace {

std::string join(const std::vector<std::string_view>& names) {
  std::string s;
  for (const auto n : names) s += (s.empty() ? "" : ", ") + std::string(n);
  return s;
}

}  // namespace

UserError config_error(const Where& where, const std::string& key, const std::string& what,
                       const std::string& expected) {
  const std::string place = where.to_string();
  const bool names_key = where.command_line && place == "--set " + key;
  std::string line =
      place + ": " + (names_key || key.empty() ? "" : key + ": ") + what + ", expected " + expected;
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return UserError(line);
}

std::string shown(const ConfigNode& node) {
  if (const auto* s = std::get_if<std::string>(&node.value)) return "\"" + s->substr(0, 80) + "\"";
  if (const auto* i = std::get_if<std::int64_t>(&node.value)) return std::to_string(*i);
  if (const auto* b = std::get_if<bool>(&node.value)) return *b ? "true" : "false";
  return std::string(node.type_name());
}

TableReader::TableReader(ConfigNode& node, std::string path) : node_(node), path_(std::move(path)) {
  if (!node.is_table()) throw config_error(node.where, path_, "is " + shown(node), "a table");
}

std::string TableReader::key_path(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

UserError TableReader::error(std::string_view key, const std::string& what,
                             const std::string& expected) const {
  const ConfigNode* child = std::as_const(node_).find(key);
  return config_error(child != nullptr ? child->where : node_.where, key_path(key), what, expected);
}

ConfigNode* TableReader::node(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return node_.find(key);
}

void TableReader::require(std::string_view key, const std::string& expected) {
  if (node(key) == nullptr && !missing_) missing_ = error(key, "missing", expected);
}

std::optional<std::string> TableReader::text(std::string_view key, const std::string& expected) {
  const ConfigNode* n = node(key);
  if (n == nullptr) return std::nullopt;
  if (const auto* s = std::get_if<std::string>(&n->value)) return *s;
  throw error(key, "is " + shown(*n), expected);
}

std::string TableReader::required_text(std::string_view key, const std::string& expected) {
  require(key, expected);
  const auto t = text(key, expected);
  if (t && t->empty()) throw error(key, "is empty", expected);
  return t.value_or("");
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const ConfigNode* n = node(key);
  if (n == nullptr) return std::nullopt;
  if (const auto* b = std::get_if<bool>(&n->value)) return *b;
  throw error(key, "is " + shown(*n), "true or false");
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const ConfigNode* n = node(key);
  if (n == nullptr) return std::nullopt;
  const auto* i = std::get_if<std::int64_t>(&n->value);
  if (i != nullptr && *i >= low && *i <= high) return *i;
  throw error(key, "is " + shown(*n),
              "an integer from " + std::to_string(low) + " to " + std::to_string(high));
}

unsigned TableReader::number(std::string_view key, unsigned fallback, unsigned low, unsigned high) {
  return static_cast<unsigned>(integer(key, low, high).value_or(fallback));
}

unsigned TableReader::one_of(std::string_view key, unsigned fallback,
                             std::initializer_list<unsigned> allowed) {
  const ConfigNode* n = node(key);
  if (n == nullptr) return fallback;
  std::string list;
  for (const unsigned a : allowed) {
    if (const auto* i = std::get_if<std::int64_t>(&n->value); i != nullptr && *i == std::int64_t{a}) return a;
    list += (list.empty() ? "" : ", ") + std::to_string(a);
  }
  throw error(key, "is " + shown(*n), "one of " + list);
}

std::optional<Duration> TableReader::duration(std::string_view key, bool picoseconds) {
  return parsed(
      key, [&](std::string_view t) { return parse_duration(t, picoseconds); }, "a time",
      picoseconds ? "\"<n>ps|ns|us|ms|s\"" : "\"<n>ns|us|ms|s\"");
}

std::size_t TableReader::choice(std::string_view key, const std::vector<std::string_view>& names,
                                std::optional<std::size_t> fallback) {
  const std::string expected = (names.size() == 1 ? "" : "one of ") + join(names);
  if (!fallback) require(key, expected);
  const auto t = text(key, expected);
  if (!t) return fallback.value_or(0);
  const auto it = std::find(names.begin(), names.end(), *t);
  if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
  throw error(key, "unknown value \"" + *t + "\"", expected);
}

void TableReader::each(std::string_view key, const std::function<void(TableReader&)>& read) {
  ConfigNode* list = node(key);
  if (list == nullptr) return;
  const std::string path = key_path(key);
  if (!list->is_array())
    throw config_error(list->where, path, "is " + shown(*list), "[[" + path + "]] elements");
  std::size_t i = 0;
  for (auto& child : list->array()) {
    TableReader reader(child, i == 0 ? path : path + "[" + std::to_string(i) + "]");
    read(reader);
    reader.finish();
    ++i;
  }
}

void TableReader::table(std::string_view key, const std::function<void(TableReader&)>& read) {
  ConfigNode* child = node(key);
  if (child == nullptr) return;
  TableReader reader(*child, key_path(key));
  read(reader);
  reader.finish();
}

void TableReader::finish() {
  for (const auto& [key, child] : node_.table()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    const auto close = nearest(key, known);
    throw config_error(child.where, key_path(key), "unknown key",
                       close.empty() ? "one of " + join(known) : "perhaps \"" + std::string(close) + "\"");
  }
  if (missing_) throw *missing_;
}

}  // namespace niclab::lab
