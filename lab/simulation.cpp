// Puts a scenario together, runs it to its end, and reads the result.
#include "lab/simulation.hpp"

#include <chrono>
#include <systemc>

#include "lab/function_log.hpp"
#include "lab/guest_door.hpp"
#include "lab/instruments.hpp"
#include "lab/journeys.hpp"
#include "lab/kernel_log.hpp"
#include "lab/live_run.hpp"
#include "lab/machine.hpp"
#include "lab/machine_shell.hpp"
#include "lab/network.hpp"
#include "lab/user_error.hpp"
#include "lab/wave_file.hpp"
#include "lab/writer_thread.hpp"

namespace niclab::lab {
namespace {

constexpr Duration kStartMargin = 10_ms;  // from "everything is ready" to the start line
constexpr Duration kIdleCheck = 10_ms;    // how long nothing must move before a run counts as idle
constexpr Duration kStuck = 30_s;         // after a fault: longer than any driver takes to notice
constexpr Duration kProgressStep = 1_ms;
constexpr Duration kBootLimit = 20_s;  // no carrier by then: the scenario cannot start
constexpr Duration kWavePatience =
    kDeviceClock * 2;  // a Verilated block tells its inputs at the edge after them
constexpr unsigned kObserverAgent = 0xFFF0;

/// The whole run. Modules are built in the order data flows; destruction order is the reverse.
class Simulation final : public LiveRun {
 public:
  Simulation(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        engine_(options.eager),
        scheduler_("scheduler", engine_),
        trace_(count_ports(scenario), static_cast<unsigned>(scenario.hosts.size())),
        writer_(options.out_dir ? std::make_unique<WriterThread>() : nullptr),
        instruments_(scenario, engine_, writer_.get(), options.out_dir.value_or(""), options.events),
        waves_(make_waves(options)),
        rtl_(options.eager || options.waves),
        world_{engine_, scheduler_, trace_, frames_, instruments_, rtl_, options.bugs, waves_.get()} {
    trace_.set_sink(&instruments_);
    if (options.stages || options.trace) trace_.set_journeys(&journeys_.emplace(port_names(scenario)));
    if (options.trace && writer_) {
      journeys_->trace(log_.emplace(scenario, *writer_, *options.out_dir / "trace.json"));
      instruments_.trace(*journeys_, *log_);
    }
    unsigned port = 0, cpu = 0;
    for (std::size_t h = 0; h < scenario.hosts.size(); ++h) {
      machines_.push_back(std::make_unique<Machine>(world_, scenario, h, port, cpu));
      if (log_) {
        functions_.push_back(std::make_unique<FunctionLog>(static_cast<unsigned>(h), scenario.hosts[h].cpus,
                                                           *journeys_, *log_));
        machines_.back()->host().kernel().set_functions(functions_.back().get());
      }
      port += static_cast<unsigned>(scenario.hosts[h].nics.size());
      cpu += scenario.hosts[h].cpus;
    }
    network_ = std::make_unique<Network>(world_, scenario, machines_);
    for (auto& m : machines_) m->power_on([this] { return start_; }, [this] { check_ready(); });
    if (options.replay != nullptr)
      for (std::size_t h = 0; h < machines_.size(); ++h)
        if (machines_[h]->guest() != nullptr)
          replays_.push_back(std::make_unique<GuestReplay>(*machines_[h], engine_, options.replay->hosts[h]));
    for (std::size_t w = 0; w < scenario.wires.size(); ++w) {
      if (options.frame_out)
        network_->live_end(w).connect([this, w](std::span<const std::byte> f) { options_.frame_out(w, f); });
      if (options.replay != nullptr)
        for (const RecordedFrame& f : options.replay->wires[w]) network_->live_end(w).play(f.t, f.bytes);
    }
    const Waves& w = scenario.waves;
    if (waves_ && !w.from && !w.until) waves_->open(Time{}, Time::never());
    engine_.at<&Simulation::boot_limit>(Time{} + kBootLimit, sim::Kind::foreign, kObserverAgent, *this);
    if (options.progress != nullptr)
      engine_.at<&Simulation::report_progress>(Time{} + kProgressStep, sim::Kind::foreign, kObserverAgent + 1,
                                               *this);
  }

  std::unique_ptr<RunResult> run() {
    const auto begin = std::chrono::steady_clock::now();
    std::string aborted;
    try {
      scheduler_.start();
    } catch (const UserError&) {
      throw;
    } catch (const std::exception& e) {
      aborted = e.what();
    } catch (...) {  // what was said so far is in the files all the same
      close_files(engine_.now() + kWavePatience);
      writer_.reset();
      throw;
    }
    auto result = conclude(aborted);
    result->wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return result;
  }

  /// Reads the result where the run ended, or where it was when it was `aborted`.
  std::unique_ptr<RunResult> conclude(const std::string& aborted) {
    auto result = std::make_unique<RunResult>();
    close_files(aborted.empty() && start_ != Time::never() ? end_ : engine_.now() + kWavePatience);
    if (writer_) writer_->close();
    if (start_ == Time::never() && aborted.empty()) refuse();
    const Time end = aborted.empty() ? end_ : engine_.now();
    result->time_ns = end.ns();
    result->start_ns = start_ == Time::never() ? end.ns() : start_.ns();
    result->digest = trace_.digest();
    result->digest_content = trace_.digest_content();
    result->activations = scheduler_.activations();
    // Writes that became visible before the end, though nobody has looked at them: they may be faults.
    if (aborted.empty())
      for (auto& m : machines_) m->host().kernel().memory().apply(end - 1_ps);
    for (auto& m : machines_) m->collect_faults(*result);
    if (!aborted.empty())
      result->faults.push_back("aborted at " + std::to_string(end.ns()) + " ns: " + aborted);
    engine_.freeze();
    if (aborted.empty())
      for (auto& m : machines_)
        for (unsigned f = 0; f < m->nics(); ++f) m->device().function(f).finish(end);
    if (aborted.empty())
      for (auto& m : machines_) m->settle_meters(end);
    collect_lockstep(*result);
    for (auto& m : machines_) m->collect(*result, start_ == Time::never() ? end : start_, end);
    if (!aborted.empty()) {  // nobody knows how long what is inside has been there
      result->buffers.clear();
      for (HostResult& h : result->hosts)
        for (SocketResult& k : h.sockets) k.receive_queue.reset();
    }
    result->latency.emplace_back("wire_to_app", instruments_.wire_to_app.stats());
    result->latency.emplace_back("app_to_wire", instruments_.app_to_wire.stats());
    result->latency.emplace_back("irq_assert_to_handler", instruments_.irq_assert_to_handler.stats());
    if (instruments_.request_round_trip.count() != 0)
      result->latency.emplace_back("request_round_trip", instruments_.request_round_trip.stats());
    if (journeys_) {
      result->stages = journeys_->results();
      for (std::string& fault : journeys_->faults()) result->faults.push_back(std::move(fault));
    }
    if (options_.out_dir) write_kernel_logs();
    return result;
  }

  // --- LiveRun -----------------------------------------------------------------------------------
  void open(std::optional<Duration> after_start) {
    pause_after_start_ = after_start;
    for (auto& m : machines_) shells_.push_back(std::make_unique<MachineShell>(*m));
    for (auto& s : shells_) hosts_.push_back(s.get());
    for (std::size_t h = 0; h < machines_.size(); ++h)
      doors_.push_back(machines_[h]->guest() == nullptr
                           ? nullptr
                           : std::make_unique<GuestDoor>(*machines_[h], h,
                                                         GuestDoor::Run{[this] { return paused_at_; },
                                                                        [this] { run_until_answered(); },
                                                                        [this] { pause_at(engine_.now()); }},
                                                         options_.recorder));
    proceed();
    if (start_ == Time::never()) refuse();
  }
  GuestCard* guest(std::size_t host) override { return doors_[host].get(); }
  void frame_in(std::size_t wire, std::span<const std::byte> frame) override {
    if (options_.recorder != nullptr) options_.recorder->frame(paused_at_, wire, frame);
    network_->live_end(wire).play(paused_at_, {frame.begin(), frame.end()});
  }
  std::size_t frames_waiting(std::size_t wire) const override { return network_->live_end(wire).waiting(); }
  Time next_event() const override { return engine_.next_event(); }
  std::unique_ptr<RunResult> finish() override {
    end_ = niclab::min(end_, paused_at_);
    return conclude({});
  }
  Time start_line() const override { return start_; }
  Time now() const override { return paused_at_; }
  std::optional<Time> end() const override {
    return end_ == Time::never() ? std::nullopt : std::optional(end_);
  }
  bool over() const override { return over_; }
  void run_to(Time t) override {
    if (over_ || t <= paused_at_) return;
    pause_ = t;
    proceed();
  }
  const std::vector<shell::Host*>& hosts() const override { return hosts_; }
  std::uint64_t digest() const override { return trace_.digest(); }
  shell::Outcome run_script(const shell::Script& script, shell::Host& host) override {
    const bool only_look = over_ && paused_at_ == end_;  // the figures of the run's own report
    if (!needs_task(script, only_look)) return shell::run(script, host, false);
    std::size_t index = 0;
    while (hosts_[index] != &host) ++index;
    shell::Outcome outcome;
    run_task(index, [&] { outcome = shell::run(script, host, true); });
    return outcome;
  }
  void run_task(const std::function<void(PciDevice& nic)>& body) override {
    run_task(0, [&] { body(machines_[0]->pci_device(0)); });
  }

 private:
  /// What the Verilated blocks did, all instances of a unit together.
  void collect_lockstep(RunResult& result) const {
    using Counters = sim::RtlCounters (sim::I350Function::*)() const;
    constexpr std::pair<const char*, Counters> kBlocks[] = {
        {"tx_ring", &sim::I350Function::tx_ring_counters},
        {"rx_ring", &sim::I350Function::rx_ring_counters},
        {"tx_checksum", &sim::I350Function::tx_checksum_counters},
        {"intr_throttle", &sim::I350Function::intr_throttle_counters}};
    for (const auto& [unit, counters] : kBlocks) {
      if (scenario_.fidelity.at(unit) == "model") continue;
      sim::RtlCounters all;
      for (const auto& m : machines_)
        for (unsigned f = 0; f < m->nics(); ++f) all += (std::as_const(*m).device().function(f).*counters)();
      result.lockstep.emplace_back(unit, LockstepResult{all.transactions, all.cycles, all.mismatches});
    }
  }

  static unsigned count_ports(const Scenario& s) {
    unsigned n = 0;
    for (const Host& h : s.hosts) n += static_cast<unsigned>(h.nics.size());
    return n;
  }

  std::unique_ptr<WaveFile> make_waves(const RunOptions& options) {
    if (!options.waves) return nullptr;
    return std::make_unique<WaveFile>(
        *writer_, *options.out_dir / "waves.fst", [this] { return engine_.settled(); }, kWavePatience);
  }

  /// What is held back until its time has come goes to the writer.
  void close_files(Time end) {
    instruments_.close();
    if (log_) log_->close();
    if (!waves_) return;
    waves_->close(end);
    if (waves_->late() != 0) throw std::logic_error("waves: changes told behind the clock");
  }

  void begin_measuring(Time t, std::uint32_t) {
    for (auto& m : machines_) m->begin_measuring(t);
  }

  void open_waves(Time t, std::uint32_t) {
    const auto& until = scenario_.waves.until;
    waves_->open(t, until ? start_ + *until : Time::never());
  }

  static std::vector<std::string> port_names(const Scenario& s) {
    std::vector<std::string> names;
    for (const Host& h : s.hosts)
      for (const Nic& n : h.nics) names.push_back(h.name + "." + n.if_name);
    return names;
  }

  /// An application or a boot task became ready: in its task, synchronised.
  void check_ready() {
    if (start_ != Time::never()) return;
    for (const auto& m : machines_)
      if (!m->failure().empty()) return stop_at(engine_.now());
    for (const auto& m : machines_)
      if (!m->ready()) return;
    start_ = (engine_.now() + kStartMargin).ceil(1_ms);
    instruments_.start = start_;
    engine_.at<&Simulation::begin_measuring>(start_, sim::Kind::foreign, kObserverAgent + 3, *this);
    if (log_) log_->start_line(start_);
    network_->start(start_);
    for (auto& m : machines_) m->arm_faults(start_);
    const Waves& w = scenario_.waves;
    if (waves_ && (w.from || w.until))
      engine_.at<&Simulation::open_waves>(start_ + w.from.value_or(Duration{}), sim::Kind::foreign,
                                          kObserverAgent + 2, *this);
    if (pause_after_start_) pause_at(start_ + *pause_after_start_);
    if (options_.replay != nullptr) {
      stop_at(options_.replay->end);
    } else if (scenario_.run.duration) {
      stop_at(start_ + *scenario_.run.duration);
    } else {
      engine_.at<&Simulation::check_idle>(start_ + kIdleCheck, sim::Kind::foreign, kObserverAgent, *this);
    }
  }

  void stop_at(Time end) {
    end_ = end;
    limit_run();
  }
  void pause_at(Time t) {
    pause_ = t;
    limit_run();
  }
  /// How far the engine may go: to the next pause, and to the end unless that is behind us.
  Time limit() const { return over_ ? pause_ : niclab::min(pause_, end_); }
  void limit_run() {
    scheduler_.set_end(limit());
    engine_.limit_horizon(limit());
  }

  /// Runs to the limit, which what happens on the way may bring closer.
  void proceed() {
    scheduler_.set_end(limit());
    if (paused_at_ != Time{}) scheduler_.kick();
    scheduler_.start();
    paused_at_ = limit();
    over_ = over_ || paused_at_ == end_;
    for (auto& s : shells_) s->paused_at(paused_at_);
  }

  void run_until_answered() {
    pause_ = Time::never();
    while (std::any_of(doors_.begin(), doors_.end(), [](const auto& d) { return d && d->waiting(); }))
      proceed();
  }

  /// A task of the shell: on CPU 0, as those of [[at]].
  void run_task(std::size_t host, std::function<void()> body) {
    command_ = {std::move(body), false};
    pause_ = Time::never();
    engine_.at<&Simulation::launch>(paused_at_, sim::Kind::foreign, kObserverAgent + 2, *this,
                                    static_cast<std::uint32_t>(host));
    while (!command_.done) proceed();  // it may begin before the end of the scenario and finish after it
  }

  void launch(Time, std::uint32_t host) {
    machines_[host]->host().kernel().spawn("sh", 0, [this] {
      command_.body();
      command_.done = true;
      pause_at(engine_.now());
    });
  }

  void boot_limit(Time t, std::uint32_t) {
    if (start_ == Time::never()) stop_at(t);
  }

  void check_idle(Time t, std::uint32_t) {
    const bool quiet = instruments_.activity == last_activity_;
    last_activity_ = instruments_.activity;
    if (!quiet) quiet_since_ = t;
    if (t - quiet_since_ > kStuck && broken()) return stop_at(t);
    if (quiet && network_->idle() &&
        std::all_of(machines_.begin(), machines_.end(), [](const auto& m) { return m->idle(); })) {
      stop_at(t);
      return;
    }
    engine_.at<&Simulation::check_idle>(t + kIdleCheck, sim::Kind::foreign, kObserverAgent, *this);
  }

  /// Something broke, all that was to break has, and what waits inside a card may wait for ever.
  bool broken() const {
    return !scenario_.faults.empty() && network_->idle() &&
           std::none_of(machines_.begin(), machines_.end(),
                        [](const auto& m) { return m->faults_to_come(); });
  }

  void report_progress(Time t, std::uint32_t) {
    options_.progress->progress(t, end_);
    engine_.at<&Simulation::report_progress>(t + kProgressStep, sim::Kind::foreign, kObserverAgent + 1,
                                             *this);
  }

  [[noreturn]] void refuse() {
    for (const auto& m : machines_)
      if (!m->failure().empty()) throw UserError(m->failure());
    throw UserError("scenario " + scenario_.name + ": not ready after " +
                    std::to_string(kBootLimit.ps() / 1'000'000'000'000) +
                    " s of simulated time, expected carrier on every interface and every application bound");
  }

  void write_kernel_logs() {
    KernelLog log(*options_.out_dir / "kernel.log");
    for (auto& m : machines_)
      for (const auto& line : m->host().kernel().kernel_log()) log.line(line.at, m->name(), line.text);
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  sim::Engine engine_;
  sim::FramePool frames_;
  sim::Scheduler scheduler_;
  sim::Trace trace_;
  std::unique_ptr<WriterThread> writer_;
  Instruments instruments_;
  std::unique_ptr<WaveFile> waves_;
  sim::RtlWorld rtl_;
  std::optional<Journeys> journeys_;
  std::optional<TraceLog> log_;
  std::vector<std::unique_ptr<FunctionLog>> functions_;
  World world_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::unique_ptr<Network> network_;
  Time start_ = Time::never(), end_ = Time::never();
  std::uint64_t last_activity_ = 0;
  Time quiet_since_{};
  // LiveRun
  struct Command {
    std::function<void()> body;
    bool done = false;
  };
  std::vector<std::unique_ptr<MachineShell>> shells_;
  std::vector<shell::Host*> hosts_;
  std::vector<std::unique_ptr<GuestDoor>> doors_;  // by host
  std::vector<std::unique_ptr<GuestReplay>> replays_;
  std::optional<Duration> pause_after_start_;
  Time pause_ = Time::never(), paused_at_{};
  bool over_ = false;
  Command command_;
};

}  // namespace

namespace {

Simulation& only_simulation(const Scenario& scenario, const RunOptions& options) {
  // SystemC's modules and the coroutines' stacks live until the process ends; nothing is gained by taking the
  // simulation apart piece by piece, and suspended software must not be unwound: not even by an exception.
  static Simulation* simulation = nullptr;
  if (simulation != nullptr)
    throw UserError("a process runs one scenario, expected a new process for another");
  sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
  simulation = std::make_unique<Simulation>(scenario, options).release();
  return *simulation;
}

}  // namespace

std::unique_ptr<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options) {
  return only_simulation(scenario, options).run();
}

LiveRun& open_live_run(const Scenario& scenario, const RunOptions& options,
                       std::optional<Duration> after_start) {
  Simulation& simulation = only_simulation(scenario, options);
  simulation.open(after_start);
  return simulation;
}

}  // namespace niclab::lab
