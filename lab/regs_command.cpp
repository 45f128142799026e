#include <cstdio>
#include <ostream>

#include "hw/registers.hpp"
#include "lab/commands.hpp"
#include "lab/summary.hpp"

namespace niclab::lab {
namespace {

std::string hex(std::uint32_t v, int digits) {
  char s[16];
  std::snprintf(s, sizeof s, "0x%0*X", digits, v);
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
  j["description"] = r.what;
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
  std::snprintf(line, sizeof line, "%-8s %-12s %6s %7s  %-6s %-11s  %-12s %s\n", "offset", "name", "count",
                "stride", "access", "reset", "status", "what");
  out << line;
  for (const auto& r : hw::reg::registers()) {
    std::snprintf(line, sizeof line, "%-8s %-12s %6u %7u  %-6s %-11s  %-12s ", hex(r.offset, 5).c_str(),
                  std::string(r.name).c_str(), r.count, r.stride, std::string(to_string(r.access)).c_str(),
                  hex(r.reset, 8).c_str(), std::string(to_string(r.status)).c_str());
    out << line << r.what << "\n";
  }
  return 0;
}

}  // namespace niclab::lab
