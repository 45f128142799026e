// What ethtool of the time of Linux 3.13 prints (path-map E-47 to E-58): the driver's answers in, the text
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "driver/ethtool.hpp"

namespace niclab::lab::shell {

/// ethtool -S (path-map E-47, block X11).
std::string nic_statistics(const std::vector<std::pair<std::string, std::uint64_t>>& stats);

/// ethtool -i (path-map E-50, block X12).
std::string driver_information(const igb::DriverInfo& info);

/// ethtool -l (path-map E-51, block X13).
std::string channel_parameters(const std::string& dev, const igb::Channels& c);

/// ethtool -g (path-map E-52, block X14).
std::string ring_parameters(const std::string& dev, const igb::RingParam& r);

/// ethtool -c (path-map E-57, block X19).
std::string coalesce_parameters(const std::string& dev, const igb::Coalesce& c);

/// ethtool -a.
std::string pause_parameters(const std::string& dev, const igb::PauseParam& p);

/// ethtool -x (path-map E-53, block X15). `entries`: the receive queue of each hash index.
std::string indirection_table(const std::string& dev, unsigned rx_rings,
                              const std::vector<unsigned>& entries);

/// ethtool -n DEV rx-flow-hash TYPE (path-map E-54, block X16); nullopt: no such flow type.
std::optional<std::string> flow_hash(const std::string& type, bool addresses, bool ports);

/// ethtool -k (path-map E-55, block X17): names and whether they are on.
std::string offload_parameters(const std::string& dev,
                               const std::vector<std::pair<std::string, bool>>& features);

/// ethtool -T (path-map E-58, block X20); `phc_index` -1: of a device without a clock.
std::string time_stamping(const std::string& dev, int phc_index);

/// What can wake the host, and what may: letters of ethtool.
struct WakeOn {
  std::string supported = "d", now = "d";
};
/// ethtool --show-eee.
std::string eee_settings(const std::string& dev, const igb::Eee& eee);

/// ethtool DEV of a gigabit copper port; `pause`: the driver would offer it, `s.speed` 0: no link.
std::string settings(const std::string& dev, const igb::LinkSettings& s, bool pause, const WakeOn& wake = {});

/// ethtool -t.
std::string self_test_result(const igb::SelfTest& result);

}  // namespace niclab::lab::shell
