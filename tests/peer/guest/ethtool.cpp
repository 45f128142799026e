#include "ethtool.hpp"

#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "system.hpp"

namespace guest {
namespace {

/// A request with an array behind it, in memory of eight-byte words.
template <typename Head>
class Request {
 public:
  Request(std::uint32_t command, std::size_t bytes_behind) : words_((sizeof(Head) + bytes_behind) / 8 + 1) {
    head()->cmd = command;
  }
  Head* head() { return reinterpret_cast<Head*>(words_.data()); }

 private:
  std::vector<std::uint64_t> words_;
};

std::uint32_t length_of(const std::string& interface, std::uint32_t set) {
  Request<ethtool_sset_info> r(ETHTOOL_GSSET_INFO, 4);
  r.head()->sset_mask = std::uint64_t{1} << set;
  ethtool(interface, r.head(), "ETHTOOL_GSSET_INFO");
  return r.head()->sset_mask != 0 ? r.head()->data[0] : 0;
}

std::vector<std::string> names(const std::string& interface, std::uint32_t set) {
  const std::uint32_t n = length_of(interface, set);
  Request<ethtool_gstrings> r(ETHTOOL_GSTRINGS, std::size_t{n} * ETH_GSTRING_LEN);
  r.head()->string_set = set;
  r.head()->len = n;
  ethtool(interface, r.head(), "ETHTOOL_GSTRINGS");
  std::vector<std::string> result;
  for (std::uint32_t i = 0; i < n; ++i) {
    const char* name = reinterpret_cast<const char*>(r.head()->data) + i * ETH_GSTRING_LEN;
    result.emplace_back(name, strnlen(name, ETH_GSTRING_LEN));
  }
  return result;
}

}  // namespace

void ethtool(const std::string& interface, void* request, const char* name) {
  ifreq r{};
  std::strncpy(r.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  r.ifr_data = static_cast<char*>(request);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int result = ioctl(fd, SIOCETHTOOL, &r);
  const int error = errno;
  close(fd);
  require(result == 0, text("%s: %s", name, std::strerror(error)));
}

std::uint32_t get_value(const std::string& interface, std::uint32_t command, const char* name) {
  ethtool_value v{command, 0};
  ethtool(interface, &v, name);
  return v.data;
}

void set_value(const std::string& interface, std::uint32_t command, std::uint32_t value, const char* name) {
  ethtool_value v{command, value};
  ethtool(interface, &v, name);
}

std::map<std::string, std::uint64_t> statistics(const std::string& interface) {
  const std::vector<std::string> name = names(interface, ETH_SS_STATS);
  Request<ethtool_stats> r(ETHTOOL_GSTATS, name.size() * 8);
  r.head()->n_stats = static_cast<std::uint32_t>(name.size());
  ethtool(interface, r.head(), "ETHTOOL_GSTATS");
  std::map<std::string, std::uint64_t> result;
  for (std::size_t i = 0; i < name.size(); ++i) result[name[i]] = r.head()->data[i];
  return result;
}

std::map<std::string, std::uint64_t> self_test(const std::string& interface, bool offline, bool* failed) {
  const std::vector<std::string> name = names(interface, ETH_SS_TEST);
  Request<ethtool_test> r(ETHTOOL_TEST, name.size() * 8);
  r.head()->flags = offline ? ETH_TEST_FL_OFFLINE : 0;
  r.head()->len = static_cast<std::uint32_t>(name.size());
  ethtool(interface, r.head(), "ETHTOOL_TEST");
  *failed = (r.head()->flags & ETH_TEST_FL_FAILED) != 0;
  std::map<std::string, std::uint64_t> result;
  for (std::size_t i = 0; i < name.size(); ++i) result[name[i]] = r.head()->data[i];
  return result;
}

void hash_udp_ports(const std::string& interface) {
  ethtool_rxnfc r{};
  r.cmd = ETHTOOL_SRXFH;
  r.flow_type = UDP_V4_FLOW;
  r.data = RXH_IP_SRC | RXH_IP_DST | RXH_L4_B_0_1 | RXH_L4_B_2_3;
  ethtool(interface, &r, "ETHTOOL_SRXFH");
}

}  // namespace guest
