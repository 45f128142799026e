// Round trip of a register read by `niclab serve`, as a client of vfio-user sees it:
//   read_latency SOCKET     prints the quantiles of 20,000 reads of STATUS
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr std::uint32_t kBar0 = 0, kConfig = 7;
constexpr std::uint64_t kStatus = 8, kCommand = 4;

struct Header {
  std::uint16_t id, command;
  std::uint32_t size, flags, error;
};
struct Access {
  Header header;
  std::uint64_t offset;
  std::uint32_t region, count;
  std::uint32_t data;
};

void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void exchange(int fd, const void* request, std::size_t size, void* reply, std::size_t reply_size) {
  if (send(fd, request, size, 0) != static_cast<ssize_t>(size)) fail("send");
  for (std::size_t have = 0; have < reply_size;) {
    const ssize_t n = recv(fd, static_cast<char*>(reply) + have, reply_size - have, 0);
    if (n <= 0) fail("recv");
    have += static_cast<std::size_t>(n);
  }
}

void greet(int fd) {
  constexpr std::string_view json = R"({"capabilities":{"max_msg_fds":16}})";
  std::vector<char> message(sizeof(Header) + 4 + json.size() + 1);
  const Header h{0, 1, static_cast<std::uint32_t>(message.size()), 0, 0};
  std::memcpy(message.data(), &h, sizeof h);
  std::memcpy(message.data() + sizeof h + 4, json.data(), json.size());
  Header reply{};
  exchange(fd, message.data(), message.size(), &reply, sizeof reply);
  std::vector<char> body(reply.size - sizeof reply);
  for (std::size_t have = 0; have < body.size();)
    have +=
        static_cast<std::size_t>(std::max<ssize_t>(0, recv(fd, body.data() + have, body.size() - have, 0)));
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (argc > 1) std::strncpy(to.sun_path, argv[1], sizeof to.sun_path - 1);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail(to.sun_path);
  greet(fd);
  Access command{{1, 10, 34, 0, 0}, kCommand, kConfig, 2, 6}, reply{};
  exchange(fd, &command, 34, &reply, 32);  // memory and bus mastering
  std::vector<double> us;
  for (int i = 0; i < 20'000; ++i) {
    const Access read{{2, 9, 32, 0, 0}, kStatus, kBar0, 4, 0};
    const auto start = std::chrono::steady_clock::now();
    exchange(fd, &read, 32, &reply, 36);
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(us.begin(), us.end());
  const auto quantile = [&](double q) {
    return us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))];
  };
  std::printf("STATUS %08x; %.1f us at the median, %.1f at 10 %%, %.1f at 90 %%, %.1f at 99 %%\n", reply.data,
              quantile(0.5), quantile(0.1), quantile(0.9), quantile(0.99));
  close(fd);
}
