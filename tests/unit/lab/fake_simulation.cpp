#include "fake_simulation.hpp"

#include "lab/live_run.hpp"
#include "lab/register_bench.hpp"
#include "lab/simulation.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

/// One frame event per unit of `count` of the first traffic; the seed is the content of the 3,000th event,
/// and cost.syscall delays it.
std::unique_ptr<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options) {
  ++test::runs;
  if (!test::refusal.empty()) throw UserError(test::refusal);
  auto r = std::make_unique<RunResult>();
  const std::uint64_t count = scenario.traffic.empty() ? 0 : scenario.traffic[0].count;
  for (std::uint64_t i = 0; i < count && options.events != nullptr; ++i) {
    const bool special = i == 2999;
    const Time t = Time::from_ps(1000 * i + (special ? scenario.cost.syscall.ps() : 0));
    options.events->event(Event::frame(t, 0, 0, false, 60, special ? scenario.run.seed : i));
  }
  r->time_ns = 2'000'000;
  r->start_ns = 1'000'000;
  r->wall_s = 0.5;
  r->digest = 0xabc;
  r->digest_content = scenario.run.seed;
  const std::string name = scenario.hosts[0].name + "." + scenario.hosts[0].nics[0].if_name;
  r->links.push_back({name, {0, count, 0, 64 * count, 0.25}});
  HostResult host;
  host.name = scenario.hosts[0].name;
  host.sockets.push_back({"udp", "0.0.0.0:1", count, 0, 0});
  r->hosts.push_back(host);
  AccountResult account;
  account.injected = count + test::account_gap;
  account.delivered = count;
  r->accounts.push_back({name, account});
  return r;
}

RegisterTimes measure_registers(const Scenario&) { return {150, 100}; }

LiveRun& open_live_run(const Scenario&, const RunOptions&, std::optional<Duration>) {
  throw UserError("no live run in these tests");
}

}  // namespace niclab::lab
