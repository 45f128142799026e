#include "lab/commands.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

std::string stored_run_json(const Scenario& scenario, bool eager) {
  Json j = Json::object();
  j["niclab"] = version();
  j["scenario"] = scenario.name;
  j["seed"] = scenario.run.seed;
  j["eager"] = eager;
  j["configuration"] = Json::parse(config_to_json(scenario.tree));
  return j.dump(2) + "\n";
}

StoredRun load_stored_run(const std::filesystem::path& folder) {
  const auto file = folder / "scenario.json";
  const std::string expected = "a folder written by `niclab run`";
  const std::string text = read_text_file(file, expected);
  try {
    const Json j = Json::parse(text);
    ConfigNode tree = config_from_json(j.at("configuration").dump(), file.string());
    return {scenario_from_tree(std::move(tree), j.at("scenario").get<std::string>(), folder),
            j.at("eager").get<bool>()};
  } catch (const Json::exception&) {
    throw UserError(file.string() + ": not a stored run, expected " + expected);
  }
}

}  // namespace niclab::lab
