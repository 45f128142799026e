// rtcwake, and the files by which a function is reset (/sys/bus/pci/devices/ADDRESS/reset).
#include "lab/shell/power_tools.hpp"

#include <cerrno>
#include <charconv>

#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

constexpr unsigned kLongestSleep = 86400;  // seconds

[[noreturn]] void usage() {
  throw CommandError{"rtcwake: usage: rtcwake -m mem -s SECONDS (1 to 86400)\n", 1};
}

unsigned seconds_of(const Words& words) {
  unsigned seconds = 0;
  bool mem = false;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (i + 1 >= words.size()) usage();
    const std::string& value = words[i + 1];
    if (words[i] == "-m" && value == "mem") {
      mem = true;
    } else if (words[i] == "-s") {
      const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (ec != std::errc{} || end != value.data() + value.size()) usage();
    } else {
      usage();
    }
  }
  if (!mem || seconds == 0 || seconds > kLongestSleep) usage();
  return seconds;
}

int sleep_for(Context& c, unsigned seconds) {
  Kernel& kernel = c.host.net().kernel();
  kernel.log("PM: Entering mem sleep");
  std::vector<igb::IgbAdapter*> asleep;
  int code = 0;
  for (igb::IgbAdapter* a : c.host.adapters()) {
    if (const int error = a->igb_suspend(); error != 0) {
      c.error("rtcwake: " + a->name + ": " + reason(error) + "\n");
      code = 1;
    } else {
      asleep.push_back(a);
    }
  }
  kernel.sleep_until(kernel.now() + Duration::from_s(seconds));
  for (igb::IgbAdapter* a : asleep)
    if (a->igb_resume() != 0) code = 1;
  kernel.log("PM: Finishing wakeup.");
  return code;
}

int reset(Host& host, const std::string& interface, std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text != "1") return -EINVAL;
  igb::IgbAdapter* a = find_adapter(host, interface);
  return a == nullptr ? -ENODEV : a->pci_reset_function();
}

}  // namespace

Step rtcwake(const Words& words) {
  Step s;
  s.in_task = true;
  s.run = [seconds = seconds_of(words)](Context& c) { return sleep_for(c, seconds); };
  return s;
}

std::vector<File> power_files(Host& host) {
  std::vector<File> all;
  for (const igb::IgbAdapter* a : host.adapters())
    all.push_back({"/sys/bus/pci/devices/" + a->pci_address().to_string() + "/reset",
                   [] { return std::string{}; },
                   [&host, name = a->name](std::string_view text) { return reset(host, name, text); }});
  return all;
}

}  // namespace niclab::lab::shell
