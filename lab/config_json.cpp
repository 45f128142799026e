#include <nlohmann/json.hpp>

#include "lab/config_tree.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ConfigNode& node) {
  struct Visitor {
    Json operator()(const ConfigTable& t) const {
      Json out = Json::object();
      for (const auto& [key, child] : t) out[key] = to_json(child);
      return out;
    }
    Json operator()(const ConfigArray& a) const {
      Json out = Json::array();
      for (const auto& child : a) out.push_back(to_json(child));
      return out;
    }
    Json operator()(const std::string& s) const { return s; }
    Json operator()(std::int64_t i) const { return i; }
    Json operator()(double d) const { return d; }
    Json operator()(bool b) const { return b; }
    Json operator()(ConfigDate) const { return nullptr; }
  };
  return std::visit(Visitor{}, node.value);
}

ConfigNode from_json(const Json& j, const Where& where) {
  if (j.is_object()) {
    ConfigTable t;
    for (const auto& [key, child] : j.items()) t.emplace_back(key, from_json(child, where));
    return {std::move(t), where};
  }
  if (j.is_array()) {
    ConfigArray a;
    for (const auto& child : j) a.push_back(from_json(child, where));
    return {std::move(a), where};
  }
  if (j.is_string()) return {j.get<std::string>(), where};
  if (j.is_boolean()) return {j.get<bool>(), where};
  if (j.is_number_integer()) return {j.get<std::int64_t>(), where};
  if (j.is_number()) return {j.get<double>(), where};
  return {ConfigDate{}, where};
}

}  // namespace

std::string config_to_json(const ConfigNode& root) { return to_json(root).dump(2); }

ConfigNode config_from_json(std::string_view text, const std::string& source) {
  try {
    return from_json(Json::parse(text), {source, 0});
  } catch (const Json::exception&) {
    throw UserError(source + ": not JSON, expected what `niclab run` stored");
  }
}

}  // namespace niclab::lab
