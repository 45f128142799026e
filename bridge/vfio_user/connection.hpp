// One client's stream socket, without ever waiting: whole messages come out, whole messages go in.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bridge/vfio_user/protocol.hpp"
#include "bridge/vfio_user/unique_fd.hpp"

namespace niclab::vfio_user {

struct Message {
  Header header;
  Bytes body;
  std::vector<UniqueFd> fds;
};
/// Nothing whole has arrived yet.
struct NotYet {};
/// The client closed the connection.
struct Gone {};

class Connection {
 public:
  /// Unsent answers beyond this mean that the client does not read: it is cut off.
  static constexpr std::size_t kMaxUnsent = 8u << 20;

  /// Takes a connected socket and makes it non-blocking.
  explicit Connection(UniqueFd socket);

  std::variant<Message, NotYet, Gone, Malformed> receive();
  /// Queues and sends as much as the socket takes. False: the client does not read, or is gone.
  bool send(const Bytes& message);
  /// Sends what send() had to leave. False as send().
  bool flush();
  bool unsent() const { return !unsent_.empty(); }
  int fd() const { return socket_.get(); }

 private:
  enum class Step : std::uint8_t { whole, not_yet, gone, malformed };
  Step read_some(std::byte* into, std::size_t wanted, std::size_t& have, bool with_fds);

  UniqueFd socket_;
  std::array<std::byte, kHeaderBytes> header_bytes_{};
  std::size_t header_have_ = 0, body_have_ = 0;
  std::optional<Header> header_;
  Bytes body_;
  std::vector<UniqueFd> fds_;
  std::string reason_;
  Bytes unsent_;
};

}  // namespace niclab::vfio_user
