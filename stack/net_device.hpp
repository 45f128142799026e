// The netdev interface: what a driver offers the stack (NetDevice, Napi) and what it may ask of it
// (NetdevCore).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "base/meters.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetdevCore;
class Qdisc;

/// Result of ndo_start_xmit. `busy` leaves the skb with the caller.
enum class NetdevTx : std::uint8_t { ok, busy };

/// struct rtnl_link_stats64, the fields a driver fills (path-map E-38 to E-40).
struct DeviceStats {
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0, rx_dropped = 0, tx_dropped = 0, multicast = 0, collisions = 0;
  std::uint64_t rx_length_errors = 0, rx_over_errors = 0, rx_crc_errors = 0, rx_frame_errors = 0;
  std::uint64_t rx_fifo_errors = 0, rx_missed_errors = 0;
  std::uint64_t tx_aborted_errors = 0, tx_carrier_errors = 0, tx_fifo_errors = 0;
};

/// What struct hwtstamp_config asks of a device (SIOCSHWTSTAMP); values of Linux.
enum class HwtstampFilter : std::uint8_t {
  none,
  all,
  some,
  ptp_v1_l4_event,
  ptp_v1_l4_sync,
  ptp_v1_l4_delay_req,
  ptp_v2_l4_event,
  ptp_v2_l4_sync,
  ptp_v2_l4_delay_req,
  ptp_v2_l2_event,
  ptp_v2_l2_sync,
  ptp_v2_l2_delay_req,
  ptp_v2_event,
  ptp_v2_sync,
  ptp_v2_delay_req,
};
struct HwtstampConfig {
  bool tx_on = false;  ///< HWTSTAMP_TX_ON: packets may ask for a stamp
  HwtstampFilter rx_filter = HwtstampFilter::none;
};

/// A PTP hardware clock: struct ptp_clock_info. Nanoseconds; any context.
class PtpClock {
 public:
  virtual ~PtpClock() = default;
  virtual std::uint64_t gettime64() = 0;
  virtual void settime64(std::uint64_t ns) = 0;
  virtual void adjtime(std::int64_t ns) = 0;  ///< adds
  /// How much faster than by itself it is to run, in parts per 10^9. 0, -ERANGE: beyond max_adj.
  virtual int adjfreq(std::int64_t ppb) = 0;
  virtual std::int64_t max_adj() const = 0;
  virtual std::int64_t freq() const = 0;  ///< what adjfreq() set last
  /// For an observer who changes nothing: the time that belongs to a value of the device's counter.
  virtual std::uint64_t time_of(std::uint64_t counter) const = 0;
};

/// struct netdev_queue: one transmit queue of a device.
struct NetdevQueue {
  NetDevice* dev = nullptr;
  unsigned index = 0;
  Qdisc* qdisc = nullptr;         ///< set by the stack
  SpinLock xmit_lock;             ///< HARD_TX_LOCK
  bool stopped = true;            ///< __QUEUE_STATE_DRV_XOFF; driver's netif_tx_stop_queue / start / wake
  std::uint64_t trans_start = 0;  ///< jiffies of the last successful transmit
  unsigned trans_timeout = 0;     ///< how often the transmit watchdog found it stuck
};

/// struct net_device together with its net_device_ops; a driver derives from it.
class NetDevice {
 public:
  virtual ~NetDevice() = default;
  // --- filled by the driver before register_netdev -----------------------------------------------
  std::string name;         ///< "eth0", given by the host before probe
  std::string driver_name;  ///< "igb"
  MacAddress dev_addr{};
  std::uint32_t mtu = 1500;
  std::uint32_t tx_queue_len = 1000;
  bool hw_ip_csum = false;      ///< NETIF_F_IP_CSUM: inserts UDP and TCP checksums over IPv4
  bool scatter_gather = false;  ///< NETIF_F_SG
  unsigned watchdog_timeo = 5;  ///< seconds a stopped queue may stay so before ndo_tx_timeout; 0: for ever
  unsigned real_num_tx_queues = 1;
  unsigned real_num_rx_queues = 1;
  std::array<NetdevQueue, 8> tx_queues;
  // --- state -------------------------------------------------------------------------------------
  bool up = false;                    ///< IFF_UP, the stack's
  bool carrier = false;               ///< netif_carrier_ok, the driver's through NetdevCore
  bool present = true;                ///< netif_device_present, the driver's through NetdevCore
  std::uint64_t core_rx_dropped = 0;  ///< dropped by the stack itself (path-map C-43, C-51)
  unsigned ifindex = 0;
  BufferMeter* qdisc_meter = nullptr;  ///< measurement: of the packets that wait in its qdiscs, or nullptr

