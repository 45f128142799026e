// SIGINT and SIGTERM as something to poll, for commands that end in order when somebody asks them to.
#pragma once

#include <signal.h>

#include "bridge/vfio_user/unique_fd.hpp"

namespace niclab::lab {

/// While it lives both signals are held back, in children too.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  /// Readable once a signal has come.
  int fd() const { return fd_.get(); }
  bool came() const;

 private:
  sigset_t before_;
  vfio_user::UniqueFd fd_;
};

}  // namespace niclab::lab
