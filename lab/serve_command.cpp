// `niclab serve`: cards of external hosts behind vfio-user sockets, and wires that lead out, while simulated
// time follows the wall clock.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <ostream>

#include "bridge/vfio_user/server.hpp"
#include "lab/commands.hpp"
#include "lab/live_run.hpp"
#include "lab/output_folder.hpp"
#include "lab/register_log.hpp"
#include "lab/report.hpp"
#include "lab/served_function.hpp"
#include "lab/stop_signal.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"
#include "lab/wire_door.hpp"

namespace niclab::lab {
namespace {

using WallClock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr Duration kSlice = 1_ms;        // simulated at once, before clients are asked again
constexpr Duration kFreeSlice = 100_us;  // at pace "free"
constexpr nanoseconds kLongestWait = std::chrono::milliseconds(100);
constexpr nanoseconds kLookAgain = std::chrono::microseconds(
    50);  // after a request the next one is looked for without sleeping: waking costs more than serving
constexpr nanoseconds kRetry =
    std::chrono::microseconds(200);  // of frames that a wire's outside had no room for
constexpr Duration kForEver = Duration::from_s(200ull * 24 * 3600);  // what a Time can hold, nearly

/// One socket and the function behind it.
class Door {
 public:
  Door(std::string name, const std::string& path, GuestCard& card, unsigned function, InterruptKind offer,
       std::ostream& log)
      : name_(std::move(name)), listener_(path), function_(card, function, offer), log_(log) {}

  /// Tells `log` what the client does, with the simulated time of `run`.
  void watch(RegisterLog& log, const LiveRun& run) {
    function_.observe([this, &log, &run](bool write, std::uint32_t region, std::uint64_t offset,
                                         unsigned bytes, std::uint32_t value) {
      log.tell(run.now(), name_, write, region, offset, bytes, value);
    });
  }
  /// What poll() is to watch.
  pollfd watched() const {
    if (!session_) return {listener_.fd(), POLLIN, 0};
    return {session_->fd(), static_cast<short>(POLLIN | (session_->wants_to_send() ? POLLOUT : 0)), 0};
  }
  void serve() {
    if (!session_) {
      vfio_user::UniqueFd client = listener_.accept();
      if (!client) return;
      function_.reset();
      session_.emplace(std::move(client), function_);
      function_.attach(&*session_);
      say("client connected");
    }
    if (!session_->serve()) close();
  }
  const std::string& path() const { return listener_.path(); }
  const std::string& name() const { return name_; }

 private:
  void close() {
    const auto& c = session_->counters();
    say(session_->reason() + " after " + std::to_string(c.region_reads) + " reads, " +
        std::to_string(c.region_writes) + " writes, " + std::to_string(c.interrupts) + " interrupts");
    function_.attach(nullptr);
    session_.reset();
    function_.reset();
  }
  void say(const std::string& line) { log_ << "niclab serve: " << name_ << ": " << line << std::endl; }

  std::string name_;
  vfio_user::Listener listener_;
  ServedFunction function_;
  std::optional<vfio_user::Session> session_;
  std::ostream& log_;
};

/// How late something happened by the wall clock.
struct Lag {
  nanoseconds worst{};
  void add(nanoseconds now) { worst = std::max(worst, now); }
};

class Server {
 public:
  Server(LiveRun& run, bool free_pace, std::ostream& log) : run_(run), free_(free_pace), log_(log) {}
  void add(std::string name, const std::string& path, GuestCard& card, unsigned function,
           InterruptKind offer) {
    doors_.push_back(std::make_unique<Door>(std::move(name), path, card, function, offer, log_));
    log_ << "niclab serve: " << doors_.back()->name() << " on " << path << std::endl;
  }

  void add(WireDoor& wire) { wires_.push_back(&wire); }
  void watch(RegisterLog& log) {
    for (auto& d : doors_) d->watch(log, run_);
  }

  void loop(const StopSignal& stop) {
    const auto wall_start = WallClock::now();
    const Time start = run_.now();
    const auto wall_time = [&] {
      return start + Duration::from_ns(
                         static_cast<std::uint64_t>(nanoseconds(WallClock::now() - wall_start).count()));
    };
    std::vector<pollfd> watched;
    for (;;) {
      const Time due = free_ ? run_.now() + kFreeSlice : wall_time();
      if (due > run_.now()) {
        if (!free_ && run_.next_event() < due) lag_.add(nanoseconds((due - run_.next_event()).ps() / 1000));
        advance(due);
      }
      for (WireDoor* w : wires_) w->flush();
      watched.assign(1, {stop.fd(), POLLIN, 0});
      for (const auto& d : doors_) watched.push_back(d->watched());
      for (const WireDoor* w : wires_) watched.push_back(w->watched(run_));
      const timespec wait = patience(due);
      if (ppoll(watched.data(), watched.size(), &wait, nullptr) <= 0) continue;
      if (watched[0].revents != 0) return;
      if (!free_) advance(wall_time());
      for (std::size_t i = 0; i < doors_.size(); ++i)
        if (watched[i + 1].revents != 0) {
          doors_[i]->serve();
          awake_until_ = WallClock::now() + kLookAgain;
        }
      for (std::size_t i = 0; i < wires_.size(); ++i)
        if (const short events = watched[1 + doors_.size() + i].revents; events != 0)
          wires_[i]->serve(run_, events);
    }
  }
  const Lag& lag() const { return lag_; }

