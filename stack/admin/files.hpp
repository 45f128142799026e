// The files by which a stack shows itself: /proc/net, /proc/sys/net, /sys/class/net.
//
// Reading costs no simulated time and changes nothing: whoever asks stands outside the simulation.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/net_device.hpp"

namespace niclab::stack {
class NetStack;
}

namespace niclab::stack::admin {

struct AdminFile {
  std::string path;
  std::function<std::string()> read;             ///< the whole content
  std::function<int(std::string_view)> write{};  ///< 0 or a negative errno; empty: read-only
};

/// The device counters as they stand, without asking the device in simulated time.
using StatsReader = std::function<DeviceStats(const NetDevice&)>;

/// One name of /sys/class/net/DEV/statistics (path-map E-40); a null member reads 0.
struct StatisticsFile {
  std::string_view name;
  std::uint64_t DeviceStats::*member;
};
const std::vector<StatisticsFile>& statistics_files();

/// All files of `stack`, in no order. They refer to `stack` and call `stats` (which leaves out what the stack
/// itself dropped) whenever they are read.
std::vector<AdminFile> files(NetStack& stack, StatsReader stats);

/// What rtnl_link_stats64 says of a device: `stats` and what the stack itself dropped.
DeviceStats with_core_drops(const NetDevice& dev, DeviceStats stats);

}  // namespace niclab::stack::admin
