// ifconfig, ip link, tc qdisc (path-map E-46, E-59, F-21, F-22, F-34).
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "lab/shell/net_tools_text.hpp"
#include "lab/shell/tools.hpp"
#include "stack/admin/files.hpp"

namespace niclab::lab::shell {
namespace {

std::optional<unsigned> number(const std::string& word) {
  unsigned v = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), v);
  if (word.empty() || ec != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return v;
}

InterfaceView view_of(Host& host, const igb::IgbAdapter& a) {
  InterfaceView v;
  v.name = a.name;
  v.ifindex = a.ifindex;
  v.mac = a.dev_addr;
  if (const stack::InDevice* in_dev = host.net().routes().in_dev(&a)) v.addresses = in_dev->addresses;
  v.up = a.up;
  v.carrier = a.carrier;
  v.mtu = a.mtu;
  v.tx_queue_len = a.tx_queue_len;
  v.stats = stack::admin::with_core_drops(a, host.look_at_stats(a).net);
  return v;
}

// --- what ifconfig and ip change -----------------------------------------------------------------

/// 0 or a negative errno; in a task of the host.
using Change = std::function<int(stack::NetStack&, igb::IgbAdapter&)>;

int set_up(stack::NetStack& net, igb::IgbAdapter& a) { return net.dev_open(a); }
int set_down(stack::NetStack& net, igb::IgbAdapter& a) { return net.dev_close(a); }

std::optional<Change> numeric_change(const std::string& what, unsigned value) {
  if (what == "mtu")
    return [value](stack::NetStack& net, igb::IgbAdapter& a) { return net.dev_set_mtu(a, value); };
  if (what == "txqueuelen")
    return [value](stack::NetStack&, igb::IgbAdapter& a) {
      a.tx_queue_len = value;
      return 0;
    };
  return std::nullopt;
}

struct NamedChange {
  std::string what;  ///< "mtu", for messages
  Change apply;
};

/// Words like `up mtu 1400 txqueuelen 500` from `first` on; nullopt when anything else stands there.
std::optional<std::vector<NamedChange>> changes(const Words& words, std::size_t first) {
  std::vector<NamedChange> all;
  for (std::size_t i = first; i < words.size(); ++i) {
    if (words[i] == "up" || words[i] == "down") {
      all.push_back({words[i], words[i] == "up" ? set_up : set_down});
      continue;
    }
    const auto value = i + 1 < words.size() ? number(words[i + 1]) : std::nullopt;
    auto change = value ? numeric_change(words[i], *value) : std::nullopt;
    if (!change) return std::nullopt;
    all.push_back({words[i], std::move(*change)});
    ++i;
  }
  return all;
}

// --- ifconfig ------------------------------------------------------------------------------------

std::string ifconfig_refusal(const NamedChange& change, int error) {
  const std::string ioctl = change.what == "mtu"          ? "SIOCSIFMTU"
                            : change.what == "txqueuelen" ? "SIOCSIFTXQLEN"
                                                          : "SIOCSIFFLAGS";
  return ioctl + ": " + reason(error) + "\n";
}

Step show_interfaces(const std::string& name, bool all) {
  Step s;
  s.run = [name, all](Context& c) {
    if (!name.empty() && find_adapter(c.host, name) == nullptr) {
      c.error(name + ": error fetching interface information: Device not found\n");
      return 1;
    }
    for (const igb::IgbAdapter* a : c.host.adapters())
      if (name.empty() ? all || a->up : a->name == name) c.out += ifconfig_text(view_of(c.host, *a));
    return 0;
  };
  return s;
}

Step change_interface(const std::string& name, std::vector<NamedChange> wanted) {
  Step s;
  s.in_task = true;
  s.run = [name, wanted = std::move(wanted)](Context& c) {
    igb::IgbAdapter* a = find_adapter(c.host, name);
    if (a == nullptr) {
      c.error(name + ": ERROR while getting interface flags: No such device\n");
      return 1;
    }
    int code = 0;
    for (const NamedChange& change : wanted)
      if (const int error = change.apply(c.host.net(), *a); error != 0) {
        c.error(ifconfig_refusal(change, error));
        code = 1;
      }
    return code;
  };
  return s;
}

// --- ip ------------------------------------------------------------------------------------------

[[noreturn]] void ip_usage() {
  throw CommandError{
      "Usage: ip [-s] link [show [dev DEV]] | ip link set [dev] DEV up|down|mtu N|txqueuelen N\n", 255};
}

Step ip_show(const std::string& name, bool statistics) {
  Step s;
  s.interface = name;
  s.run = [name, statistics](Context& c) {
    if (!name.empty() && find_adapter(c.host, name) == nullptr) {
      c.error("Device \"" + name + "\" does not exist.\n");
      return 1;
    }
    for (const igb::IgbAdapter* a : c.host.adapters())
      if (name.empty() || a->name == name) c.out += ip_link_text(view_of(c.host, *a), statistics);
    return 0;
  };
  return s;
}

Step ip_set(const std::string& name, std::vector<NamedChange> wanted) {
  Step s;
  s.interface = name;
  s.in_task = true;
  s.run = [name, wanted = std::move(wanted)](Context& c) {
    igb::IgbAdapter* a = find_adapter(c.host, name);
    if (a == nullptr) {
      c.error("Cannot find device \"" + name + "\"\n");
      return 1;
    }
    for (const NamedChange& change : wanted)
      if (const int error = change.apply(c.host.net(), *a); error != 0) {
        c.error("RTNETLINK answers: " + reason(error) + "\n");
        return 2;
      }
    return 0;
  };
  return s;
}

// --- tc ------------------------------------------------------------------------------------------

QdiscView qdisc_view(Host& host, const igb::IgbAdapter& a, bool name_dev, bool statistics) {
  QdiscView v{a.name, name_dev, statistics, false, {}};
  v.children = host.net().kernel().profile.version == KernelVersion::v4_0;
  for (const stack::Qdisc* q : host.net().dev().qdiscs(a)) v.queues.push_back(q->snapshot());
  return v;
}

}  // namespace

