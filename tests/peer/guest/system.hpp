// The guest as its first and only process sees it: reports to the console, files, modules, the kernel's log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace guest {

/// What a check throws when it fails: one line.
struct Failure {
  std::string why;
};

/// Ends the check unless `held`.
void require(bool held, const std::string& why);

/// Runs a check and prints "@ok NAME: what it returned" or "@FAILED NAME: why".
void check(const std::string& name, const std::function<std::string()>& body);

/// A word of the kernel's command line, which comes to the first process as its environment.
std::string option(const char* name, const std::string& otherwise);

/// The contents of a file; empty if it cannot be read.
std::string contents(const std::string& path);

/// Seconds of CLOCK_MONOTONIC.
double now();

/// Mounts /proc, /sys and /dev.
void mount_all();

/// Loads /modules/* in the order of their names; require()s that each is accepted.
void load_modules();
/// Takes igb out and puts it in again.
void reload_igb();

/// Lines of the kernel's log, each as "<priority>[time] text".
std::vector<std::string> kernel_log();

/// Ends the machine.
[[noreturn]] void power_off();

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

}  // namespace guest
