// phc_ctl of linuxptp: looks at and moves the PTP hardware clock of an interface.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>

#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

[[noreturn]] void usage(const std::string& what) {
  throw CommandError{"phc_ctl: " + what +
                         "\nusage: phc_ctl DEV COMMAND...\n"
                         "  get             show the time\n"
                         "  set [SECONDS]   set it, else to the host's\n"
                         "  adj SECONDS     add to it\n"
                         "  freq [PPB]      set by how much faster it is to run, else show that\n",
                     255};
}

template <class T>
std::optional<T> whole(std::string_view word) {
  T v{};
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), v);
  if (word.empty() || ec != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return v;
}

/// "-12.5" in nanoseconds, exactly.
std::optional<std::int64_t> seconds(const std::string& word) {
  const bool negative = word.starts_with('-');
  const std::string_view digits = std::string_view(word).substr(negative ? 1 : 0);
  const auto dot = std::min(digits.find('.'), digits.size());
  std::string fraction(digits.substr(std::min(dot + 1, digits.size())));
  if (fraction.size() > 9) return std::nullopt;
  fraction.resize(9, '0');
  const auto s = whole<std::uint32_t>(digits.substr(0, dot));
  const auto ns = whole<std::uint32_t>(fraction);
  if (!s || !ns) return std::nullopt;
  const std::int64_t v = *s * kSecond + *ns;
  return negative ? -v : v;
}

std::string shown(std::int64_t ns) {
  char text[40];
  std::snprintf(text, sizeof text, "%s%lld.%09lld", ns < 0 ? "-" : "",
                static_cast<long long>(std::abs(ns / kSecond)),
                static_cast<long long>(std::abs(ns % kSecond)));
  return text;
}

/// Acts on a clock and says so. 0 or a negative errno.
using Act = std::function<int(stack::PtpClock&, Context&)>;

Act get() {
  return [](stack::PtpClock& clock, Context& c) {
    c.out += "phc_ctl: clock time is " + shown(static_cast<std::int64_t>(clock.gettime64())) + "\n";
    return 0;
  };
}

Act set(std::optional<std::int64_t> ns) {
  return [ns](stack::PtpClock& clock, Context& c) {
    const std::int64_t to = ns ? *ns : static_cast<std::int64_t>(c.host.net().kernel().now().ns());
    clock.settime64(static_cast<std::uint64_t>(to));
    c.out += "phc_ctl: set clock time to " + shown(to) + "\n";
    return 0;
  };
}

Act adj(std::int64_t ns) {
  return [ns](stack::PtpClock& clock, Context& c) {
    clock.adjtime(ns);
    c.out += "phc_ctl: adjusted clock by " + shown(ns) + " seconds\n";
    return 0;
  };
}

Act freq(std::optional<std::int64_t> ppb) {
  return [ppb](stack::PtpClock& clock, Context& c) {
    if (!ppb) {
      c.out += "phc_ctl: clock frequency offset is " + std::to_string(clock.freq()) + "ppb\n";
      return 0;
    }
    if (const int error = clock.adjfreq(*ppb); error != 0) return error;
    c.out += "phc_ctl: adjusted clock frequency offset to " + std::to_string(*ppb) + "ppb\n";
    return 0;
  };
}

std::vector<Act> acts(const Words& words) {
  std::vector<Act> all;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string next = i + 1 < words.size() ? words[i + 1] : "";
    if (words[i] == "get") {
      all.push_back(get());
    } else if (words[i] == "set") {
      const auto ns = seconds(next);
      all.push_back(set(ns));
      i += ns.has_value();
    } else if (words[i] == "adj") {
      const auto ns = seconds(next);
      if (!ns) usage("adj: missing or bad time \"" + next + "\"");
      all.push_back(adj(*ns));
      ++i;
    } else if (words[i] == "freq") {
      const auto ppb = whole<std::int64_t>(next);
      all.push_back(freq(ppb));
      i += ppb.has_value();
    } else {
      usage("unknown command \"" + words[i] + "\"");
    }
  }
  return all;
}

}  // namespace

Step phc_ctl(const Words& words) {
  if (words.size() < 3) usage("no device or no command");
  Step s;
  s.interface = words[1];
  s.in_task = true;
  s.run = [dev = words[1], all = acts(words)](Context& c) {
    igb::IgbAdapter* const a = find_adapter(c.host, dev);
    stack::PtpClock* const clock = a == nullptr ? nullptr : a->ptp_clock();
    if (clock == nullptr) {
      c.error("phc_ctl: " + dev + ": " + (a == nullptr ? reason(ENODEV) : "no PTP hardware clock") + "\n");
      return 255;
    }
    for (const Act& act : all)
      if (const int error = act(*clock, c); error != 0) {
        c.error("phc_ctl: " + dev + ": " + reason(error) + "\n");
        return 255;
      }
    return 0;
  };
  return s;
}

}  // namespace niclab::lab::shell