Step ifconfig(const Words& words) {
  if (words.size() == 1) return show_interfaces("", false);
  if (words.size() == 2 && words[1] == "-a") return show_interfaces("", true);
  if (words[1].starts_with("-"))
    throw CommandError{"ifconfig: option `" + words[1] + "' not recognised.\n", 1};
  Step s;
  if (words.size() == 2) {
    s = show_interfaces(words[1], true);
  } else {
    auto wanted = changes(words, 2);
    if (!wanted) throw CommandError{"ifconfig: bad arguments, expected up, down, mtu N or txqueuelen N\n", 1};
    s = change_interface(words[1], std::move(*wanted));
  }
  s.interface = words[1];
  return s;
}

Step ip(const Words& words) {
  Words w(words.begin() + 1, words.end());
  const bool statistics = std::erase_if(w, [](const std::string& x) { return x == "-s"; }) != 0;
  if (w.empty() || (w[0] != "link" && w[0] != "l")) ip_usage();
  std::erase(w, "dev");
  if (w.size() == 1) return ip_show("", statistics);
  if (w[1] == "show" || w[1] == "ls" || w[1] == "list") {
    if (w.size() > 3) ip_usage();
    return ip_show(w.size() == 3 ? w[2] : "", statistics);
  }
  if (w[1] != "set" || w.size() < 4) ip_usage();
  auto wanted = changes(w, 3);
  if (!wanted) ip_usage();
  return ip_set(w[2], std::move(*wanted));
}

Step tc(const Words& words) {
  Words w(words.begin() + 1, words.end());
  const bool statistics = std::erase_if(w, [](const std::string& x) { return x == "-s"; }) != 0;
  const auto usage = [] { throw CommandError{"Usage: tc [-s] qdisc [show [dev DEV]]\n", 255}; };
  if (w.empty() || w[0] != "qdisc") usage();
  if (w.size() > 1 && w[1] != "show" && w[1] != "ls" && w[1] != "list") usage();
  if (w.size() > 2 && (w.size() != 4 || w[2] != "dev")) usage();
  const std::string dev = w.size() == 4 ? w[3] : "";
  Step s;
  s.interface = dev;
  s.run = [dev, statistics](Context& c) {
    if (!dev.empty() && find_adapter(c.host, dev) == nullptr) {
      c.error("Cannot find device \"" + dev + "\"\n");
      return 1;
    }
    for (const igb::IgbAdapter* a : c.host.adapters())
      if (dev.empty() || a->name == dev)
        c.out += tc_qdisc_text(qdisc_view(c.host, *a, dev.empty(), statistics));
    return 0;
  };
  return s;
}

}  // namespace niclab::lab::shell
