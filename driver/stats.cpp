// Counters: the port's registers, the rings' software, and the names ethtool -S gives them (path-map E-47,
// X11).
#include "driver/igb.hpp"
#include "driver/path_cost.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint32_t kRqdpcMask = 0x0FFF;  // fact base 4.10

struct HwCounter {
  reg::Offset offset;
  std::uint64_t HwStats::*member;
};

// In igb's order of reading (fact base 2.12.2). A 64-bit pair is read low, then high, which clears both.
constexpr HwCounter kFirst[] = {{reg::CRCERRS, &HwStats::crcerrs}, {reg::GPRC, &HwStats::gprc}};
constexpr HwCounter kRest[] = {
    {reg::BPRC, &HwStats::bprc},       {reg::MPRC, &HwStats::mprc},       {reg::ROC, &HwStats::roc},
    {reg::PRC64, &HwStats::prc64},     {reg::PRC127, &HwStats::prc127},   {reg::PRC255, &HwStats::prc255},
    {reg::PRC511, &HwStats::prc511},   {reg::PRC1023, &HwStats::prc1023}, {reg::PRC1522, &HwStats::prc1522},
    {reg::SYMERRS, &HwStats::symerrs}, {reg::SEC, &HwStats::sec},         {reg::MPC, &HwStats::mpc},
    {reg::SCC, &HwStats::scc},         {reg::ECOL, &HwStats::ecol},       {reg::MCC, &HwStats::mcc},
    {reg::LATECOL, &HwStats::latecol}, {reg::DC, &HwStats::dc},           {reg::RLEC, &HwStats::rlec},
    {reg::XONRXC, &HwStats::xonrxc},   {reg::XONTXC, &HwStats::xontxc},   {reg::XOFFRXC, &HwStats::xoffrxc},
    {reg::XOFFTXC, &HwStats::xofftxc}, {reg::FCRUC, &HwStats::fcruc},     {reg::GPTC, &HwStats::gptc}};
constexpr HwCounter kAfterOctets[] = {
    {reg::RNBC, &HwStats::rnbc},         {reg::RUC, &HwStats::ruc},
    {reg::RFC, &HwStats::rfc},           {reg::RJC, &HwStats::rjc},
    {reg::TORH, &HwStats::tor},          {reg::TOTH, &HwStats::tot},
    {reg::TPR, &HwStats::tpr},           {reg::PTC64, &HwStats::ptc64},
    {reg::PTC127, &HwStats::ptc127},     {reg::PTC255, &HwStats::ptc255},
    {reg::PTC511, &HwStats::ptc511},     {reg::PTC1023, &HwStats::ptc1023},
    {reg::PTC1522, &HwStats::ptc1522},   {reg::MPTC, &HwStats::mptc},
    {reg::BPTC, &HwStats::bptc},         {reg::TPT, &HwStats::tpt},
    {reg::COLC, &HwStats::colc},         {reg::ALGNERRC, &HwStats::algnerrc},
    {reg::RXERRC, &HwStats::rxerrc},     {reg::TNCRS, &HwStats::tncrs},
    {reg::TSCTC, &HwStats::tsctc},       {reg::TSCTFC, &HwStats::tsctfc},
    {reg::IAC, &HwStats::iac},           {reg::ICRXATC, &HwStats::icrxatc},
    {reg::ICTXPTC, &HwStats::ictxptc},   {reg::ICTXATC, &HwStats::ictxatc},
    {reg::ICTXQMTC, &HwStats::ictxqmtc}, {reg::ICRXDMTC, &HwStats::icrxdmtc},
    {reg::RPTHC, &HwStats::rpthc},       {reg::HGPTC, &HwStats::hgptc},
    {reg::HTCBDPC, &HwStats::htcbdpc},   {reg::MGTPTC, &HwStats::mgptc},
    {reg::MGTPRC, &HwStats::mgprc},      {reg::MGTPDC, &HwStats::mgpdc},
    {reg::O2BGPTC, &HwStats::o2bgptc},   {reg::O2BSPC, &HwStats::o2bspc},
    {reg::B2OSPC, &HwStats::b2ospc},     {reg::B2OGPRC, &HwStats::b2ogprc}};

