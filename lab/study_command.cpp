#include <algorithm>
#include <chrono>
#include <ostream>

#include "lab/commands.hpp"
#include "lab/output_folder.hpp"
#include "lab/report.hpp"
#include "lab/study/builtin.hpp"
#include "lab/study/ranks.hpp"
#include "lab/study/report.hpp"
#include "lab/study/runner.hpp"
#include "lab/study/uncertainty.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

namespace fs = std::filesystem;
using namespace study;

constexpr int kInterrupted = 130;  // as a shell says of a command that SIGINT ended

/// The built-in studies, a line each.
int list_studies(std::ostream& out) {
  std::vector<std::vector<std::string>> rows;
  for (const BuiltinFile& f : builtin_files()) {
    if (f.name.ends_with("_base")) continue;
    const StudySpec spec = load_study(std::string(f.name));
    rows.push_back({spec.source, std::to_string(points_of(spec).size()) + " points", spec.title});
  }
  std::size_t widths[2] = {0, 0};
  for (const auto& row : rows)
    for (int i = 0; i < 2; ++i) widths[i] = std::max(widths[i], row[static_cast<std::size_t>(i)].size());
  for (const auto& row : rows)
    out << row[0] << std::string(widths[0] - row[0].size() + 2, ' ')
        << std::string(widths[1] - row[1].size(), ' ') << row[1] << "  " << row[2] << "\n";
  out << std::flush;
  return 0;
}

int list_points(const StudySpec& spec, std::ostream& out) {
  for (const Choice& choice : points_of(spec)) out << command_of(spec, choice) << "\n";
  out << std::flush;
  return 0;
}

/// The folder of the results, without those of another time; the journal stays.
void prepare(const fs::path& path) {
  OutputFolder folder(path);
  folder.keep();
  std::error_code ec;
  for (const char* stale : {"points.csv", "points.json", "report.html"}) fs::remove(path / stale, ec);
}

/// A metric of the study's own that no run has: its path is wrong.
std::vector<std::string> empty_metrics(const StudySpec& spec, std::span<const PointResult> points) {
  std::vector<std::string> lines;
  for (const MetricSpec& m : spec.metrics) {
    const std::size_t index = *metric_index(spec, m.name);
    std::size_t run = 0, there = 0;
    for (const PointResult& p : points) {
      run += !p.error;
      there += !p.error && p.metrics[index].has_value();
    }
    if (run != 0 && there == 0)
      lines.push_back(m.where.to_string() + ": metric " + m.name + ": no run has " + m.paths.front() +
                      ", expected a path into summary.json");
  }
  return lines;
}

/// What went wrong beyond what was said while it ran.
int judge_study(const StudySpec& spec, const StudyRun& run, std::span<const Finding> findings,
                std::ostream& err) {
  int faults = 0;
  const auto fault = [&](const std::string& line) {
    err << "fault: " << line << "\n";
    ++faults;
  };
  for (const PointResult& p : run.points) {
    const std::string place = describe(spec, p.choice) + ": ";
    for (const auto& f : p.faults) fault(place + f);
    for (const LawResult& l : p.laws)
      if (l.applies && !l.holds)
        fault(place + "law " + l.name + (l.where.empty() ? "" : " (" + l.where + ")") + ": measured " +
              Json(l.measured).dump() + ", expected " + Json(l.expected).dump() + " within " +
              Json(l.bound).dump());
  }
  for (const Finding& f : findings)
    if (f.holds == false) fault(f.title + ": " + f.text);
  const auto mistakes = empty_metrics(spec, run.points);
  for (const auto& line : mistakes) err << line << "\n";
  if (faults != 0 || run.died) return 1;
  return mistakes.empty() && !run.refused ? 0 : 2;
}

void print_outcome(const StudySpec& spec, const StudyRun& run, std::span<const Finding> findings,
                   const Json& report, double wall_s, const fs::path& folder, std::ostream& out) {
  std::size_t failed = 0;
  for (const PointResult& p : run.points) failed += p.error.has_value();
  out << spec.title << "\n  " << run.points.size() << " points"
      << (failed == 0 ? "" : ", " + std::to_string(failed) + " of them failed") << ", " << fixed(wall_s, 1)
      << " s\n";
  for (const Finding& f : findings) out << "\n" << f.title << "\n  " << f.text << "\n";
  out << "\nlaws\n";
  for (const Json& law : report.at("laws"))
    out << "  " << law.at("name").get<std::string>() << ": held at "
        << law.at("checked").get<std::size_t>() - law.at("failed").get<std::size_t>() << " of "
        << law.at("checked").get<std::size_t>() << " points\n";
  out << "\nresults in " << folder.string() << ":";
  for (const char* file : {"report.html", "points.csv", "points.json"})
    if (fs::exists(folder / file)) out << " " << file;
  out << "\n" << std::flush;
}

constexpr std::string_view kUncertainty = "uncertainty";

/// Writes and says what came of a study; the exit code.
int conclude(const StudySpec& spec, const StudyRun& run, std::span<const Finding> findings, double wall_s,
             const fs::path& folder, bool quiet, std::ostream& out, std::ostream& err) {
  write_text_file(folder / "points.csv", points_csv(spec, run.points));
  write_text_file(folder / "points.json", points_json(spec, run.points).dump(1) + "\n");
  const Json report = report_json(spec, run.points, findings);
  write_report(report, folder, err);
  if (!quiet) print_outcome(spec, run, findings, report, wall_s, folder, out);
  return judge_study(spec, run, findings, err);
}

/// `niclab study uncertainty NAME`.
int study_uncertainty(const StudyCommand& command, std::ostream& out, std::ostream& err) {
  if (command.names.size() < 2)
    throw UserError("niclab study uncertainty: no study, expected the name of one or a study file");
  if (is_rank()) throw UserError("niclab study uncertainty: runs on one machine, expected no mpirun");
  UncertainStudy study(command.names[1], command.sets);
  if (command.list) return list_points(study.first(), out);
  const fs::path folder = command.out.value_or(fs::path("out") / ("study-" + study.first().name));
  RunnerOptions options;
  options.jobs = command.jobs;
  options.progress = !command.quiet;
  const auto begin = std::chrono::steady_clock::now();
  prepare(folder);
  options.journal = folder / "journal.jsonl";
  const Uncertainty u = study.run(options, err);
  if (u.run.interrupted) return kInterrupted;
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return conclude(u.spec, u.run, u.findings, wall_s, folder, command.quiet, out, err);
}

}  // namespace

int study_command(const StudyCommand& command, std::ostream& out, std::ostream& err) {
  if (command.names.empty()) return list_studies(out);
  if (command.names[0] == kUncertainty) return study_uncertainty(command, out, err);
  if (command.names.size() > 1)
    throw UserError("niclab study: " + command.names[1] + ": a second study, expected one");
  const StudySpec spec = load_study(command.names[0], command.sets);
  if (command.list) return list_points(spec, out);
  if (is_worker_rank()) {
    work_for_rank_0(spec, command.jobs);
    return 0;
  }
  const fs::path folder = command.out.value_or(fs::path("out") / ("study-" + spec.name));
  RunnerOptions options;
  options.jobs = command.jobs;
  options.progress = !command.quiet;
  const auto begin = std::chrono::steady_clock::now();
  const Plan plan = plan_study(spec);
  prepare(folder);
  options.journal = folder / "journal.jsonl";
  const StudyRun run = run_points(spec, plan, options, err);
  if (run.interrupted) return kInterrupted;
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return conclude(spec, run, find(spec, run.points), wall_s, folder, command.quiet, out, err);
}

}  // namespace niclab::lab
