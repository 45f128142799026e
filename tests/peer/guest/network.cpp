#include "network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_vlan.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "system.hpp"

namespace guest {
namespace {

constexpr double kPatience = 2;  // seconds for an answer

/// A socket that closes itself.
class Socket {
 public:
  Socket(int family, int type, int protocol = 0) : fd_(socket(family, type | SOCK_CLOEXEC, protocol)) {
    require(fd_ >= 0, text("socket: %s", std::strerror(errno)));
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  operator int() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in at(const std::string& address, int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_aton(address.c_str(), &a.sin_addr);
  return a;
}

ifreq named(const std::string& interface) {
  ifreq r{};
  std::strncpy(r.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  return r;
}

void ask(unsigned long what, void* request, const char* name) {
  require(ioctl(Socket(AF_INET, SOCK_DGRAM), what, request) == 0, text("%s: %s", name, std::strerror(errno)));
}

bool readable(int fd, double seconds) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, static_cast<int>(seconds * 1000)) == 1;
}

/// The datagram of a number: the number, then bytes that depend on it and on their place.
void fill(std::vector<unsigned char>& datagram, std::uint32_t number, int size) {
  datagram.resize(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < datagram.size(); ++i)
    datagram[i] = static_cast<unsigned char>(i < 4 ? number >> 8 * i : number * 31 + i * 7 + (i >> 8));
}

/// The sockets of an exchange and what is still to come back.
class Exchange {
 public:
  Exchange(const std::string& address, int flows) {
    const sockaddr_in to = at(address, kEchoPort);
    for (int i = 0; i < flows; ++i) {
      sockets_.emplace_back(AF_INET, SOCK_DGRAM);
      require(connect(sockets_.back(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
      watched_.push_back({sockets_.back(), POLLIN, 0});
    }
  }

  void send(std::uint32_t number, int size) {
    fill(datagram_, number, size);
    const int fd = sockets_[number % sockets_.size()];
    require(::send(fd, datagram_.data(), datagram_.size(), 0) == size,
            text("send of %d bytes: %s", size, std::strerror(errno)));
  }

  /// Takes in what has come, after waiting for something to come: false if nothing does.
  bool receive(Echoes& result, const auto& size_of) {
    if (poll(watched_.data(), watched_.size(), static_cast<int>(kPatience * 1000)) <= 0) return false;
    for (const pollfd& w : watched_) {
      if (w.revents == 0) continue;
      static unsigned char got[65536];
      const ssize_t n = recv(w.fd, got, sizeof got, MSG_DONTWAIT);
      if (n < 0) continue;
      ++result.returned;
      if (!right({got, static_cast<std::size_t>(n)}, size_of)) ++result.corrupt;
    }
    return true;
  }

 private:
  /// Sizes below that of the number do not tell it: only their length is compared.
  bool right(std::basic_string_view<unsigned char> got, const auto& size_of) {
    if (got.size() < 4) return true;
    std::uint32_t number = 0;
    for (int i = 3; i >= 0; --i) number = number << 8 | got[static_cast<std::size_t>(i)];
    fill(datagram_, number, size_of(number));
    return std::equal(got.begin(), got.end(), datagram_.begin(), datagram_.end());
  }

  std::vector<Socket> sockets_;
  std::vector<pollfd> watched_;
  std::vector<unsigned char> datagram_;
};

void echo_datagrams(int fd) {
  static unsigned char data[65536];
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t n = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
  if (n >= 0)
    sendto(fd, data, static_cast<std::size_t>(n), 0, reinterpret_cast<const sockaddr*>(&from), size);
}

bool echo_stream(int fd) {
  static unsigned char data[65536];
  const ssize_t n = recv(fd, data, sizeof data, 0);
  return n > 0 && send(fd, data, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
}

}  // namespace

void set_up(const std::string& interface, bool up) {
  ifreq r = named(interface);
  ask(SIOCGIFFLAGS, &r, "SIOCGIFFLAGS");
  r.ifr_flags = static_cast<short>(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
  ask(SIOCSIFFLAGS, &r, "SIOCSIFFLAGS");
}

void set_address(const std::string& interface, const std::string& address) {
  ifreq r = named(interface);
  const sockaddr_in a = at(address, 0), mask = at("255.255.255.0", 0);
  std::memcpy(&r.ifr_addr, &a, sizeof a);
  ask(SIOCSIFADDR, &r, "SIOCSIFADDR");
  std::memcpy(&r.ifr_netmask, &mask, sizeof mask);
  ask(SIOCSIFNETMASK, &r, "SIOCSIFNETMASK");
}

void set_mtu(const std::string& interface, int mtu) {
  ifreq r = named(interface);
  r.ifr_mtu = mtu;
  ask(SIOCSIFMTU, &r, "SIOCSIFMTU");
}

void add_vlan(const std::string& interface, int id) {
  vlan_ioctl_args args{};
  args.cmd = SET_VLAN_NAME_TYPE_CMD;
  args.u.name_type = VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD;
  ask(SIOCSIFVLAN, &args, "SET_VLAN_NAME_TYPE_CMD");
  args = {};
  args.cmd = ADD_VLAN_CMD;
  std::strncpy(args.device1, interface.c_str(), sizeof args.device1 - 1);
  args.u.VID = id;
  ask(SIOCSIFVLAN, &args, "ADD_VLAN_CMD");
}

double wait_for_carrier(const std::string& interface) {
  const auto wait = [&] {
    const double start = now();
    while (contents("/sys/class/net/" + interface + "/carrier") != "1") {
      require(now() - start < 20, "no carrier after 20 s");
      usleep(20'000);
    }
    return now() - start;
  };
  const double seconds = wait();
  // igb's watchdog on another processor may tell of a carrier that a reset has just taken away.
  usleep(700'000);
  wait();
  return seconds;
}

bool ping(const std::string& address, int size) {
  static std::uint16_t sequence = 0;
  const Socket s(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  std::vector<unsigned char> request(8 + static_cast<std::size_t>(size)), got(66000);
  request[0] = 8;
  request[7] = static_cast<unsigned char>(++sequence);
  for (std::size_t i = 8; i < request.size(); ++i) request[i] = static_cast<unsigned char>(i * 7 + sequence);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < request.size(); ++i)
    sum += static_cast<std::uint32_t>(request[i] << (i % 2 == 0 ? 8 : 0));
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  request[2] = static_cast<unsigned char>(~sum >> 8);
  request[3] = static_cast<unsigned char>(~sum);
  const sockaddr_in to = at(address, 0);
  sendto(s, request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  for (const double end = now() + kPatience; readable(s, std::max(0.0, end - now()));) {
    const ssize_t n = recv(s, got.data(), got.size(), 0);
    if (n == static_cast<ssize_t>(20 + request.size()) && got[20] == 0 &&
        std::equal(request.begin() + 4, request.end(), got.begin() + 24))
      return true;
  }
  return false;
}

Echoes echo(const std::string& address, int count, int first, int last, int step, int window, int flows) {
  Exchange exchange(address, flows);
  const int sizes = (last - first) / step + 1;
  const auto size_of = [=](std::uint32_t number) {
    return first + static_cast<int>(number % static_cast<std::uint32_t>(sizes)) * step;
  };
  Echoes result;
  std::vector<double> trips;
  const double start = now();
  int outstanding_base = 0;  // sent and given up
  while (result.sent < count || result.returned + outstanding_base < result.sent) {
    const double sent_at = now();
    while (result.sent < count && result.sent - result.returned - outstanding_base < window) {
      exchange.send(static_cast<std::uint32_t>(result.sent),
                    size_of(static_cast<std::uint32_t>(result.sent)));
      ++result.sent;
    }
    if (!exchange.receive(result, size_of))
      outstanding_base = result.sent - result.returned;
    else if (window == 1)
      trips.push_back(now() - sent_at);
    if (result.sent == count && outstanding_base > 0 && result.returned + outstanding_base >= count) break;
    if (outstanding_base > 100) break;
  }
  result.seconds = now() - start;
  if (!trips.empty()) {
    std::nth_element(trips.begin(), trips.begin() + static_cast<std::ptrdiff_t>(trips.size() / 2),
                     trips.end());
    result.median = trips[trips.size() / 2];
  }
  return result;
}

std::uint64_t tcp_echo(const std::string& address, std::uint64_t bytes, double* seconds) {
  const Socket s(AF_INET, SOCK_STREAM);
  const sockaddr_in to = at(address, kEchoPort);
  require(connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0,
          text("connect: %s", std::strerror(errno)));
  const auto byte_at = [](std::uint64_t i) {
    return static_cast<unsigned char>(i * 7 + (i >> 8) * 3 + (i >> 16));
  };
  std::vector<unsigned char> out(65536), in(65536);
  std::uint64_t sent = 0, back = 0;
  const double start = now();
  double last = start;
  fcntl(s, F_SETFL, O_NONBLOCK);
  while (back < bytes && now() - last < 10) {
    pollfd p{s, static_cast<short>(POLLIN | (sent < bytes && sent - back < (1u << 18) ? POLLOUT : 0)), 0};
    poll(&p, 1, 1000);
    if ((p.revents & POLLOUT) != 0) {
      const std::size_t n = std::min<std::uint64_t>(out.size(), bytes - sent);
      for (std::size_t i = 0; i < n; ++i) out[i] = byte_at(sent + i);
      const ssize_t done = send(s, out.data(), n, MSG_NOSIGNAL);
      if (done > 0) sent += static_cast<std::uint64_t>(done);
    }
    const ssize_t n = recv(s, in.data(), in.size(), 0);
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(std::max<ssize_t>(n, 0)); ++i)
      if (in[i] != byte_at(back + i)) throw Failure{"byte " + std::to_string(back + i) + " is wrong"};
    if (n > 0) {
      back += static_cast<std::uint64_t>(n);
      last = now();
    }
  }
  *seconds = now() - start;
  return back;
}

void serve_echo() {
  const sockaddr_in here = at("0.0.0.0", kEchoPort);
  const Socket datagrams(AF_INET, SOCK_DGRAM), streams(AF_INET, SOCK_STREAM);
  for (const int fd : {static_cast<int>(datagrams), static_cast<int>(streams)})
    require(bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0, "bind");
  listen(streams, 8);
  std::vector<pollfd> watched{{datagrams, POLLIN, 0}, {streams, POLLIN, 0}};
  for (;;) {
    poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0) echo_datagrams(datagrams);
    for (std::size_t i = watched.size() - 1; i >= 2; --i) {
      if (watched[i].revents == 0 || echo_stream(watched[i].fd)) continue;
      close(watched[i].fd);
      watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (watched[1].revents != 0) watched.push_back({accept(streams, nullptr, nullptr), POLLIN, 0});
  }
}

}  // namespace guest
