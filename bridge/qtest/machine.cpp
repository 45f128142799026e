#include "bridge/qtest/machine.hpp"

#include <algorithm>
#include <string>

namespace niclab::bridge::qtest {

Machine::Machine(sim::HostKernel& kernel, Client& client, std::uint64_t ram_offset)
    : kernel_(kernel), client_(client), ram_offset_(ram_offset), origin_ns_(client.run(clock_step(1))) {
  engine().at<&Machine::tick>(engine().now() + interval_, sim::Kind::foreign, 0, *this);
}

void Machine::follow(Time t) {
  if (t.ns() <= ns_) return;
  const Command step = clock_step(t.ns() - ns_);
  ns_ = t.ns();
  if (const std::uint64_t there = client_.run(step); there != origin_ns_ + ns_)
    throw Error("qtest: '" + step.text + "': the clock shows " + std::to_string(there) + " ns, expected " +
                std::to_string(origin_ns_ + ns_));
}

std::uint64_t Machine::access(std::span<const Command> commands) {
  kernel_.settle();
  const Time now = kernel_.now();
  follow(now);
  const std::uint64_t value = client_.run(commands);
  ++accesses_;
  be_quick();
  if (watcher_) watcher_(now);
  return value;
}

void Machine::be_quick() {
  if (interval_ == kShortest) return;
  interval_ = kShortest;
  engine().cancel(sim::Kind::foreign, 0, this);
  engine().at<&Machine::tick>(engine().now() + interval_, sim::Kind::foreign, 0, *this);
}

void Machine::tick(Time t, std::uint32_t) {
  interval_ = std::min(interval_ + interval_ / 4, kLongest);
  engine().at<&Machine::tick>(t + interval_, sim::Kind::foreign, 0, *this);
  follow(t);
  if (watcher_) watcher_(t);
  if (outside_) outside_(t);
}

}  // namespace niclab::bridge::qtest
