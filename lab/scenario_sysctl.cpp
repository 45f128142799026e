// [host.sysctl]: tunables a host has before anything runs on it.
#include <algorithm>

#include "lab/scenario_sections.hpp"
#include "stack/admin/sysctl.hpp"

namespace niclab::lab {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void unknown(const ConfigNode& node, const std::string& path, const std::string& name) {
  const auto close = nearest(name, stack::admin::sysctl_names());
  throw config_error(
      node.where, path, "unknown tunable \"" + name + "\"",
      close.empty() ? "a name that `sysctl -a` lists" : "perhaps \"" + std::string(close) + "\"");
}

/// TOML reads the dots of net.core.rmem_max as tables in tables, unless the name stands in quotes.
void read_names(const ConfigNode& node, const std::string& path, const std::string& name,
                Settings& settings) {
  if (node.is_table()) {
    for (const auto& [key, child] : node.table())
      read_names(child, path + "." + key, name.empty() ? key : name + "." + key, settings);
    return;
  }
  const auto names = stack::admin::sysctl_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) unknown(node, path, name);
  std::string value;
  if (const auto* i = std::get_if<std::int64_t>(&node.value)) value = std::to_string(*i);
  if (const auto* s = std::get_if<std::string>(&node.value)) value = *s;
  if (!stack::admin::sysctl_takes(name, value))
    throw config_error(node.where, path, "is " + shown(node), stack::admin::sysctl_expects(name));
  settings.emplace_back(name, value);
}

}  // namespace

void read_sysctl(TableReader& host, Settings& settings) {
  const ConfigNode* node = host.node("sysctl");
  if (node == nullptr) return;
  const std::string path = host.key_path("sysctl");
  if (!node->is_table()) throw config_error(node->where, path, "is " + shown(*node), "a table");
  read_names(*node, path, "", settings);
}

}  // namespace niclab::lab
