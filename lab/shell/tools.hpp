// The commands the shell knows: each turns its words (words[0] is its own name) into a Step or throws
// CommandError.
#pragma once

#include "lab/shell/command.hpp"

namespace niclab::lab::shell {

// ethtool.cpp
Step ethtool(const Words& words);
// link_tool.cpp
Step link(const Words& words);
// net_tools.cpp
Step ifconfig(const Words& words);
Step ip(const Words& words);
Step tc(const Words& words);
// file_tools.cpp
Step cat(const Words& words);
Step ls(const Words& words);
Step sysctl(const Words& words);
Step dmesg(const Words& words);
// power_tools.cpp
Step rtcwake(const Words& words);
// lspci.cpp
Step lspci(const Words& words);
// phc_ctl.cpp
Step phc_ctl(const Words& words);
// text_tools.cpp
Step echo(const Words& words);
Step grep(const Words& words);
Step head(const Words& words);
Step tail(const Words& words);
Step wc(const Words& words);

/// "Invalid argument" of an errno, positive or negative.
std::string reason(int error);

}  // namespace niclab::lab::shell
