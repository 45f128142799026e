#include "lab/shell/complete.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "lab/shell/command.hpp"
#include "lab/shell/files.hpp"

namespace niclab::lab::shell {
namespace {

using Names = std::vector<std::string>;

/// Folders and files one level below what is typed; a folder ends with "/".
Names paths(Host& host, const std::string& word) {
  const auto all = files(host);
  const std::string folder = word.substr(0, word.rfind('/') + 1);
  Names names;
  for (const std::string& name : list_folder(all, folder)) {
    const std::string path = folder + name;
    names.push_back(find_file(all, path) != nullptr ? path : path + "/");
  }
  return names;
}

Names sysctl_names(Host& host) {
  Names names;
  for (const auto& f : files(host)) {
    if (!f.path.starts_with("/proc/sys/")) continue;
    std::string name = f.path.substr(std::string_view("/proc/sys/").size());
    std::replace(name.begin(), name.end(), '/', '.');
    names.push_back(std::move(name));
  }
  return names;
}

Names interfaces(Host& host) {
  Names names;
  for (const igb::IgbAdapter* a : host.adapters()) names.push_back(a->name);
  return names;
}

}  // namespace

Completion complete(std::string_view line, Host& host, const Names& builtins, const Names& host_names) {
  line.remove_prefix(line.find_last_of("|;&") == std::string_view::npos ? 0 : line.find_last_of("|;&") + 1);
  std::istringstream in{std::string(line)};
  Names words;
  for (std::string w; in >> w;)
    if (w != "sudo") words.push_back(w);
  Completion c;
  const bool in_word = !line.empty() && line.back() != ' ' && !words.empty();
  if (in_word) {
    c.word = words.back();
    words.pop_back();
  }
  if (words.empty()) {
    c.candidates = command_names();
    c.candidates.insert(c.candidates.end(), builtins.begin(), builtins.end());
  } else if (c.word.starts_with("/")) {
    c.candidates = paths(host, c.word);
  } else if (words[0] == "sysctl") {
    c.candidates = sysctl_names(host);
  } else if (words[0] == "host") {
    c.candidates = host_names;
  } else if (words[0] == "cat" || words[0] == "ls") {
    c.candidates = {"/proc/", "/sys/"};
  } else {
    c.candidates = interfaces(host);
  }
  std::erase_if(c.candidates, [&](const std::string& name) { return !name.starts_with(c.word); });
  std::sort(c.candidates.begin(), c.candidates.end());
  return c;
}

}  // namespace niclab::lab::shell
