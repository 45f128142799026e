// The tunables of a running stack under /proc/sys (path-map group F): only those it obeys.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace niclab::stack {
class NetStack;
}

namespace niclab::stack::admin {

/// One tunable. A write takes effect at once; nothing is charged.
struct SysctlEntry {
  std::string name;                            ///< "net.core.rmem_max"
  std::function<std::string()> read;           ///< its value, without a line end
  std::function<int(std::string_view)> write;  ///< 0, or -EINVAL: not a value it takes; the old one stays
};

/// Their names, sorted.
std::vector<std::string_view> sysctl_names();
/// Whether the tunable of that name takes this value.
bool sysctl_takes(std::string_view name, std::string_view text);
/// What it takes, in words.
std::string sysctl_expects(std::string_view name);

/// All of them, sorted by name. The entries refer to `stack`.
std::vector<SysctlEntry> sysctls(NetStack& stack);

}  // namespace niclab::stack::admin
