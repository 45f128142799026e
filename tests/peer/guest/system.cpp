#include "system.hpp"

#include <fcntl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace guest {
namespace {

void load(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const long result = syscall(SYS_finit_module, fd, "", 0);
  const int error = errno;
  close(fd);
  require(result == 0 || error == EEXIST, path + ": " + std::strerror(error));
}

std::vector<std::string> modules() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("/modules")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

void require(bool held, const std::string& why) {
  if (!held) throw Failure{why};
}

void check(const std::string& name, const std::function<std::string()>& body) {
  std::string line;
  try {
    line = "@ok " + name + ": " + body();
  } catch (const Failure& f) {
    line = "@FAILED " + name + ": " + f.why;
  }
  line += text(" [%.1f s]\n", now());
  if (write(1, line.data(), line.size()) < 0) power_off();
}

std::string option(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  std::string result = all.str();
  while (!result.empty() && result.back() == '\n') result.pop_back();
  return result;
}

double now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void mount_all() {
  for (const char* folder : {"/proc", "/sys", "/dev"}) mkdir(folder, 0755);
  mount("proc", "/proc", "proc", 0, nullptr);
  mount("sysfs", "/sys", "sysfs", 0, nullptr);
  mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
}

void load_modules() {
  for (const std::string& path : modules()) load(path);
}

void reload_igb() {
  require(syscall(SYS_delete_module, "igb", O_NONBLOCK) == 0,
          text("delete_module: %s", std::strerror(errno)));
  load_modules();
}

std::vector<std::string> kernel_log() {
  std::string all(1 << 20, '\0');
  const int size = klogctl(3, all.data(), static_cast<int>(all.size()));  // SYSLOG_ACTION_READ_ALL
  all.resize(static_cast<std::size_t>(std::max(size, 0)));
  std::vector<std::string> lines;
  std::istringstream in(all);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void power_off() {
  sync();
  reboot(RB_POWER_OFF);
  for (;;) pause();
}

std::string text(const char* format, ...) {
  char buffer[512];
  va_list rest;
  va_start(rest, format);
  std::vsnprintf(buffer, sizeof buffer, format, rest);
  va_end(rest);
  return buffer;
}

}  // namespace guest