  // --- net_device_ops (path-map A-14) ------------------------------------------------------------
  virtual int ndo_open() = 0;  ///< 0 or a negative errno
  virtual int ndo_stop() = 0;
  /// Softirqs off, xmit lock of the queue held. On `ok` the skb has been taken, on `busy` it has not.
  virtual NetdevTx ndo_start_xmit(SkbPtr& skb) = 0;
  /// The multicast list or promiscuity changed (dev_mc_list below).
  virtual void ndo_set_rx_mode() = 0;
  /// A stopped queue has not moved for watchdog_timeo. Softirq.
  virtual void ndo_tx_timeout() {}
  virtual int ndo_change_mtu(std::uint32_t) { return -95; /* EOPNOTSUPP */ }
  /// SIOCSHWTSTAMP. `wanted` becomes what the device does. 0 or a negative errno.
  virtual int ndo_hwtstamp_set(HwtstampConfig& /*wanted*/) { return -95; /* EOPNOTSUPP */ }
  /// Its clock; nullptr: it has none.
  virtual PtpClock* ptp_clock() { return nullptr; }
  virtual DeviceStats ndo_get_stats64() = 0;
  /// Names and values of `ethtool -S`, in the driver's order (path-map E-47). No charge, no synchronisation.
  virtual std::vector<std::pair<std::string, std::uint64_t>> ethtool_stats() { return {}; }

  /// Multicast addresses the stack wants, with a reference count each.
  std::map<MacAddress, unsigned> dev_mc_list;
};

/// struct napi_struct; a driver's q_vector derives from it.
class Napi {
 public:
  virtual ~Napi() = default;
  /// At most `budget` received packets; returns the work done. Less than `budget`: must have called
  /// napi_complete and re-enabled its interrupt (path-map C-21).
  virtual int poll(int budget) = 0;
  NetDevice* dev = nullptr;
  int weight = 64;
  NapiStamps stamps{};  ///< measurement: of the present poll, while journeys are recorded

 private:
  friend class NapiAccess;
  bool scheduled_ = true;  // NAPI_STATE_SCHED; also set while disabled, as before the first napi_enable
  bool disable_pending_ = false;  // NAPI_STATE_DISABLE
  Napi* next_ = nullptr;          // poll_list
};

/// What the stack offers drivers. One per host.
class NetdevCore {
 public:
  virtual ~NetdevCore() = default;
  virtual Kernel& kernel() = 0;
  virtual SkbPool& skb_pool() = 0;
  virtual void register_netdev(NetDevice& dev) = 0;
  virtual void unregister_netdev(NetDevice& dev) = 0;
  virtual void netif_carrier_on(NetDevice& dev) = 0;
  virtual void netif_carrier_off(NetDevice& dev) = 0;
  /// netif_device_detach: the device cannot be used for now. Its queues stop, and whoever asks for it by name
  /// is told that there is none; only dev_close goes on working. Any context.
  virtual void netif_device_detach(NetDevice& dev) = 0;
  /// The end of that: the queues of a running device are woken.
  virtual void netif_device_attach(NetDevice& dev) = 0;
  /// dev_open and dev_close, for a driver that closes its interface for a while (task context). 0 or a
  /// negative errno.
  virtual int dev_open(NetDevice& dev) = 0;
  virtual int dev_close(NetDevice& dev) = 0;
  /// After open; before it, and between napi_disable and napi_enable, the instance cannot be scheduled.
  virtual void napi_enable(Napi& napi) = 0;
  /// Waits until a running poll has completed (task context).
  virtual void napi_disable(Napi& napi) = 0;
  /// Hard-interrupt safe (path-map C-08).
  virtual void napi_schedule(Napi& napi) = 0;
  /// From poll, with less than the budget done.
  virtual void napi_complete(Napi& napi) = 0;
  /// Hands a received frame up; data at the network header, protocol and pkt_type set by eth_type_trans.
  virtual void napi_gro_receive(Napi& napi, SkbPtr skb) = 0;
  /// A new clock; its number (/dev/ptp0).
  virtual int ptp_clock_register(PtpClock& /*clock*/) { return 0; }
  /// A packet with kSkbTxHwTstamp has left at `hwtstamp`: `skb` is a clone of it, whose owner is the
  /// packet's.
  virtual void skb_tstamp_tx(SkbPtr /*skb*/, std::uint64_t /*hwtstamp*/) {}
  /// netif_tx_wake_queue: restarts a stopped queue and schedules its qdisc.
  virtual void netif_tx_wake_queue(NetdevQueue& queue) = 0;
};

/// Sets protocol, pkt_type, mac_header and pulls the Ethernet header; returns the protocol (host order).
std::uint16_t eth_type_trans(SkBuff& skb, NetDevice& dev);

inline constexpr std::uint32_t kEthHeaderLength = 14;
inline constexpr std::uint16_t kEthPIp = 0x0800, kEthPArp = 0x0806, kEthPVlan = 0x8100;

}  // namespace niclab::stack
