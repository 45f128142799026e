#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "lab/commands.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

std::string_view version() { return NICLAB_VERSION; }

namespace {

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Says which commands there are when the first argument is none of them.
void check_command(const std::vector<std::string>& arguments) {
  static const std::vector<std::string_view> kCommands{"run",  "study", "sh",   "serve",
                                                       "diff", "bench", "regs", "nvm"};
  const std::string expected = ", expected run, study, sh, serve, diff, bench, regs or nvm";
  if (arguments.empty()) throw UserError("niclab: no command" + expected);
  if (arguments[0].starts_with("-") ||
      std::find(kCommands.begin(), kCommands.end(), arguments[0]) != kCommands.end())
    return;
  throw UserError("niclab: " + one_line(arguments[0]) + ": unknown command" + expected);
}

class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", "niclab " + std::string(version()));
    app_.require_subcommand(1);
    add_run();
    add_study();
    add_sh();
    add_serve();
    add_diff();
    add_bench();
    add_regs();
    add_nvm();
  }

  int execute(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    try {
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::Success& e) {
      return app_.exit(e, out, err);
    } catch (const CLI::ParseError& e) {
      const std::string name = subcommand();
      throw UserError("niclab" + name + ": " + one_line(e.what()) + ", expected what `niclab" + name +
                      " --help` says");
    }
    if (run_->parsed()) return run(out, err);
    if (study_->parsed()) return study(out, err);
    if (sh_->parsed()) return sh(out, err);
    if (serve_->parsed()) return serve(out, err);
    if (diff_->parsed()) return diff_command(diff_a_, diff_b_, out);
    if (bench_->parsed()) return bench_command(bench_json_, bench_case_, out, err);
    if (nvm_->parsed()) return nvm(out);
    return regs_command(regs_json_, out);
  }

 private:
  std::string subcommand() const {
    for (const CLI::App* command : {run_, study_, sh_, serve_, diff_, bench_, regs_, nvm_})
      if (command->parsed() || command->count() != 0) return " " + command->get_name();
    return "";
  }

  void add_run() {
    run_ = app_.add_subcommand("run", "Run a scenario");
    run_->add_option("FILE", options_.file, "scenario (TOML)")->required();
    run_->add_option("--out", out_, "folder of the results (default out/<scenario>)")->type_name("DIR");
    run_->add_option("--set", options_.sets, "overrides a key: a.b=V, app[1].port=V; repeatable")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    run_->add_option("--seed", seed_, "seed of everything random")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, INT64_MAX).description(""));
    run_->add_flag("--eager", options_.eager,
                   "every effect a kernel event of its own; results do not change");
    run_->add_flag("--quiet", options_.quiet, "print errors only");
    run_->add_flag("--waves", options_.waves, "write waves.fst, for GTKWave; results do not change");
    run_->add_flag("--trace", options_.trace, "write DIR/trace.json: packets' journeys, for ui.perfetto.dev");
  }
  void add_study() {
    study_ = app_.add_subcommand("study", "Run a scenario at many points, and say what they show");
    study_
        ->add_option("NAME", sweep_.names,
                     "a built-in study or a study file (TOML); none: list the built-in ones. \"uncertainty "
                     "NAME\": its core "
                     "under other assumptions")
        ->type_name("NAME|FILE")
        ->expected(0, 2);
    study_->add_option("--out", out_, "folder of the results (default out/study-<name>)")->type_name("DIR");
    study_
        ->add_option(
            "--set", sweep_.sets,
            "overrides a key of the study (parameter.NAME.values=[1, 2]) or of its scenario; repeatable")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    study_
        ->add_option("--jobs", sweep_.jobs,
                     "processes at once (default: the hardware threads; under mpirun 1 a rank)")
        ->type_name("N")
        ->check(CLI::Range(1, 4096).description(""));
    study_->add_flag("--list", sweep_.list, "print the command of each point, run none");
    study_->add_flag("--quiet", sweep_.quiet, "print errors only");
  }
  void add_sh() {
    sh_ =
        app_.add_subcommand("sh", "The shell of a simulated host: ethtool, /proc, sysctl, ifconfig, tc ...");
    sh_->add_option("FILE", shell_.file, "scenario (TOML)")->required();
    sh_->add_option("--set", shell_.sets, "overrides a key: a.b=V, app[1].port=V; repeatable")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    sh_->add_option("--seed", seed_, "seed of everything random")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, INT64_MAX).description(""));
    sh_->add_option("--at", shell_.at,
                    "pauses there: a time after the start line (5ms), or end (default: end with -c, else 0s)")
        ->type_name("TIME");
    sh_->add_option("--host", shell_.host, "whose shell (default: the first host's)")->type_name("NAME");
    sh_->add_option("-c", shell_.commands,
                    "a command line; repeatable, in order. Without: reads standard input")
        ->type_name("COMMAND")
        ->allow_extra_args(false);
  }
  void add_serve() {
    serve_ = app_.add_subcommand(
        "serve", "Let the outside in: other programs drive external hosts' cards, [[wire]]s lead out");
    serve_->add_option("FILE", served_.file, "scenario (TOML)")->required();
    serve_
        ->add_option("--vfio-user", served_.sockets,
                     "unix socket of a NIC, for QEMU's vfio-user-pci; repeatable, in the scenario's order")
        ->type_name("SOCKET")
        ->allow_extra_args(false);
    serve_
        ->add_option("--record", record_, "keeps what comes in from outside: `niclab run FILE` runs it again")
        ->type_name("FILE");
    serve_->add_option("--out", out_, "folder of the results (default out/<scenario>)")->type_name("DIR");
    serve_
        ->add_option("--registers", registers_,
                     "writes every access of the clients there, a line each, as it happens")
        ->type_name("FILE");
    serve_->add_flag("--waves", served_.waves, "write waves.fst; [waves] says from when to when");
    serve_->add_option("--pace", pace_, "real (simulated time follows the wall clock) or free")
        ->check(CLI::IsMember({"real", "free"}));
    serve_->add_option("--set", served_.sets, "overrides a key: a.b=V, app[1].port=V; repeatable")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    serve_->add_option("--seed", seed_, "seed of everything random")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, INT64_MAX).description(""));
  }
  void add_diff() {
    diff_ = app_.add_subcommand("diff",
                                "Show the first TLP, frame, interrupt or delivery in which two runs differ");
    diff_->add_option("A", diff_a_, "result folder")->required();
    diff_->add_option("B", diff_b_, "result folder")->required();
  }
  void add_bench() {
    bench_ = app_.add_subcommand("bench", "Measure the speed of the simulator");
    bench_->add_flag("--json", bench_json_, "print one JSON object");
    bench_->add_option("--case", bench_case_,
                       "only this one: rx64_model, rx1514_model, tx64_model, tx1514_model, "
                       "slowdown_rtl_all_64, slowdown_rtl_all_1514, slowdown_rtl_all_rx64, "
                       "slowdown_two_hosts_64, slowdown_two_hosts_1514, registers, rtl_cost");
  }
  void add_regs() {
    regs_ = app_.add_subcommand("regs", "List every register of the device and how much of it is modelled");
    regs_->add_flag("--json", regs_json_, "print one JSON array");
  }

  void add_nvm() {
    nvm_ = app_.add_subcommand("nvm", "NVM images: from text to bytes and back");
    nvm_->require_subcommand(1);
    nvm_build_ = nvm_->add_subcommand("build", "Make the bytes of a part");
    nvm_build_->add_option("IMAGE", nvm_image_, "image (TOML)")->required();
    nvm_build_->add_option("-o", nvm_out_, "file of the bytes")->required()->type_name("FILE");
    nvm_check_ = nvm_->add_subcommand("check", "Say whether a driver would accept an image");
    nvm_check_->add_option("IMAGE", nvm_image_, "image (TOML if it ends in .toml, else bytes)")->required();
    nvm_dump_ = nvm_->add_subcommand("dump", "Print an image as TOML");
    nvm_dump_->add_option("IMAGE", nvm_image_, "image (TOML if it ends in .toml, else bytes)")->required();
    CLI::App* fields = nvm_->add_subcommand("fields", "List the fields of an image");
    fields->add_flag("--json", nvm_json_, "print one JSON array");
  }

  int nvm(std::ostream& out) {
    if (nvm_build_->parsed()) return nvm_build_command(nvm_image_, nvm_out_);
    if (nvm_check_->parsed()) return nvm_check_command(nvm_image_, out);
    if (nvm_dump_->parsed()) return nvm_dump_command(nvm_image_, out);
    return nvm_fields_command(nvm_json_, out);
  }

  int run(std::ostream& out, std::ostream& err) {
    if (!out_.empty())
      options_.out = out_;
    else if (run_->count("--out") != 0)
      throw UserError("--out: is empty, expected a folder");
    if (run_->count("--seed") != 0) options_.seed = static_cast<std::uint64_t>(seed_);
    return run_command(options_, out, err);
  }

  int study(std::ostream& out, std::ostream& err) {
    if (!out_.empty())
      sweep_.out = out_;
    else if (study_->count("--out") != 0)
      throw UserError("--out: is empty, expected a folder");
    return study_command(sweep_, out, err);
  }

  int sh(std::ostream& out, std::ostream& err) {
    if (sh_->count("--seed") != 0) shell_.seed = static_cast<std::uint64_t>(seed_);
    return sh_command(shell_, out, err);
  }

  int serve(std::ostream& out, std::ostream& err) {
    if (serve_->count("--seed") != 0) served_.seed = static_cast<std::uint64_t>(seed_);
    if (serve_->count("--record") != 0) served_.record = record_;
    if (serve_->count("--out") != 0) served_.out = out_;
    if (serve_->count("--registers") != 0) served_.registers = registers_;
    served_.free_pace = pace_ == "free";
    return serve_command(served_, out, err);
  }

  CLI::App app_{"niclab: a laboratory for a network card and the software that drives it", "niclab"};
  CLI::App* run_ = nullptr;
  CLI::App* study_ = nullptr;
  CLI::App* sh_ = nullptr;
  CLI::App* serve_ = nullptr;
  CLI::App* diff_ = nullptr;
  CLI::App* bench_ = nullptr;
  CLI::App* regs_ = nullptr;
  CLI::App *nvm_ = nullptr, *nvm_build_ = nullptr, *nvm_check_ = nullptr, *nvm_dump_ = nullptr;
  RunCommand options_;
  StudyCommand sweep_;
  ShCommand shell_;
  ServeCommand served_;
  std::string pace_ = "real", record_, registers_;
  std::string out_, diff_a_, diff_b_;
  std::int64_t seed_ = 0;
  std::string bench_case_, nvm_image_, nvm_out_;
  bool bench_json_ = false, regs_json_ = false, nvm_json_ = false;
};

}  // namespace

int command_line(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  try {
    check_command(arguments);
    return CommandLine().execute(arguments, out, err);
  } catch (const UserError& e) {
    err << e.what() << "\n";
    return 2;
  } catch (const std::exception& e) {
    err << "fault: " << e.what() << "\n";
    return 1;
  }
}

}  // namespace niclab::lab
