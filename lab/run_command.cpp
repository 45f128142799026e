#include <chrono>
#include <ostream>

#include "lab/commands.hpp"
#include "lab/expect.hpp"
#include "lab/output_folder.hpp"
#include "lab/progress.hpp"
#include "lab/recording.hpp"
#include "lab/report.hpp"
#include "lab/simulation.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

namespace fs = std::filesystem;

std::unique_ptr<RunResult> timed_run(const Scenario& scenario, const RunOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = run_scenario(scenario, options);
  if (result->wall_s == 0)
    result->wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  describe(*result, scenario);
  return result;
}

void describe(RunResult& result, const Scenario& scenario) {
  result.version = version();
  result.scenario = scenario.name;
  result.seed = scenario.run.seed;
  result.fidelity = scenario.fidelity;
}

std::vector<std::string> faults_of(const RunResult& r) {
  std::vector<std::string> faults = r.faults;
  for (const auto& [name, a] : r.accounts) {
    if (a.rx_gap() != 0)
      faults.push_back("account " + name + ": " + std::to_string(a.rx_gap()) +
                       " received frames not accounted for");
    if (a.tx_gap() != 0)
      faults.push_back("account " + name + ": " + std::to_string(a.tx_gap()) +
                       " frames handed to the device not accounted for");
  }
  if (r.faults.empty())
    for (const auto& [name, p] : r.pcie)
      if (p.dma_faults != 0)
        faults.push_back("pcie " + name + ": " + std::to_string(p.dma_faults) + " DMA faults");
  for (const auto& [name, l] : r.lockstep)
    if (l.mismatches != 0)
      faults.push_back("lockstep " + name + ": " + std::to_string(l.mismatches) + " mismatches");
  return faults;
}

void refuse_outside(const Scenario& scenario, const fs::path& file) {
  for (const Host& h : scenario.hosts)
    if (h.external)
      throw UserError(file.string() + ": host " + h.name + " is external, expected `niclab serve`");
  if (!scenario.wires.empty())
    throw UserError(scenario.wires.front().where.to_string() +
                    ": wire: leads out of the simulation, expected `niclab serve`");
}

int run_command(const RunCommand& command, std::ostream& out, std::ostream& err) {
  std::optional<Recording> recording;
  if (is_recording(command.file)) {
    if (!command.sets.empty() || command.seed)
      throw UserError(command.file.string() + ": is a recording, expected neither --set nor --seed");
    recording = load_recording(command.file);
  }
  const Scenario scenario =
      recording ? recording->scenario : load_scenario(command.file, command.sets, command.seed);
  if (!recording) refuse_outside(scenario, command.file);
  OutputFolder folder(command.out.value_or(fs::path("out") / scenario.name));
  std::unique_ptr<RunResult> result;
  {
    ProgressLine progress(!command.quiet);
    RunOptions options;
    options.eager = command.eager;
    options.out_dir = folder.path();
    options.quiet = command.quiet;
    options.waves = command.waves;
    options.progress = progress.enabled() ? &progress : nullptr;
    options.stages = true;
    options.trace = command.trace;
    if (recording) options.replay = &*recording;
    result = timed_run(scenario, options);
  }
  const Json summary = summary_json(*result);
  const auto outcomes = judge(scenario.expects, summary);
  write_text_file(folder.path() / "scenario.json", stored_run_json(scenario, command.eager));
  if (!outcomes.empty())
    write_text_file(folder.path() / "junit.xml", junit_xml("niclab." + scenario.name, outcomes));
  write_text_file(folder.path() / "summary.json", summary.dump(2) + "\n");
  folder.keep();
  if (!command.quiet) out << report_text(*result, outcomes, folder.path()) << std::flush;
  auto faults = faults_of(*result);
  for (const auto& o : outcomes)
    if (!o.passed) faults.push_back(o.place + ": expect " + o.statement + ", found " + o.actual);
  for (const auto& f : faults) err << "fault: " << f << "\n";
  return faults.empty() ? 0 : 1;
}

}  // namespace niclab::lab
