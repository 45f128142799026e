#include "lab/shell/files.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "lab/shell/power_tools.hpp"
#include "lab/shell/proc_text.hpp"

namespace niclab::lab::shell {
namespace {

std::string folder_of(std::string_view path) {
  std::string folder(path);
  while (folder.ends_with('/')) folder.pop_back();
  return folder + "/";
}

}  // namespace

std::vector<File> files(Host& host) {
  std::vector<File> all = stack::admin::files(host.net(), [&host](const stack::NetDevice& dev) {
    const igb::IgbAdapter* a = find_adapter(host, dev.name);
    return a == nullptr ? stack::DeviceStats{} : host.look_at_stats(*a).net;
  });
  all.push_back(
      {"/proc/interrupts", [&host] { return proc_interrupts(host.interrupts(), host.local_interrupts()); }});
  all.push_back({"/proc/softirqs", [&host] { return proc_softirqs(host.softirqs()); }});
  all.push_back({"/proc/stat", [&host] { return proc_stat(host.cpu_times()); }});
  for (File& file : power_files(host)) all.push_back(std::move(file));
  std::sort(all.begin(), all.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return all;
}

const File* find_file(const std::vector<File>& all, std::string_view path) {
  const auto file = std::find_if(all.begin(), all.end(), [&](const File& f) { return f.path == path; });
  return file == all.end() ? nullptr : &*file;
}

std::vector<std::string> list_folder(const std::vector<File>& all, std::string_view path) {
  const std::string folder = folder_of(path);
  std::vector<std::string> names;
  for (const File& f : all) {
    if (!f.path.starts_with(folder)) continue;
    std::string name = f.path.substr(folder.size());
    name.resize(std::min(name.find('/'), name.size()));
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> expand(const std::vector<File>& all, const std::string& pattern) {
  std::vector<std::string> fitting;
  if (pattern.find_first_of("*?") != std::string::npos)
    for (const File& f : all)
      if (fnmatch(pattern.c_str(), f.path.c_str(), FNM_PATHNAME) == 0) fitting.push_back(f.path);
  if (fitting.empty()) fitting.push_back(pattern);
  return fitting;
}

}  // namespace niclab::lab::shell
