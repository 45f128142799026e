#include "lab/shell/command.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lab/shell/files.hpp"
#include "lab/shell/tools.hpp"
#include "lab/shell/words.hpp"

namespace niclab::lab::shell {
namespace {

struct Tool {
  std::string_view name;
  Step (*parse)(const Words&);
};
constexpr std::array kTools{
    Tool{"cat", cat},         Tool{"dmesg", dmesg},   Tool{"echo", echo},         Tool{"ethtool", ethtool},
    Tool{"grep", grep},       Tool{"head", head},     Tool{"ifconfig", ifconfig}, Tool{"ip", ip},
    Tool{"link", link},       Tool{"ls", ls},         Tool{"lspci", lspci},       Tool{"phc_ctl", phc_ctl},
    Tool{"rtcwake", rtcwake}, Tool{"sysctl", sysctl}, Tool{"tail", tail},         Tool{"tc", tc},
    Tool{"wc", wc},
};

Step parse_step(Words words) {
  // A path before the name, as in /sbin/ethtool, makes no difference.
  words[0] = words[0].substr(words[0].rfind('/') + 1);
  const auto tool =
      std::find_if(kTools.begin(), kTools.end(), [&](const Tool& t) { return t.name == words[0]; });
  if (tool == kTools.end()) throw CommandError{"sh: 1: " + words[0] + ": not found\n", 127};
  Step step = tool->parse(words);
  step.name = words[0];
  return step;
}

/// What `sudo` and `sh -c` wrap.
bool unwrap(Words& words) {
  while (!words.empty() && words[0] == "sudo") words.erase(words.begin());
  return words.size() == 3 && (words[0] == "sh" || words[0] == "bash") && words[1] == "-c";
}

void parse_into(Script& script, std::string_view line, unsigned depth) {
  if (depth > 8) throw CommandError{"sh: 1: too many levels of sh -c\n", 2};
  for (RawPipeline& raw : split_line(line)) {
    if (raw.commands.size() == 1 && unwrap(raw.commands[0])) {
      parse_into(script, raw.commands[0][2], depth + 1);
      continue;
    }
    Pipeline p;
    p.redirect = raw.redirect;
    p.only_if_good = raw.only_if_good;
    for (Words& words : raw.commands) {
      unwrap(words);
      if (words.empty()) throw CommandError{"usage: sudo COMMAND\n", 1};
      p.steps.push_back(parse_step(std::move(words)));
    }
    script.push_back(std::move(p));
  }
}

int write_redirected(const Pipeline& p, const std::string& text, Host& host, std::string& messages) {
  const auto all = files(host);
  const File* file = find_file(all, p.redirect);
  if (file == nullptr) {
    messages += "sh: 1: cannot create " + p.redirect + ": Directory nonexistent\n";
    return 2;
  }
  if (!file->write) {
    messages += "sh: 1: cannot create " + p.redirect + ": Permission denied\n";
    return 2;
  }
  if (const int error = file->write(text); error != 0) {
    messages += "sh: 1: " + p.steps.back().name + ": write error: " + reason(error) + "\n";
    return 1;
  }
  return 0;
}

int run_pipeline(const Pipeline& p, Host& host, bool in_task, std::string& text) {
  std::string between;
  int code = 0;
  for (std::size_t i = 0; i < p.steps.size(); ++i) {
    const bool on_screen = i + 1 == p.steps.size() && p.redirect.empty();
    Context c{host, in_task, i == 0 ? nullptr : &between, on_screen};
    code = p.steps[i].run(c);
    text += c.err;
    between = std::move(c.out);
  }
  if (!p.redirect.empty()) {
    const int written = write_redirected(p, between, host, text);
    return code != 0 ? code : written;
  }
  text += between;
  return code;
}

}  // namespace

Script parse(std::string_view line) {
  Script script;
  parse_into(script, line, 0);
  return script;
}

bool needs_task(const Script& script, bool time_is_over) {
  const auto needs = [&](const Step& s) { return s.in_task && !(time_is_over && s.can_look); };
  return std::any_of(script.begin(), script.end(), [&](const Pipeline& p) {
    return !p.redirect.empty() || std::any_of(p.steps.begin(), p.steps.end(), needs);
  });
}

Outcome run(const Script& script, Host& host, bool in_task) {
  Outcome o;
  for (const Pipeline& p : script)
    if (!p.only_if_good || o.code == 0) o.code = run_pipeline(p, host, in_task, o.text);
  return o;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Tool& t : kTools) names.emplace_back(t.name);
  return names;
}

std::string reason(int error) { return std::strerror(error < 0 ? -error : error); }

igb::IgbAdapter* present_adapter(Host& host, const std::string& interface) {
  igb::IgbAdapter* a = find_adapter(host, interface);
  return a != nullptr && a->present ? a : nullptr;
}

igb::IgbAdapter* find_adapter(Host& host, const std::string& interface) {
  for (igb::IgbAdapter* a : host.adapters())
    if (a->name == interface) return a;
  return nullptr;
}

}  // namespace niclab::lab::shell
