// A command line of the host's shell, understood: what `niclab sh` and `[[at]]` both run.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/shell/host.hpp"

namespace niclab::lab::shell {

using Words = std::vector<std::string>;

/// What a running command has at hand, and leaves behind.
struct Context {
  Host& host;
  bool in_task = false;             ///< runs in a task of the host: simulated time may pass
  const std::string* in = nullptr;  ///< what the command before the pipe printed; nullptr: no pipe
  bool on_screen = false;           ///< what it prints is shown, not piped or redirected
  std::string out{}, err{};

  /// A message: on the screen in its place among the output.
  void error(const std::string& text) { (on_screen ? out : err) += text; }
};

/// One command of a pipeline, its arguments checked.
struct Step {
  std::string name;
  std::string interface;             ///< the interface it is about; empty: none, or all
  bool in_task = false;              ///< takes simulated time or acts on the host: runs in one of its tasks
  bool can_look = false;             ///< and yet can do without, when the host's time is over
  std::function<int(Context&)> run;  ///< its exit code
};

/// A command that cannot run: what its tool says, and its exit code.
struct CommandError {
  std::string text;  ///< ends with a line feed
  int code = 1;
};

/// Commands joined by pipes, and where the last one's output goes.
struct Pipeline {
  std::vector<Step> steps;
  std::string redirect;       ///< a file, or empty: standard output
  bool only_if_good = false;  ///< after "&&": runs only if the pipeline before it succeeded
};

/// A whole line.
using Script = std::vector<Pipeline>;

/// Understands a line: `sudo`, quotes, pipes, `;`, `&&`, `> file`, `sh -c '…'` (path-map F-01). Throws
/// CommandError; an unknown command has code 127, as in dash. An empty line is an empty script.
Script parse(std::string_view line);

/// Whether a script has to run in a task of the host. `time_is_over`: what can do without, does.
bool needs_task(const Script& script, bool time_is_over = false);

/// What a script printed, in order, and the exit code of its last command.
struct Outcome {
  std::string text;
  int code = 0;
};

/// Runs a script. `in_task`: in a task of the host, where it may take simulated time; a script that
/// needs_task() has to be.
Outcome run(const Script& script, Host& host, bool in_task);

/// Names of all commands, sorted; for completion and help.
std::vector<std::string> command_names();

}  // namespace niclab::lab::shell