/// Adds what the registers hold, in igb's order.
template <class Counter>
void add_counters(HwStats& into, const Counter& counter) {
  for (const auto& [offset, member] : kFirst) into.*member += counter(offset);
  into.gorc += counter(reg::GORCL);
  into.gorc += counter(reg::GORCH) << 32;
  for (const auto& [offset, member] : kRest) into.*member += counter(offset);
  into.gotc += counter(reg::GOTCL);
  into.gotc += counter(reg::GOTCH) << 32;
  for (const auto& [offset, member] : kAfterOctets) into.*member += counter(offset);
}

}  // namespace

void IgbAdapter::igb_read_hw_stats(HwStats& into) {
  add_counters(into, [this](reg::Offset offset) -> std::uint64_t {
    const std::uint32_t value = hw_.rd32(offset);
    return hw_.removed() ? 0 : value;
  });
}

void IgbAdapter::igb_fill_net_stats(stack::DeviceStats& n, const HwStats& h) const {
  n.rx_packets = n.rx_bytes = n.tx_packets = n.tx_bytes = 0;
  for (const auto& ring : rx_rings_) {
    n.rx_packets += ring->stats.packets;
    n.rx_bytes += ring->stats.bytes;
  }
  for (const auto& ring : tx_rings_) {
    n.tx_packets += ring->stats.packets;
    n.tx_bytes += ring->stats.bytes;
  }
  n.multicast = h.mprc;
  n.collisions = h.colc;
  n.rx_errors = h.rxerrc + h.crcerrs + h.algnerrc + h.ruc + h.roc;
  n.rx_length_errors = h.ruc + h.roc;
  n.rx_crc_errors = h.crcerrs;
  n.rx_frame_errors = h.algnerrc;
  n.rx_missed_errors = h.mpc;
  n.tx_errors = h.ecol + h.latecol;
  n.tx_aborted_errors = h.ecol;
  n.tx_carrier_errors = h.tncrs;
}

void IgbAdapter::igb_update_stats() {
  spend(path::igb_update_stats);
  kernel_.lock(stats_lock_);
  igb_read_stats();
  kernel_.unlock(stats_lock_);
}

// Registers are read only while there is a link, as in igb.
void IgbAdapter::igb_read_stats() {
  if (link_.speed != 0 && !hw_.removed()) {
    for (const auto& ring : rx_rings_) {
      const std::uint32_t drops = hw_.rd32(reg::RQDPC(ring->queue_index)) & kRqdpcMask;
      if (hw_.removed()) break;
      ring->stats.drops += drops;
      net_stats_.rx_fifo_errors += drops;
    }
    igb_read_hw_stats(hw_stats_);
  }
  igb_fill_net_stats(net_stats_, hw_stats_);
}

StatsSnapshot IgbAdapter::observe_stats(const RegisterPeek& peek) const {
  StatsSnapshot s{hw_stats_, net_stats_, {}};
  if (link_.speed != 0 && !hw_.removed()) {
    for (const auto& ring : rx_rings_) {
      const std::uint32_t drops = peek(reg::RQDPC(ring->queue_index)) & kRqdpcMask;
      s.rx_drops[ring->queue_index] = drops;
      s.net.rx_fifo_errors += drops;
    }
    add_counters(s.hw, [&peek](reg::Offset offset) -> std::uint64_t { return peek(offset); });
  }
  igb_fill_net_stats(s.net, s.hw);
  return s;
}

stack::DeviceStats IgbAdapter::ndo_get_stats64() {
  igb_update_stats();
  return net_stats_;
}

std::vector<std::pair<std::string, std::uint64_t>> IgbAdapter::ethtool_stats() {
  igb_fill_net_stats(net_stats_, hw_stats_);
  return ethtool_stats({hw_stats_, net_stats_, {}});
}

