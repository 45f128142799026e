// link: the cable of an interface, which no tool of Linux can pull.
#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {

Step link(const Words& words) {
  if (words.size() != 3 || (words[2] != "up" && words[2] != "down"))
    throw CommandError{"Usage: link DEV up|down\n", 1};
  Step s;
  s.interface = words[1];
  s.in_task = true;
  s.run = [name = words[1], in = words[2] == "up"](Context& c) {
    const igb::IgbAdapter* a = find_adapter(c.host, name);
    if (a == nullptr) {
      c.error("link: " + name + ": No such device\n");
      return 1;
    }
    c.host.set_cable(*a, in);
    return 0;
  };
  return s;
}

}  // namespace niclab::lab::shell