 private:
  /// Towards `due`: at once when nothing happens on the way.
  void advance(Time due) {
    if (due <= run_.now()) return;
    run_.run_to(run_.next_event() > due ? due : niclab::min(due, run_.now() + kSlice));
  }
  /// Until something is to be done: nothing when simulated time is late.
  timespec patience(Time due) const {
    nanoseconds wait{};
    if (free_ || WallClock::now() < awake_until_) return {0, 0};
    if (due <= run_.now() || run_.next_event() > due)
      wait = std::min(kLongestWait,
                      nanoseconds(run_.next_event() == Time::never()
                                      ? kLongestWait.count()
                                      : static_cast<std::int64_t>((run_.next_event() - due).ps() / 1000)));
    for (const WireDoor* w : wires_)
      if (w->holds_frames()) wait = std::min(wait, kRetry);
    return {static_cast<time_t>(wait.count() / 1'000'000'000),
            static_cast<long>(wait.count() % 1'000'000'000)};
  }

  LiveRun& run_;
  const bool free_;
  std::ostream& log_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<WireDoor*> wires_;
  Lag lag_;
  WallClock::time_point awake_until_{};
};

/// The NICs clients are to drive, which have to be as many as there are sockets.
std::vector<Link::End> outside_of(const Scenario& scenario, const ServeCommand& command) {
  std::vector<Link::End> outside;
  for (std::size_t h = 0; h < scenario.hosts.size(); ++h)
    for (std::size_t n = 0; n < scenario.hosts[h].nics.size(); ++n)
      if (scenario.hosts[h].external) outside.push_back({h, n});
  if (outside.empty() && scenario.wires.empty())
    throw UserError(
        command.file.string() +
        ": no host is external and no [[wire]] leads out, expected external = true or a [[wire]]");
  if (command.sockets.size() != outside.size())
    throw UserError("--vfio-user: " + std::to_string(command.sockets.size()) + " sockets, expected " +
                    std::to_string(outside.size()) + ", one for each NIC of an external host");
  return outside;
}

void open_doors(Server& server, LiveRun& run, const Scenario& scenario, const std::vector<Link::End>& outside,
                const std::vector<std::string>& sockets) {
  try {
    for (std::size_t i = 0; i < outside.size(); ++i) {
      const Host& host = scenario.hosts[outside[i].host];
      const Nic& nic = host.nics[outside[i].nic];
      server.add(host.name + "." + nic.if_name, sockets[i], *run.guest(outside[i].host),
                 static_cast<unsigned>(outside[i].nic), nic.interrupts);
    }
  } catch (const std::runtime_error& e) {
    throw UserError(std::string("--vfio-user ") + e.what());
  }
}

}  // namespace

int serve_command(const ServeCommand& command, std::ostream& out, std::ostream& err) {
  Scenario scenario = load_scenario(command.file, command.sets, command.seed);
  const std::vector<Link::End> outside = outside_of(scenario, command);
  scenario.run.duration = kForEver;
  OutputFolder folder(command.out.value_or(std::filesystem::path("out") / scenario.name));
  RunOptions options;
  options.quiet = true;
  options.out_dir = folder.path();
  options.waves = command.waves;
  std::optional<Recorder> recorder;
  if (command.record) options.recorder = &recorder.emplace(*command.record, scenario);
  std::optional<RegisterLog> registers;
  if (command.registers) registers.emplace(*command.registers);
  std::vector<WireDoor> wires;
  for (std::size_t w = 0; w < scenario.wires.size(); ++w) wires.emplace_back(scenario, w, err);
  options.frame_out = [&](std::size_t w, std::span<const std::byte> frame) { wires[w].frame_out(frame); };
  const StopSignal stop;  // before the run starts a thread: it would not block them
  const auto begin = WallClock::now();
  LiveRun& run = open_live_run(scenario, options, Duration{});
  Lag lag;
  {
    Server server(run, command.free_pace, err);
    open_doors(server, run, scenario, outside, command.sockets);
    for (WireDoor& w : wires) server.add(w);
    if (registers) server.watch(*registers);
    server.loop(stop);
    lag = server.lag();
  }
  for (const WireDoor& w : wires) err << "niclab serve: " << w.counts() << std::endl;
  if (recorder) recorder->end(run.now());
  const std::string digest = hex16(run.digest());
  const auto result = run.finish();
  result->wall_s = std::chrono::duration<double>(WallClock::now() - begin).count();
  result->digest = result->digest_content = std::nullopt;  // of what came from outside there is no other run
  describe(*result, scenario);
  write_text_file(folder.path() / "summary.json", summary_json(*result).dump(2) + "\n");
  folder.keep();
  out << "niclab serve: results in " << folder.path().string() << "\nniclab serve: simulated "
      << (run.now() - run.start_line()).ps() / 1'000'000'000 << " ms; at most " << lag.worst.count() / 1000
      << " us behind the wall clock; digest " << digest << std::endl;
  const auto faults = faults_of(*result);
  for (const auto& f : faults) err << "fault: " << f << "\n";
  return faults.empty() ? 0 : 1;
}

}  // namespace niclab::lab
