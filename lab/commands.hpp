// The commands of `niclab`, each a function from options to an exit code: 0 done, 1 the simulation found a
// fault or a difference, 2 the user's input is wrong (then as a UserError).
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "lab/results.hpp"
#include "lab/scenario.hpp"
#include "lab/simulation.hpp"

namespace niclab::lab {

/// "0.1.0".
std::string_view version();

struct RunCommand {
  std::filesystem::path file;
  std::optional<std::filesystem::path> out;  ///< default out/<scenario>
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  bool eager = false, quiet = false, waves = false, trace = false;
};
int run_command(const RunCommand& command, std::ostream& out, std::ostream& err);

struct ShCommand {
  std::filesystem::path file;
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  std::string at;    ///< a time after the start line, or "end"; empty: end with commands, else 0
  std::string host;  ///< empty: the first
  std::vector<std::string> commands;  ///< empty: read from standard input
};
/// The exit code is that of the last command.
int sh_command(const ShCommand& command, std::ostream& out, std::ostream& err);

struct ServeCommand {
  std::filesystem::path file;
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> sockets;  ///< one for each NIC of an external host, in the scenario's order
  std::optional<std::filesystem::path> out;        ///< default out/<scenario>
  std::optional<std::filesystem::path> record;     ///< keeps what comes in, for `niclab run`
  std::optional<std::filesystem::path> registers;  ///< every access of the clients, as text
  bool waves = false;
  bool free_pace = false;  ///< simulated time runs as fast as it can, else with the wall clock
};
/// Until SIGINT or SIGTERM.
int serve_command(const ServeCommand& command, std::ostream& out, std::ostream& err);

struct StudyCommand {
  std::vector<std::string> names;            ///< a built-in study or a file; empty: list them
  std::optional<std::filesystem::path> out;  ///< default out/study-<name>
  std::vector<std::string> sets;
  unsigned jobs = 0;  ///< 0: as many as there are hardware threads
  bool list = false, quiet = false;
};
/// 130 when a signal ended it.
int study_command(const StudyCommand& command, std::ostream& out, std::ostream& err);

/// Re-runs what two result folders hold and compares event by event.
int diff_command(const std::filesystem::path& a, const std::filesystem::path& b, std::ostream& out);

/// `only`: one case by name (rx64_model, …); empty: all.
int bench_command(bool json, const std::string& only, std::ostream& out, std::ostream& err);
int regs_command(bool json, std::ostream& out);

/// An image as the bytes of a part. Throws UserError, as all of these.
int nvm_build_command(const std::filesystem::path& image, const std::filesystem::path& out);
/// A line for each port's section; 1 when a driver would refuse one.
int nvm_check_command(const std::filesystem::path& image, std::ostream& out);
/// An image as TOML.
int nvm_dump_command(const std::filesystem::path& image, std::ostream& out);
/// The fields an image has.
int nvm_fields_command(bool json, std::ostream& out);
/// Throws UserError when the scenario needs what only `niclab serve` has: an outside.
void refuse_outside(const Scenario& scenario, const std::filesystem::path& file);

/// run_scenario(), with what the command line knows filled in: version, names, and wall time when the run
/// left it 0.
std::unique_ptr<RunResult> timed_run(const Scenario& scenario, const RunOptions& options);

/// Fills in what the command line knows of a run: version, and names of the scenario.
void describe(RunResult& result, const Scenario& scenario);

/// The faults a result shows by its numbers, beside those the run named itself: one line each.
std::vector<std::string> faults_of(const RunResult& r);

/// A run as DIR/scenario.json keeps it: the resolved configuration with absolute file names, and how it was
/// run.
struct StoredRun {
  Scenario scenario;
  bool eager = false;
};
std::string stored_run_json(const Scenario& scenario, bool eager);
/// Throws UserError when `folder` holds no readable run.
StoredRun load_stored_run(const std::filesystem::path& folder);

/// The whole command line; never throws. What is wrong with the input is one line on `err`.
int command_line(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace niclab::lab
