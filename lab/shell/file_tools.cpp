// cat, ls, sysctl, dmesg.
#include <algorithm>
#include <utility>

#include "lab/shell/files.hpp"
#include "lab/shell/tools.hpp"
#include "stack/admin/text.hpp"

namespace niclab::lab::shell {
namespace {

constexpr std::string_view kSysctlFolder = "/proc/sys/";

/// The file of a sysctl: dots or slashes.
std::string sysctl_path(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return std::string(kSysctlFolder) + name;
}

std::string sysctl_name(std::string_view path) {
  std::string name(path.substr(kSysctlFolder.size()));
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

std::string without_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

struct SysctlOptions {
  bool all = false, values_only = false, write = false;
  std::vector<std::string> names;
};

SysctlOptions sysctl_options(const Words& words) {
  SysctlOptions o;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& w = words[i];
    if (w == "-a" || w == "-A" || w == "--all")
      o.all = true;
    else if (w == "-n")
      o.values_only = true;
    else if (w == "-w" || w == "--write")
      o.write = true;
    else if (w.starts_with("-"))
      throw CommandError{"sysctl: invalid option -- '" + w.substr(1) + "'\n", 1};
    else
      o.names.push_back(w);
  }
  const auto assigns = [](const std::string& n) { return n.find('=') != std::string::npos; };
  if (o.names.empty() && !o.all)
    throw CommandError{"usage: sysctl [-n] NAME... | -w NAME=VALUE... | -a\n", 1};
  for (const std::string& n : o.names)
    if (o.write && !assigns(n))
      throw CommandError{"sysctl: \"" + n + "\" must be of the form name=value\n", 255};
  o.write = o.write || std::any_of(o.names.begin(), o.names.end(), assigns);
  return o;
}

int run_sysctl(const SysctlOptions& o, Context& c) {
  const auto all = files(c.host);
  int code = 0;
  const auto show = [&](const File& f) {
    c.out += (o.values_only ? "" : sysctl_name(f.path) + " = ") + without_line_end(f.read()) + "\n";
  };
  if (o.all)
    for (const File& f : all)
      if (f.path.starts_with(kSysctlFolder)) show(f);
  for (const std::string& n : o.names) {
    const auto equals = n.find('=');
    const std::string path = sysctl_path(n.substr(0, equals));
    const File* f = find_file(all, path);
    if (f == nullptr) {
      c.error("sysctl: cannot stat " + path + ": No such file or directory\n");
      code = 255;
      continue;
    }
    if (equals != std::string::npos)
      if (const int error = f->write(n.substr(equals + 1)); error != 0) {
        c.error("sysctl: setting key \"" + sysctl_name(path) + "\": " + reason(error) + "\n");
        code = 255;
        continue;
      }
    show(*f);
  }
  return code;
}

}  // namespace

Step cat(const Words& words) {
  Step s;
  s.run = [paths = std::vector<std::string>(words.begin() + 1, words.end())](Context& c) {
    if (paths.empty() && c.in != nullptr) c.out = *c.in;
    const auto all = files(c.host);
    int code = 0;
    for (const std::string& pattern : paths)
      for (const std::string& path : expand(all, pattern)) {
        if (const File* f = find_file(all, path)) {
          c.out += f->read();
          continue;
        }
        const bool folder = !list_folder(all, path).empty();
        c.error("cat: " + path + ": " + (folder ? "Is a directory" : "No such file or directory") + "\n");
        code = 1;
      }
    return code;
  };
  return s;
}

Step ls(const Words& words) {
  std::vector<std::string> paths(words.begin() + 1, words.end());
  std::erase_if(paths, [](const std::string& p) { return p.starts_with("-"); });
  if (paths.empty()) paths.emplace_back("/");
  Step s;
  s.run = [paths](Context& c) {
    const auto all = files(c.host);
    int code = 0;
    for (const std::string& pattern : paths)
      for (const std::string& path : expand(all, pattern)) {
        const auto names = list_folder(all, path);
        if (names.empty() && find_file(all, path) == nullptr) {
          c.error("ls: cannot access " + path + ": No such file or directory\n");
          code = 2;
        } else if (names.empty()) {
          c.out += path + "\n";
        } else {
          if (paths.size() > 1) c.out += path + ":\n";
          for (const std::string& n : names) c.out += n + "\n";
        }
      }
    return code;
  };
  return s;
}

Step sysctl(const Words& words) {
  SysctlOptions o = sysctl_options(words);
  Step s;
  s.in_task = o.write;
  s.run = [o = std::move(o)](Context& c) { return run_sysctl(o, c); };
  return s;
}

Step dmesg(const Words& words) {
  if (words.size() > 1) throw CommandError{"dmesg: invalid option: " + words[1] + "\n", 1};
  Step s;
  s.run = [](Context& c) {
    for (const LogLine& l : c.host.kernel_log()) {
      const unsigned long long us = l.at.ns() / 1000;
      c.out += stack::admin::strprintf("[%5llu.%06llu] ", us / 1'000'000, us % 1'000'000) + l.text + "\n";
    }
    return 0;
  };
  return s;
}

}  // namespace niclab::lab::shell
