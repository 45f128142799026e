// echo, grep, head, tail, wc: as far as the articles and a laboratory need them.
#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <span>

#include "lab/shell/files.hpp"
#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

struct Input {
  std::string name;  ///< of its file; empty: the pipe
  std::string text;
};

/// What a text tool reads: its files, or the pipe. What is not there is reported; `failed` then.
std::vector<Input> inputs(Context& c, const std::string& tool, const std::vector<std::string>& paths,
                          bool& failed) {
  std::vector<Input> all;
  if (paths.empty()) {
    all.push_back({"", c.in == nullptr ? std::string() : *c.in});
    return all;
  }
  const auto there = files(c.host);
  for (const std::string& pattern : paths)
    for (const std::string& path : expand(there, pattern)) {
      if (const File* f = find_file(there, path)) {
        all.push_back({path, f->read()});
        continue;
      }
      const bool folder = !list_folder(there, path).empty();
      c.error(tool + ": " + path + ": " + (folder ? "Is a directory" : "No such file or directory") + "\n");
      failed = true;
    }
  return all;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

struct GrepOptions {
  bool invert = false, ignore_case = false, count = false, number = false, word = false, extended = false;
  bool only = false, quiet = false;
  std::optional<std::string> pattern;
  std::vector<std::string> paths;
};

[[noreturn]] void usage(const std::string& text) { throw CommandError{text + "\n", 2}; }

bool set_grep_flag(GrepOptions& o, char flag) {
  switch (flag) {
    case 'v': o.invert = true; break;
    case 'i': o.ignore_case = true; break;
    case 'c': o.count = true; break;
    case 'n': o.number = true; break;
    case 'w': o.word = true; break;
    case 'E': o.extended = true; break;
    case 'o': o.only = true; break;
    case 'q': o.quiet = true; break;
    case 'e': break;
    default: return false;
  }
  return true;
}

GrepOptions grep_options(const Words& words) {
  GrepOptions o;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& w = words[i];
    if (w.size() > 1 && w[0] == '-') {
      for (const char flag : w.substr(1))
        if (!set_grep_flag(o, flag)) usage("grep: invalid option -- '" + std::string(1, flag) + "'");
      if (w.ends_with('e') && i + 1 < words.size()) o.pattern = words[++i];
    } else if (!o.pattern) {
      o.pattern = w;
    } else {
      o.paths.push_back(w);
    }
  }
  if (!o.pattern) usage("Usage: grep [OPTION]... PATTERN [FILE]...");
  return o;
}

