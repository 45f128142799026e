#include <cstdio>
#include <ostream>

#include "hw/register_guide.hpp"
#include "lab/commands.hpp"
#include "lab/summary.hpp"

namespace niclab::lab {
namespace {

std::string hex(std::uint32_t v, int digits) {
  char s[16];
  std::snprintf(s, sizeof s, "0x%0*X", digits, v);
  return s;
}

/// "FD 0, SPEED 9:8".
std::string field_list(const hw::reg::Register& r) {
  std::string s;
  for (const auto& f : hw::reg::fields(r))
    s += (s.empty() ? "" : ", ") + std::string(f.name) + " " + f.bits();
  return s;
}

Json row_json(const hw::reg::Register& r) {
  Json j = Json::object();
  j["name"] = r.name;
  j["offset"] = r.offset;
  j["count"] = r.count;
  j["stride"] = r.stride;
  j["access"] = to_string(r.access);
  j["reset"] = r.reset;
  j["write_mask"] = r.write_mask;
  j["status"] = to_string(r.status);
  j["chapter"] = to_string(r.chapter);
  j["section"] = hw::reg::section(r);
  j["description"] = r.what;
  j["fields"] = Json::array();
  for (const auto& f : hw::reg::fields(r)) j["fields"].push_back(Json{{"name", f.name}, {"bits", f.bits()}});
  return j;
}

}  // namespace

int regs_command(bool json, std::ostream& out) {
  if (json) {
    Json all = Json::array();
    for (const auto& r : hw::reg::registers()) all.push_back(row_json(r));
    out << all.dump(2) << "\n";
    return 0;
  }
  char line[256];
  std::snprintf(line, sizeof line, "%-8s %-12s %6s %7s  %-6s %-11s  %-12s %-8s %s\n", "offset", "name",
                "count", "stride", "access", "reset", "status", "section", "what: fields");
  out << line;
  for (const auto& r : hw::reg::registers()) {
    std::snprintf(line, sizeof line, "%-8s %-12s %6u %7u  %-6s %-11s  %-12s %-8s ", hex(r.offset, 5).c_str(),
                  std::string(r.name).c_str(), r.count, r.stride, std::string(to_string(r.access)).c_str(),
                  hex(r.reset, 8).c_str(), std::string(to_string(r.status)).c_str(),
                  std::string(hw::reg::section(r)).c_str());
    const std::string inside = field_list(r);
    out << line << r.what << (inside.empty() ? "" : ": ") << inside << "\n";
  }
  return 0;
}

}  // namespace niclab::lab
