// `niclab sh`: the shell of a simulated host on a simulation that waits.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <iostream>
#include <ostream>

#include "lab/commands.hpp"
#include "lab/live_run.hpp"
#include "lab/progress.hpp"
#include "lab/report.hpp"
#include "lab/shell/line_editor.hpp"
#include "lab/shell/words.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"
#include "lab/values.hpp"

namespace niclab::lab {
namespace {

using shell::CommandError;
using shell::Words;

const std::vector<std::string> kBuiltins{"digest", "exit", "help", "host", "run", "time"};

constexpr std::string_view kHelp =
    "run [TIME|end]   lets simulated time pass (run 10ms); alone: to the end of the scenario\n"
    "time             where the simulation waits\n"
    "digest           the fingerprint of everything that has happened so far\n"
    "host [NAME]      names the hosts, or goes to another one\n"
    "exit [N]         leaves\n"
    "On the host:     cat ls grep head tail wc echo, sysctl, ethtool, ifconfig, ip link, tc qdisc, dmesg;\n"
    "                 pipes, ;, &&, > FILE, sudo and sh -c '...'\n"
    "Files:           ls /proc/net, ls /proc/sys/net/core, ls /sys/class/net, /proc/interrupts, "
    "/proc/softirqs\n";

/// Holds SIGINT back, so that Ctrl-C can be asked about instead of ending the process.
class HeldInterrupt {
 public:
  HeldInterrupt() {
    sigemptyset(&interrupt_);
    sigaddset(&interrupt_, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt_, &before_);
  }
  ~HeldInterrupt() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  HeldInterrupt(const HeldInterrupt&) = delete;
  HeldInterrupt& operator=(const HeldInterrupt&) = delete;
  /// Whether it was pressed since; asking forgets it.
  bool pressed() {
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGINT) == 0) return false;
    int signal = 0;
    sigwait(&interrupt_, &signal);
    return true;
  }

 private:
  sigset_t interrupt_, before_;
};

class Session {
 public:
  Session(LiveRun& run, std::size_t host, std::ostream& out) : run_(run), host_(host), out_(out) {}

  /// Runs one line; its exit code is code().
  void line(const std::string& text) {
    try {
      const auto raw = shell::split_line(text);
      const bool alone = raw.size() == 1 && raw[0].commands.size() == 1 && raw[0].redirect.empty();
      if (alone && builtin(raw[0].commands[0])) return;
      const shell::Outcome outcome = run_.run_script(shell::parse(text), host());
      out_ << outcome.text << std::flush;
      code_ = raw.empty() ? code_ : outcome.code;
    } catch (const CommandError& e) {
      out_ << e.text << std::flush;
      code_ = e.code;
    }
  }

  /// Reads lines until there are no more, or exit.
  void loop() {
    const bool terminal = isatty(STDIN_FILENO) != 0;
    const auto reader =
        terminal ? shell::terminal_reader([this](std::string_view typed) { return complete(typed); })
                 : shell::plain_reader(std::cin);
    interactive_ = reader->interactive();
    while (!left_) {
      const auto text = reader->read(prompt());
      if (!text) return;
      line(*text);
    }
  }

  int code() const { return code_; }
  bool left() const { return left_; }

 private:
  shell::Host& host() { return *run_.hosts()[host_]; }
  std::vector<std::string> host_names() const {
    std::vector<std::string> names;
    for (const shell::Host* h : run_.hosts()) names.push_back(h->name());
    return names;
  }
  shell::Completion complete(std::string_view typed) {
    return shell::complete(typed, host(), kBuiltins, host_names());
  }
  std::string prompt() {
    return host().name() + " +" + readable_ns((run_.now() - run_.start_line()).ns()) + "# ";
  }

