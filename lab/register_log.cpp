#include "lab/register_log.hpp"

#include <cstdio>

#include "bridge/vfio_user/session.hpp"
#include "hw/registers.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

std::string place_name(std::uint32_t region, std::uint64_t offset) {
  char text[32];
  if (region == 0)
    if (const auto found = hw::reg::find(hw::reg::canonical(static_cast<hw::reg::Offset>(offset & ~3ull)))) {
      std::string name(found->row->name);
      return found->row->count == 1 ? name : name + "[" + std::to_string(found->index) + "]";
    }
  if (region == vfio_user::kConfigRegion)
    std::snprintf(text, sizeof text, "config 0x%02llx", static_cast<unsigned long long>(offset));
  else
    std::snprintf(text, sizeof text, "BAR%u+0x%llx", region, static_cast<unsigned long long>(offset));
  return text;
}

RegisterLog::RegisterLog(const std::filesystem::path& file) : out_(file) {
  if (!out_) throw UserError("--registers " + file.string() + ": cannot write there, expected a file");
}

void RegisterLog::tell(Time now, std::string_view card, bool write, std::uint32_t region,
                       std::uint64_t offset, unsigned bytes, std::uint32_t value) {
  const std::uint64_t ns = now.ns();
  char text[160];
  std::snprintf(text, sizeof text, "%5llu.%09llu s  %.*s  %-5s  %-16s 0x%0*llx",
                static_cast<unsigned long long>(ns / 1'000'000'000),
                static_cast<unsigned long long>(ns % 1'000'000'000), static_cast<int>(card.size()),
                card.data(), write ? "write" : "read", place_name(region, offset).c_str(),
                static_cast<int>(2 * bytes),
                static_cast<unsigned long long>(bytes >= 4 ? value : value & ((1u << 8 * bytes) - 1)));
  out_ << text << std::endl;
}

}  // namespace niclab::lab