std::regex compile(const GrepOptions& o) {
  auto flags = o.extended ? std::regex::extended : std::regex::basic;
  if (o.ignore_case) flags |= std::regex::icase;
  std::string pattern = *o.pattern;
  // Basic expressions of GNU grep know \|, those of the library do not; both call it | when extended.
  if (!o.extended && pattern.find("\\|") != std::string::npos) {
    flags = o.ignore_case ? std::regex::extended | std::regex::icase : std::regex::extended;
    for (auto at = pattern.find("\\|"); at != std::string::npos; at = pattern.find("\\|", at))
      pattern.erase(at, 1);
  }
  try {
    return std::regex(pattern, flags);
  } catch (const std::regex_error&) {
    usage("grep: Invalid regular expression: " + *o.pattern);
  }
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The parts of `line` that match; with -w only whole words.
std::vector<std::string> matches(const GrepOptions& o, const std::regex& regex, const std::string& line) {
  std::vector<std::string> found;
  for (std::sregex_iterator m(line.begin(), line.end(), regex), end; m != end; ++m) {
    const auto from = static_cast<std::size_t>(m->position()),
               to = from + static_cast<std::size_t>(m->length());
    const bool whole = (from == 0 || !is_word_character(line[from - 1])) &&
                       (to == line.size() || !is_word_character(line[to]));
    if (!o.word || whole) found.push_back(m->str());
  }
  return found;
}

/// Lines of `input` that fit; true when there is one.
bool grep_one(const GrepOptions& o, const std::regex& regex, const Input& input, bool with_name,
              std::string& out) {
  const std::string prefix = with_name ? input.name + ":" : "";
  std::size_t fitting = 0, number = 0;
  for (const std::string_view line : lines_of(input.text)) {
    ++number;
    const auto found = matches(o, regex, std::string(line));
    if (found.empty() != o.invert) continue;
    ++fitting;
    if (o.count || o.quiet) continue;
    const std::string start = prefix + (o.number ? std::to_string(number) + ":" : "");
    if (o.only && !o.invert)
      for (const std::string& m : found) out += start + m + "\n";
    else
      out += start + std::string(line) + "\n";
  }
  if (o.count && !o.quiet) out += prefix + std::to_string(fitting) + "\n";
  return fitting != 0;
}

struct LineCount {
  std::size_t lines = 10;
  std::vector<std::string> paths;
};

LineCount line_count(const Words& words) {
  LineCount r;
  const auto take = [&](std::string_view text) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), r.lines);
    if (text.empty() || ec != std::errc{} || end != text.data() + text.size())
      throw CommandError{words[0] + ": invalid number of lines: '" + std::string(text) + "'\n", 1};
  };
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& w = words[i];
    if (w == "-n")
      take(i + 1 < words.size() ? std::string_view(words[++i]) : std::string_view());
    else if (w.starts_with("-n"))
      take(std::string_view(w).substr(2));
    else if (w.size() > 1 && w[0] == '-')
      take(std::string_view(w).substr(1));
    else
      r.paths.push_back(w);
  }
  return r;
}

Step some_lines(const Words& words, bool last) {
  Step s;
  s.run = [o = line_count(words), tool = words[0], last](Context& c) {
    bool failed = false;
    for (const Input& input : inputs(c, tool, o.paths, failed)) {
      if (o.paths.size() > 1) c.out += "==> " + input.name + " <==\n";
      const auto lines = lines_of(input.text);
      const std::size_t n = std::min(o.lines, lines.size());
      for (const auto line : std::span(lines).subspan(last ? lines.size() - n : 0, n))
        c.out += std::string(line) + "\n";
    }
    return failed ? 1 : 0;
  };
  return s;
}

}  // namespace

Step echo(const Words& words) {
  const bool bare = words.size() > 1 && words[1] == "-n";
  std::string text;
  for (std::size_t i = bare ? 2 : 1; i < words.size(); ++i) text += (text.empty() ? "" : " ") + words[i];
  if (!bare) text += "\n";
  Step s;
  s.run = [text](Context& c) {
    c.out = text;
    return 0;
  };
  return s;
}

Step grep(const Words& words) {
  const GrepOptions o = grep_options(words);
  Step s;
  s.run = [o, regex = compile(o)](Context& c) {
    bool failed = false, any = false;
    const auto all = inputs(c, "grep", o.paths, failed);
    const bool with_name = o.paths.size() > 1 || all.size() > 1;
    for (const Input& input : all) any |= grep_one(o, regex, input, with_name, c.out);
    return failed ? 2 : any ? 0 : 1;
  };
  return s;
}

Step head(const Words& words) { return some_lines(words, false); }
Step tail(const Words& words) { return some_lines(words, true); }

Step wc(const Words& words) {
  std::vector<std::string> paths(words.begin() + 1, words.end());
  if (paths.empty() || paths[0] != "-l") throw CommandError{"wc: only -l is there\n", 1};
  paths.erase(paths.begin());
  Step s;
  s.run = [paths](Context& c) {
    bool failed = false;
    for (const Input& input : inputs(c, "wc", paths, failed))
      c.out += std::to_string(std::count(input.text.begin(), input.text.end(), '\n')) +
               (input.name.empty() ? "" : " " + input.name) + "\n";
    return failed ? 1 : 0;
  };
  return s;
}

}  // namespace niclab::lab::shell
