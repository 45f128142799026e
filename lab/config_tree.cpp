#include "lab/config_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>
#include <sstream>

#include "lab/user_error.hpp"

namespace niclab::lab {

std::string Where::to_string() const { return line == 0 ? source : source + ":" + std::to_string(line); }

ConfigNode* ConfigNode::find(std::string_view key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

const ConfigNode* ConfigNode::find(std::string_view key) const {
  if (!is_table()) return nullptr;
  for (const auto& [name, child] : table())
    if (name == key) return &child;
  return nullptr;
}

std::string_view ConfigNode::type_name() const {
  static constexpr std::string_view kNames[] = {"a table",  "an array",  "a string", "an integer",
                                                "a number", "a boolean", "a date"};
  return kNames[value.index()];
}

namespace {

/// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto candidate : candidates) {
    const auto d = edit_distance(word, candidate);
    if (d < best_distance && d < std::max(word.size(), candidate.size())) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string read_text_file(const std::filesystem::path& path, std::string_view what) {
  const auto fail = [&](const std::string& why) -> std::string {
    throw UserError(path.string() + ": cannot read: " + why + ", expected " + std::string(what));
  };
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return fail("it is a folder");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad() || text.bad()) return fail("read error");
  return std::move(text).str();
}

}  // namespace niclab::lab
