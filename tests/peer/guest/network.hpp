// Interfaces, and traffic with an echo service (UDP and TCP port 7) or ping at the far end.
#pragma once

#include <cstdint>
#include <string>

namespace guest {

inline constexpr int kEchoPort = 7;

/// Interface up or down.
void set_up(const std::string& interface, bool up);
/// Address of a /24 network.
void set_address(const std::string& interface, const std::string& address);
void set_mtu(const std::string& interface, int mtu);
/// Makes `interface`.`id`.
void add_vlan(const std::string& interface, int id);
/// Waits for the carrier, at most 20 s, and until it can be relied upon; seconds it took to come.
double wait_for_carrier(const std::string& interface);

/// ICMP echo with `size` bytes of pattern; whether the answer came within 2 s, whole.
bool ping(const std::string& address, int size);

/// What an exchange of datagrams came to.
struct Echoes {
  int sent = 0, returned = 0, corrupt = 0;
  double seconds = 0;
  double median = 0;  ///< round trip, seconds; with a window of one
};

/// Sends `count` datagrams of the sizes first, first + step … (last, then again) to the echo service, at most
/// `window` without an answer, from `flows` ports; compares every byte. An answer later than 2 s is lost.
Echoes echo(const std::string& address, int count, int first, int last, int step, int window, int flows = 1);

/// Sends `bytes` over one TCP connection to the echo service while it reads them back; bytes that came back
/// right.
std::uint64_t tcp_echo(const std::string& address, std::uint64_t bytes, double* seconds);

/// Echo service on UDP and TCP, without end.
[[noreturn]] void serve_echo();

}  // namespace guest