std::vector<std::pair<std::string, std::uint64_t>> IgbAdapter::ethtool_stats(const StatsSnapshot& s) const {
  const HwStats& h = s.hw;
  const stack::DeviceStats& n = s.net;
  std::vector<std::pair<std::string, std::uint64_t>> out{
      {"rx_packets", h.gprc},
      {"tx_packets", h.gptc},
      {"rx_bytes", h.gorc},
      {"tx_bytes", h.gotc},
      {"rx_broadcast", h.bprc},
      {"tx_broadcast", h.bptc},
      {"rx_multicast", h.mprc},
      {"tx_multicast", h.mptc},
      {"multicast", h.mprc},
      {"collisions", h.colc},
      {"rx_crc_errors", h.crcerrs},
      {"rx_no_buffer_count", h.rnbc},
      {"rx_missed_errors", h.mpc},
      {"tx_aborted_errors", h.ecol},
      {"tx_carrier_errors", h.tncrs},
      {"tx_window_errors", h.latecol},
      {"tx_abort_late_coll", h.latecol},
      {"tx_deferred_ok", h.dc},
      {"tx_single_coll_ok", h.scc},
      {"tx_multi_coll_ok", h.mcc},
      {"tx_timeout_count", tx_timeout_count_},
      {"rx_long_length_errors", h.roc},
      {"rx_short_length_errors", h.ruc},
      {"rx_align_errors", h.algnerrc},
      {"tx_tcp_seg_good", h.tsctc},
      {"tx_tcp_seg_failed", h.tsctfc},
      {"rx_flow_control_xon", h.xonrxc},
      {"rx_flow_control_xoff", h.xoffrxc},
      {"tx_flow_control_xon", h.xontxc},
      {"tx_flow_control_xoff", h.xofftxc},
      {"rx_long_byte_count", h.gorc},
      {"tx_dma_out_of_sync", doosync_},
      {"tx_smbus", h.mgptc},
      {"rx_smbus", h.mgprc},
      {"dropped_smbus", h.mgpdc},
      {"os2bmc_rx_by_bmc", h.o2bgptc},
      {"os2bmc_tx_by_bmc", h.b2ospc},
      {"os2bmc_tx_by_host", h.o2bspc},
      {"os2bmc_rx_by_host", h.b2ogprc},
      {"tx_hwtstamp_timeouts", ptp_.tx_timeouts()},
      {"rx_hwtstamp_cleared", 0},
      {"rx_errors", n.rx_errors},
      {"tx_errors", n.tx_errors},
      {"tx_dropped", n.tx_dropped},
      {"rx_length_errors", n.rx_length_errors},
      {"rx_over_errors", n.rx_over_errors},
      {"rx_frame_errors", n.rx_frame_errors},
      {"rx_fifo_errors", n.rx_fifo_errors},
      {"tx_fifo_errors", n.tx_fifo_errors},
      {"tx_heartbeat_errors", 0},
  };
  for (const auto& ring : tx_rings_) {
    const std::string prefix = "tx_queue_" + std::to_string(ring->queue_index) + "_";
    out.emplace_back(prefix + "packets", ring->stats.packets);
    out.emplace_back(prefix + "bytes", ring->stats.bytes);
    out.emplace_back(prefix + "restart", ring->stats.restart_queue);
  }
  for (const auto& ring : rx_rings_) {
    const std::string prefix = "rx_queue_" + std::to_string(ring->queue_index) + "_";
    out.emplace_back(prefix + "packets", ring->stats.packets);
    out.emplace_back(prefix + "bytes", ring->stats.bytes);
    out.emplace_back(prefix + "drops", ring->stats.drops + s.rx_drops[ring->queue_index]);
    out.emplace_back(prefix + "csum_err", ring->stats.csum_err);
    out.emplace_back(prefix + "alloc_failed", ring->stats.alloc_failed);
  }
  return out;
}

}  // namespace niclab::igb
