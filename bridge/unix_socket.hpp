// Unix sockets with a name in the file system.
#pragma once

#include <sys/un.h>

#include <string>

#include "bridge/vfio_user/unique_fd.hpp"

namespace niclab::bridge {

using vfio_user::UniqueFd;

/// The address of a name. Throws std::runtime_error, in one line, when it is none.
sockaddr_un unix_address(const std::string& path);

/// A socket of `type` (SOCK_STREAM, SOCK_DGRAM) that does not wait, bound to the name. A socket of that name
/// that nobody has open any more is replaced. Throws std::runtime_error in one line.
UniqueFd bind_unix(const std::string& path, int type);

}  // namespace niclab::bridge
