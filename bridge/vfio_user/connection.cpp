#include "bridge/vfio_user/connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace niclab::vfio_user {

Connection::Connection(UniqueFd socket) : socket_(std::move(socket)) {
  fcntl(socket_.get(), F_SETFL, fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
}

// Descriptors come with the first byte of a message, so a read never goes past the end of one.
Connection::Step Connection::read_some(std::byte* into, std::size_t wanted, std::size_t& have,
                                       bool with_fds) {
  while (have < wanted) {
    iovec part{into + have, wanted - have};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control;
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = control.data();
    m.msg_controllen = control.size();
    const ssize_t n = recvmsg(socket_.get(), &m, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Step::not_yet : Step::gone;
    const bool first = have == 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
        fds_.emplace_back(fd);
      }
    }
    if ((m.msg_flags & MSG_CTRUNC) != 0 || fds_.size() > kMaxFds) {
      reason_ = "more than " + std::to_string(kMaxFds) + " file descriptors with a message";
      return Step::malformed;
    }
    if (!fds_.empty() && !(with_fds && first) && m.msg_controllen != 0) {
      reason_ = "file descriptors in the middle of a message";
      return Step::malformed;
    }
    if (n == 0) return Step::gone;
    have += static_cast<std::size_t>(n);
  }
  return Step::whole;
}

std::variant<Message, NotYet, Gone, Malformed> Connection::receive() {
  const auto stopped = [&](Step s) -> std::variant<Message, NotYet, Gone, Malformed> {
    if (s == Step::not_yet) return NotYet{};
    if (s == Step::gone) return Gone{};
    return Malformed{reason_};
  };
  if (!header_) {
    if (const Step s = read_some(header_bytes_.data(), kHeaderBytes, header_have_, true); s != Step::whole)
      return stopped(s);
    auto parsed = parse_header(header_bytes_);
    if (auto* bad = std::get_if<Malformed>(&parsed)) return std::move(*bad);
    header_ = std::get<Header>(parsed);
    body_.resize(header_->size - kHeaderBytes);
    body_have_ = 0;
  }
  if (const Step s = read_some(body_.data(), body_.size(), body_have_, false); s != Step::whole)
    return stopped(s);
  Message m{*header_, std::move(body_), std::move(fds_)};
  header_.reset();
  header_have_ = 0;
  body_.clear();
  fds_.clear();
  return m;
}

bool Connection::send(const Bytes& message) {
  unsent_.insert(unsent_.end(), message.begin(), message.end());
  return flush();
}

bool Connection::flush() {
  std::size_t sent = 0;
  bool alive = true;
  while (sent < unsent_.size()) {
    const ssize_t n =
        ::send(socket_.get(), &unsent_[sent], unsent_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      alive = errno == EAGAIN || errno == EWOULDBLOCK;
      break;
    }
    sent += static_cast<std::size_t>(n);
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
  return alive && unsent_.size() <= kMaxUnsent;
}

}  // namespace niclab::vfio_user
