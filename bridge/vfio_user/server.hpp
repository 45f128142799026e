// A listening unix socket that serves one client at a time.
#pragma once

#include <string>

#include "bridge/vfio_user/unique_fd.hpp"

namespace niclab::vfio_user {

class Listener {
 public:
  /// Binds and listens. A socket that nobody listens on any more is replaced. Throws std::runtime_error in
  /// one line.
  explicit Listener(std::string path);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  /// A client that waits; an empty one when there is none.
  UniqueFd accept();
  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd socket_;
};

}  // namespace niclab::vfio_user