  bool builtin(const Words& words) {
    const std::string& name = words[0];
    if (std::find(kBuiltins.begin(), kBuiltins.end(), name) == kBuiltins.end()) return false;
    if (words.size() > (name == "run" || name == "host" || name == "exit" ? 2u : 1u))
      throw CommandError{name + ": too many arguments\n", 2};
    const std::string argument = words.size() > 1 ? words[1] : "";
    code_ = 0;
    if (name == "run") run(argument);
    if (name == "time")
      out_ << run_.now().ns() << " ns since power-on, " << (run_.now() - run_.start_line()).ns()
           << " ns after the start line" << std::endl;
    if (name == "digest") out_ << hex16(run_.digest()) << std::endl;
    if (name == "help") out_ << kHelp << std::flush;
    if (name == "host") change_host(argument);
    if (name == "exit") exit(argument);
    return true;
  }

  void exit(const std::string& argument) {
    int code = 0;
    const auto [end, ec] = std::from_chars(argument.data(), argument.data() + argument.size(), code);
    if (!argument.empty() && (ec != std::errc{} || end != argument.data() + argument.size()))
      throw CommandError{"exit: Illegal number: " + argument + "\n", 2};
    code_ = code & 0xFF;
    left_ = true;
  }

  void change_host(const std::string& name) {
    const auto names = host_names();
    if (name.empty()) {
      for (const std::string& n : names) out_ << (n == host().name() ? "* " : "  ") << n << "\n";
      out_ << std::flush;
      return;
    }
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) throw CommandError{"host: no host " + name + "\n", 1};
    host_ = static_cast<std::size_t>(at - names.begin());
  }

  void run(const std::string& argument) {
    const bool to_end = argument.empty() || argument == "end";
    const auto duration = to_end ? std::nullopt : parse_duration(argument);
    if (!to_end && !duration)
      throw CommandError{"run: " + argument + ": not a time, expected <n>ns, us, ms or s, or end\n", 2};
    if (run_.over()) throw CommandError{"run: the scenario is over\n", 1};
    const Time target = to_end ? Time::never() : run_.now() + *duration;
    if (interactive_)
      run_watched(target);
    else
      run_.run_to(target);
  }

  /// In slices of some 20 ms of the user's time: between them the progress is shown, and Ctrl-C heard.
  void run_watched(Time target) {
    using WallClock = std::chrono::steady_clock;
    HeldInterrupt interrupt;
    ProgressLine progress(true);
    Duration slice = 100_us;
    while (!run_.over() && run_.now() < target && !interrupt.pressed()) {
      const auto begin = WallClock::now();
      run_.run_to(niclab::min(run_.now() + slice, target));
      if (WallClock::now() - begin < std::chrono::milliseconds(20))
        slice = slice * 2;
      else if (slice > 1_us)
        slice = slice / 2;
      progress.progress(run_.now(), target == Time::never() ? run_.end().value_or(target) : target);
    }
  }

  LiveRun& run_;
  std::size_t host_;
  std::ostream& out_;
  int code_ = 0;
  bool left_ = false, interactive_ = false;
};

std::size_t host_number(const Scenario& scenario, const std::string& name) {
  if (name.empty()) return 0;
  std::string names;
  for (std::size_t h = 0; h < scenario.hosts.size(); ++h) {
    if (scenario.hosts[h].name == name) return h;
    names += (names.empty() ? "" : ", ") + scenario.hosts[h].name;
  }
  throw UserError("--host " + name + ": no such host, expected one of " + names);
}

/// nullopt: the end.
std::optional<Duration> pause_of(const ShCommand& command) {
  const std::string at = !command.at.empty() ? command.at : command.commands.empty() ? "0s" : "end";
  if (at == "end") return std::nullopt;
  const auto duration = parse_duration(at);
  if (!duration) throw UserError("--at " + at + ": not a time, expected <n>ns, us, ms or s, or end");
  return duration;
}

}  // namespace

int sh_command(const ShCommand& command, std::ostream& out, std::ostream&) {
  const auto after_start = pause_of(command);
  const Scenario scenario = load_scenario(command.file, command.sets, command.seed);
  refuse_outside(scenario, command.file);
  const std::size_t host = host_number(scenario, command.host);
  RunOptions options;
  options.quiet = true;
  Session session(open_live_run(scenario, options, after_start), host, out);
  for (const std::string& line : command.commands)
    if (!session.left()) session.line(line);
  if (command.commands.empty()) session.loop();
  return session.code();
}

}  // namespace niclab::lab
