// Several child processes at once, each with what it sends back.
#pragma once

#include <list>
#include <optional>
#include <string>

#include "lab/child_run.hpp"

namespace niclab::lab {

class ChildPool {
 public:
  struct Ended {
    std::size_t id = 0;
    std::string output;  ///< all it wrote
    ChildRun::Ending ending;
  };

  /// Starts one; it ends when this process does. `id` is given back with what it leaves.
  void start(std::size_t id, const std::function<int(int fd)>& body);
  std::size_t running() const { return children_.size(); }
  /// Waits until one has ended; nullopt when `milliseconds` (-1: for ever) are over or `other_fd` (-1: none)
  /// is readable first.
  std::optional<Ended> wait(int other_fd = -1, int milliseconds = -1);

 private:
  struct Child {
    std::size_t id;
    ChildRun run;
    std::string output;
    Child(std::size_t i, const std::function<int(int)>& body) : id(i), run(body) {}
  };
  std::list<Child> children_;
};

}  // namespace niclab::lab
