#include "tlm/i350/quirks.hpp"

#include <algorithm>

namespace niclab::sim {

void Quirk::choose(I350Quirks& quirks, unsigned n) const {
  I350Quirks by_default;
  if (flag != nullptr) {
    flag(quirks) = flag(by_default) != (n != 0);
  } else {
    number(quirks) = numbers.at(n);
  }
}

unsigned Quirk::chosen(I350Quirks quirks) const {
  I350Quirks by_default;
  if (flag != nullptr) return flag(quirks) != flag(by_default);
  return static_cast<unsigned>(std::find(numbers.begin(), numbers.end(), number(quirks)) - numbers.begin());
}

std::span<const Quirk> quirk_table() {
  // clang-format off
  static const std::vector<Quirk> table{
      // namespace
      {"writeback_rule", {"eitr_flushes", "threshold_only"}, "3.4", [](I350Quirks& q) -> bool& { return q.eitr_flushes_tx_writeback; }},
      {"icr_read_without_msix", {"by_rules", "clears"}, "2.6.2", [](I350Quirks& q) -> bool& { return q.icr_clear_on_read_without_msix; }},
      {"drsta_vector", {"ivar_misc_byte_1", "ivar_misc_byte_0"}, "2.6.7", [](I350Quirks& q) -> bool& { return q.drsta_in_ivar_misc_byte_0; }},
      {"eicr_clear", {"removes_pending", "keeps_pending"}, "1.4.3", [](I350Quirks& q) -> bool& { return q.eicr_clear_removes_pending; }},
      {"eims_reset", {"other_enabled", "zero"}, "2.2", [](I350Quirks& q) -> bool& { return q.registers.eims_zero; }},
      {"intx_pins", {"one_each", "all_inta"}, "1.2", [](I350Quirks& q) -> bool& { return q.registers.intx_shared; }},
      {"eitr_write", {"counter", "interval"}, "2.6.6", [](I350Quirks& q) -> bool& { return q.throttle.write_reloads_interval; }},
      {"lli_en", {"enables", "limits"}, "4.6", [](I350Quirks& q) -> bool& { return q.throttle.low_latency_unless_limited; }},
      {"flr", {"1ms", "at_once", "100ms"}, "4.9", nullptr, [](I350Quirks& q) -> unsigned& { return q.flr_us; }, {1000, 0, 100'000}},
      // control and status
      {"ctrl_lrst", {"clear", "set"}, "2.3.1", [](I350Quirks& q) -> bool& { return q.registers.ctrl_lrst; }},
      {"status_bits_9_8", {"lan_init_done", "auto_detected_speed"}, "2.3.2", [](I350Quirks& q) -> bool& { return q.registers.status_asdv; }},
      {"status_bit_30", {"clear", "set"}, "2.3.2", [](I350Quirks& q) -> bool& { return q.registers.status_dmoff; }},
      {"status_bit_31", {"clear", "set"}, "2.3.2", [](I350Quirks& q) -> bool& { return q.registers.status_mtxckok; }},
      // NVM and PHY
      {"eecd_grant", {"at_once", "after_50us"}, "2.4.1", [](I350Quirks& q) -> bool& { return q.registers.late_grant; }},
      {"nvm_load", {"at_once", "after_1ms"}, "2.4.1", [](I350Quirks& q) -> bool& { return q.registers.late_nvm; }},
      {"eerd_time", {"at_once", "10us"}, "2.4.2", [](I350Quirks& q) -> bool& { return q.registers.slow_eerd; }},
      {"eerd_beyond", {"all_ones", "never_done"}, "2.4.2", [](I350Quirks& q) -> bool& { return q.registers.eerd_refuses; }},
      {"mdic_time", {"at_once", "mdio_frame"}, "2.5.1", [](I350Quirks& q) -> bool& { return q.registers.mdio_frames; }},
      {"phy_address", {"one", "zero_too"}, "2.5.2", [](I350Quirks& q) -> bool& { return q.registers.phy_at_zero_too; }},
      {"eee_advertised", {"yes", "no"}, "2.14", [](I350Quirks& q) -> bool& { return q.registers.eee_off; }},
      // receive
      {"rxdctl_reset", {"i210", "82576"}, "2.7.2", [](I350Quirks& q) -> bool& { return q.registers.thresholds_82576; }},
      {"srrctl_reset", {"header_256", "zero"}, "2.7.3", [](I350Quirks& q) -> bool& { return q.registers.srrctl_zero; }},
      {"rctl_bsize", {"applied", "ignored"}, "2.7.1", [](I350Quirks& q) -> bool& { return q.registers.bsize_ignored; }},
      {"rctl_rdmts", {"applied", "ignored"}, "2.7.1", [](I350Quirks& q) -> bool& { return q.rctl_rdmts; }},
      {"rctl_sbp", {"bad_crc", "lengths_too"}, "4.10", [](I350Quirks& q) -> bool& { return q.sbp_stores_lengths; }},
      {"dvmolr_reset", {"strip_crc", "zero"}, "2.7.13", [](I350Quirks& q) -> bool& { return q.registers.dvmolr_zero; }},
      {"dvmolr", {"vmdq_only", "always"}, "2.7.13", [](I350Quirks& q) -> bool& { return q.dvmolr_always; }},
      {"uta", {"with_mrqc_mode", "always"}, "2.7.11", [](I350Quirks& q) -> bool& { return q.uta_always; }},
      {"rss_ipv6_type", {"ex", "plain"}, "4.1.1", [](I350Quirks& q) -> bool& { return q.rss.plain_ipv6_types; }},
      {"mrqc_default_queue", {"applied", "ignored"}, "2.7.8", [](I350Quirks& q) -> bool& { return q.rss.default_queue; }},
      {"rss_reset", {"zero", "junk"}, "2.7.9", [](I350Quirks& q) -> bool& { return q.registers.rss_junk; }},
      {"imirext_flags", {"any", "all"}, "2.6.8", [](I350Quirks& q) -> bool& { return q.filters.all_tcp_flags; }},
      {"rx_buffer", {"36KB", "72KB", "144KB"}, "2.9", nullptr, [](I350Quirks& q) -> unsigned& { return q.registers.rxpbs; }, {0, 1, 2}},
      {"rx_buffer_unit", {"16B", "1B", "64B"}, "2.9", nullptr, [](I350Quirks& q) -> unsigned& { return q.rx_buffer_unit; }, {16, 1, 64}},
      {"rqdpc", {"read_clears", "write_clears"}, "4.10", [](I350Quirks& q) -> bool& { return q.registers.rqdpc_written; }},
      // transmit and statistics
      {"descriptor_cache", {"i210", "8_each", "32_each"}, "3.5", nullptr, [](I350Quirks& q) -> unsigned& { return q.descriptor_cache; }, {0, 8, 32}},
      {"payload_reads", {"6_reads", "2_reads", "14_reads"}, "3.5", nullptr, [](I350Quirks& q) -> unsigned& { return q.payload_reads; }, {6, 2, 14}},
      {"tctl_reset", {"82576", "i210"}, "2.8.1", [](I350Quirks& q) -> bool& { return q.registers.tctl_i210; }},
      {"tctl_en", {"holds_buffer", "lets_buffer_out"}, "2.8.1", [](I350Quirks& q) -> bool& { return q.tctl_en_holds_buffer; }},
      {"legacy_command", {"first", "last"}, "3.2.2", [](I350Quirks& q) -> bool& { return q.legacy_command_in_last; }},
      {"tso_middle_flags", {"0xFF6", "0xF76"}, "2.8.5", [](I350Quirks& q) -> bool& { return q.registers.middle_clears_cwr; }},
      {"statistics_reset", {"cleared", "kept"}, "2.12", [](I350Quirks& q) -> bool& { return q.registers.statistics_kept; }},
      // time stamps
      {"systim", {"read_only", "writable"}, "2.11", [](I350Quirks& q) -> bool& { return q.registers.systim_writable; }},
      {"systim_latch", {"systimr", "systiml_too"}, "2.11", [](I350Quirks& q) -> bool& { return q.registers.systiml_latches; }},
      {"rx_stamp_valid", {"rxstmph", "rxsatrh"}, "2.11", [](I350Quirks& q) -> bool& { return q.registers.rxsatrh_clears; }},
      {"ptp_messages", {"peer_delay_too", "named_only"}, "2.11", [](I350Quirks& q) -> bool& { return q.registers.ptp_named_only; }},
      // flow control
      {"tctl_swxoff", {"sends", "ignored"}, "4.7", [](I350Quirks& q) -> bool& { return q.software_xoff; }},
      {"fcrtv", {"counts_down", "counts_up"}, "2.10", [](I350Quirks& q) -> bool& { return q.pause_sender.refresh_counts_down; }},
      {"pause_refresh", {"not_below_low", "above_high"}, "4.7", [](I350Quirks& q) -> bool& { return q.pause_sender.refresh_above_high; }},
      {"pause_on_overflow", {"repeated", "once"}, "4.7", [](I350Quirks& q) -> bool& { return q.pause_sender.repeat_on_overflow; }},
  };
  // clang-format on
  return table;
}

}  // namespace niclab::sim
