// The laws studies hold runs against (lab/study/laws): each holds where it should, says where it does not
// apply, and fails for a run that breaks it.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lab/study/law_checks.hpp"
#include "lab/study/law_view.hpp"

namespace niclab::lab::study {
namespace {

/// One NIC with one stream of frames, 100 ms long.
struct OneStream {
  Scenario scenario;
  RunResult run;

  OneStream(unsigned rx_usecs, std::uint64_t pps, Arrivals arrivals = Arrivals::regular) {
    Host host;
    host.name = "h1";
    Nic nic;
    nic.if_name = "eth0";
    nic.rx_usecs = rx_usecs;
    host.nics.push_back(nic);
    scenario.hosts.push_back(host);
    Traffic t;
    t.rate = {Rate::Kind::pps, pps};
    t.arrivals = arrivals;
    scenario.traffic.push_back(t);

    run.start_ns = 500'000'000;
    run.time_ns = 600'000'000;
    HostResult h;
    h.name = "h1";
    h.measured.interrupts = {{"eth0", 0}, {"eth0-TxRx-0", 0}};
    h.measured.cpu = {{}};
    run.hosts.push_back(h);
    LinkResult link;
    link.rx_frames = pps / 10;
    run.links.emplace_back("h1.eth0", link);
  }
  /// So many since the start line, each of which took so much CPU time.
  OneStream& interrupts(std::uint64_t n, double us = 3) {
    run.hosts[0].measured.interrupts[1].second = n;
    run.hosts[0].measured.cpu[0].softirq_ns = static_cast<std::uint64_t>(static_cast<double>(n) * us * 1000);
    return *this;
  }
  OneStream& waits(double writeback_ns, double interrupt_ns, std::uint64_t n = 100) {
    const auto add = [&](const char* name, double mean, std::uint64_t min) {
      StageResult s;
      s.name = name;
      s.mean_ns = mean;
      s.latency.n = n;
      s.latency.min = min;
      s.latency.max = static_cast<std::uint64_t>(mean);
      run.stages.push_back(s);
    };
    add("rx_writeback_wait", writeback_ns, 0);
    add("rx_interrupt", interrupt_ns, 100);
    return *this;
  }
  LawResult check(Law law) const { return law(run, scenario); }
};

TEST(StudyLaws, ThrottleBoundsInterrupts_FactBase_2_6_6) {
  EXPECT_TRUE(OneStream(50, 100'000).interrupts(2000).check(check_throttle).holds);
  EXPECT_TRUE(OneStream(50, 100'000).interrupts(2002).check(check_throttle).holds);
  const LawResult broken = OneStream(50, 100'000).interrupts(2003).check(check_throttle);
  EXPECT_FALSE(broken.holds);
  EXPECT_EQ(broken.measured, 3);
  EXPECT_EQ(broken.where, "h1.eth0 eth0-TxRx-0");
  // Adaptive: not below 49 us (fact base 4.5).
  EXPECT_TRUE(OneStream(3, 100'000).interrupts(2042).check(check_throttle).holds);
  EXPECT_FALSE(OneStream(3, 100'000).interrupts(2045).check(check_throttle).holds);
  // Somebody may have turned the setting.
  OneStream turned(50, 100'000);
  turned.interrupts(3000).scenario.at.emplace_back();
  EXPECT_FALSE(turned.check(check_throttle).applies);
}

TEST(StudyLaws, ThrottleRateIsOneAnInterval_FactBase_2_6_6) {
  EXPECT_TRUE(OneStream(50, 100'000).interrupts(2001).check(check_throttle_rate).holds);
  const LawResult lazy = OneStream(50, 100'000).interrupts(1990).check(check_throttle_rate);
  EXPECT_TRUE(lazy.applies);
  EXPECT_FALSE(lazy.holds);
  EXPECT_FALSE(
      OneStream(50, 100'000).interrupts(1990, 30).check(check_throttle_rate).applies);  // polls too long
  EXPECT_FALSE(
      OneStream(50, 20'000).interrupts(1990).check(check_throttle_rate).applies);  // packets too rare
  EXPECT_FALSE(OneStream(3, 100'000).interrupts(1990).check(check_throttle_rate).applies);
  OneStream flows(50, 100'000);
  flows.scenario.traffic[0].flows = 4;  // over several queues
  flows.scenario.hosts[0].nics[0].queues = 4;
  EXPECT_FALSE(flows.interrupts(1990).check(check_throttle_rate).applies);
}

TEST(StudyLaws, SlowPacketsHaveAnInterruptEach_FactBase_2_6_6) {
  EXPECT_TRUE(OneStream(1000, 900).interrupts(90).check(check_slow_period).holds);
  EXPECT_FALSE(OneStream(1000, 900).interrupts(50).check(check_slow_period).holds);
  EXPECT_FALSE(OneStream(1000, 1100).interrupts(50).check(check_slow_period).applies);
  EXPECT_TRUE(OneStream(3, 900).interrupts(90).check(check_slow_period).applies);
}

TEST(StudyLaws, LonePingsWaitForNoThrottle_FactBase_2_6_6) {
  EXPECT_TRUE(OneStream(1000, 900).interrupts(90).waits(0, 130).check(check_lone_ping).holds);
  EXPECT_FALSE(OneStream(1000, 900).interrupts(90).waits(0, 40'000).check(check_lone_ping).holds);
  EXPECT_FALSE(OneStream(1000, 900).interrupts(90).waits(40'000, 130).check(check_lone_ping).holds);
  EXPECT_FALSE(OneStream(1000, 2000).interrupts(90).waits(0, 130).check(check_lone_ping).applies);
}

TEST(StudyLaws, PoissonWaitIsTheFormulas_FactBase_2_6_6) {
  const double expected = poisson_throttle_wait_us(20'000, 200);  // l t = 4
  EXPECT_NEAR(expected, 200 * 2 / (4 + std::exp(-4)), 1e-9);
  const auto with = [&](double wait_us) {
    return OneStream(200, 20'000, Arrivals::poisson)
        .interrupts(500)
        .waits(1000, (wait_us - 1) * 1000 + 100, 100'000)
        .check(check_poisson_wait);
  };
  EXPECT_TRUE(with(expected).holds);
  EXPECT_NEAR(with(expected).measured, expected, 1e-9);
  EXPECT_TRUE(with(expected * 1.02).holds);
  EXPECT_FALSE(with(expected * 1.05).holds);
  EXPECT_FALSE(with(expected * 0.95).holds);
  EXPECT_FALSE(OneStream(200, 20'000).interrupts(500).waits(1000, 1, 1000).check(check_poisson_wait).applies);
}

/// The formula and its error against a throttle played with dice.
TEST(StudyLaws, PoissonFormulaAgreesWithAPlayedThrottle) {
  std::mt19937_64 dice(7);
  for (const double rate : {2e3, 20e3, 200e3}) {
    constexpr double kInterval = 100;
    constexpr int kRuns = 200, kPackets = 2000;
    std::exponential_distribution<double> gap(rate * 1e-6);
    double sum = 0, squares = 0;
    for (int i = 0; i < kRuns; ++i) {
      double now = 0, grant = -1e9, waits = 0;
      for (int n = 0; n < kPackets; ++n) {
        now += gap(dice);
        if (now > grant) grant = std::max(now, grant + kInterval);  // nothing waits yet
        waits += grant - now;
      }
      sum += waits / kPackets;
      squares += waits / kPackets * waits / kPackets;
    }
    const double mean = sum / kRuns, sigma = std::sqrt(squares / kRuns - mean * mean);
    const double told = poisson_throttle_wait_sigma_us(rate, kInterval, kPackets);
    EXPECT_NEAR(mean, poisson_throttle_wait_us(rate, kInterval), 4 * told / std::sqrt(kRuns)) << rate;
    EXPECT_NEAR(sigma / told, 1, 0.2) << rate;
  }
}

TEST(StudyLaws, AccountsClose) {
  OneStream one(50, 1000);
  AccountResult a;
  a.injected = a.delivered = 5;
  one.run.accounts.emplace_back("h1.eth0", a);
  EXPECT_TRUE(one.check(check_account).holds);
  one.run.accounts[0].second.injected = 7;
  EXPECT_FALSE(one.check(check_account).holds);
  EXPECT_EQ(one.check(check_account).measured, 2);
}

TEST(StudyLaws, LittleComparesTwoMeasurements) {
  OneStream one(50, 1000);
  EXPECT_FALSE(one.check(check_little).applies);
  BufferResult b;
  b.arrivals = 5;
  b.departures = 4;
  b.left = 1;
  b.occupancy_ns_total = b.wait_ns_total = 700;
  one.run.buffers.push_back({"h1.eth0", {{"rx_buffer", b}}});
  EXPECT_TRUE(one.check(check_little).holds);
  one.run.hosts[0].sockets.push_back({});
  one.run.hosts[0].sockets[0].receive_queue = b;
  one.run.hosts[0].sockets[0].receive_queue->wait_ns_total = 699;
  EXPECT_FALSE(one.check(check_little).holds);
  one.run.hosts[0].sockets.clear();
  one.run.buffers[0].second[0].second.left = 2;
  EXPECT_FALSE(one.check(check_little).holds);
}

}  // namespace
}  // namespace niclab::lab::study
