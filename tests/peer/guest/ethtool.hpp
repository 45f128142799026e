// What the ethtool program asks of a driver, by its ioctl.
#pragma once

#include <linux/ethtool.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace guest {

/// One ETHTOOL_… request, a structure of the kernel's that begins with the command; require()s success.
void ethtool(const std::string& interface, void* request, const char* name);

/// ETHTOOL_G… of a single value, such as ETHTOOL_GTSO.
std::uint32_t get_value(const std::string& interface, std::uint32_t command, const char* name);
/// ETHTOOL_S… of a single value.
void set_value(const std::string& interface, std::uint32_t command, std::uint32_t value, const char* name);

/// `ethtool -S`.
std::map<std::string, std::uint64_t> statistics(const std::string& interface);

/// `ethtool -t`: results by name of the test; `failed`: what the driver made of them.
std::map<std::string, std::uint64_t> self_test(const std::string& interface, bool offline, bool* failed);

/// `ethtool -N rx-flow-hash udp4 sdfn`: RSS by ports too.
void hash_udp_ports(const std::string& interface);

}  // namespace guest
