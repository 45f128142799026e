#include "tlm/i350/quirks.hpp"

#include <array>

namespace niclab::sim {

namespace {

/// A row whose field is true or false; the default reading is what it is by itself. `Field` finds it.
template <auto Field>
Quirk either(std::string_view key, std::string_view section, std::string_view by_default,
             std::string_view other) {
  return {key,
          {by_default, other},
          section,
          [](I350Quirks& q, unsigned n) { Field(q) = Field(I350Quirks{}) != (n != 0); },
          [](const I350Quirks& q) -> unsigned { return Field(q) != Field(I350Quirks{}); }};
}

/// A row whose field is one of `Values`, the first by itself.
template <auto Field, unsigned... Values>
Quirk one_of(std::string_view key, std::string_view section, std::vector<std::string_view> readings) {
  static constexpr std::array<unsigned, sizeof...(Values)> kValues{Values...};
  return {key, std::move(readings), section, [](I350Quirks& q, unsigned n) { Field(q) = kValues[n]; },
          [](const I350Quirks& q) {
            unsigned n = 0;
            while (kValues[n] != Field(q)) ++n;
            return n;
          }};
}

}  // namespace

std::span<const Quirk> quirk_table() {
  // clang-format off
  static const std::vector<Quirk> table{
      // write-back and interrupts
      either<[](auto&& q) -> auto& { return q.eitr_flushes_tx_writeback; }>("writeback_rule", "3.4", "eitr_flushes", "threshold_only"),
      either<[](auto&& q) -> auto& { return q.icr_clear_on_read_without_msix; }>("icr_read_without_msix", "2.6.2", "by_rules", "clears"),
      either<[](auto&& q) -> auto& { return q.drsta_in_ivar_misc_byte_0; }>("drsta_vector", "2.6.7", "ivar_misc_byte_1", "ivar_misc_byte_0"),
      either<[](auto&& q) -> auto& { return q.eicr_clear_removes_pending; }>("eicr_clear", "1.4.3", "removes_pending", "keeps_pending"),
      either<[](auto&& q) -> auto& { return q.registers.eims_zero; }>("eims_reset", "2.2", "other_enabled", "zero"),
      either<[](auto&& q) -> auto& { return q.registers.intx_shared; }>("intx_pins", "1.2", "one_each", "all_inta"),
      // control and status
      either<[](auto&& q) -> auto& { return q.registers.ctrl_lrst; }>("ctrl_lrst", "2.3.1", "clear", "set"),
      either<[](auto&& q) -> auto& { return q.registers.status_asdv; }>("status_bits_9_8", "2.3.2", "lan_init_done", "auto_detected_speed"),
      either<[](auto&& q) -> auto& { return q.registers.status_dmoff; }>("status_bit_30", "2.3.2", "clear", "set"),
      either<[](auto&& q) -> auto& { return q.registers.status_mtxckok; }>("status_bit_31", "2.3.2", "clear", "set"),
      // NVM and PHY
      either<[](auto&& q) -> auto& { return q.registers.late_grant; }>("eecd_grant", "2.4.1", "at_once", "after_50us"),
      either<[](auto&& q) -> auto& { return q.registers.late_nvm; }>("nvm_load", "2.4.1", "at_once", "after_1ms"),
      either<[](auto&& q) -> auto& { return q.registers.eerd_refuses; }>("eerd_beyond", "2.4.2", "all_ones", "never_done"),
      either<[](auto&& q) -> auto& { return q.registers.phy_at_zero_too; }>("phy_address", "2.5.2", "one", "zero_too"),
      either<[](auto&& q) -> auto& { return q.registers.eee_off; }>("eee_advertised", "2.14", "yes", "no"),
      // receive
      either<[](auto&& q) -> auto& { return q.registers.thresholds_82576; }>("rxdctl_reset", "2.7.2", "i210", "82576"),
      either<[](auto&& q) -> auto& { return q.registers.srrctl_zero; }>("srrctl_reset", "2.7.3", "header_256", "zero"),
      either<[](auto&& q) -> auto& { return q.registers.bsize_ignored; }>("rctl_bsize", "2.7.1", "applied", "ignored"),
      either<[](auto&& q) -> auto& { return q.rctl_rdmts; }>("rctl_rdmts", "2.7.1", "applied", "ignored"),
      either<[](auto&& q) -> auto& { return q.sbp_stores_lengths; }>("rctl_sbp", "4.10", "bad_crc", "lengths_too"),
      either<[](auto&& q) -> auto& { return q.registers.dvmolr_zero; }>("dvmolr_reset", "2.7.13", "strip_crc", "zero"),
      either<[](auto&& q) -> auto& { return q.dvmolr_always; }>("dvmolr", "2.7.13", "vmdq_only", "always"),
      either<[](auto&& q) -> auto& { return q.uta_always; }>("uta", "2.7.11", "with_mrqc_mode", "always"),
      either<[](auto&& q) -> auto& { return q.rss.plain_ipv6_types; }>("rss_ipv6_type", "4.1.1", "ex", "plain"),
      either<[](auto&& q) -> auto& { return q.rss.default_queue; }>("mrqc_default_queue", "2.7.8", "applied", "ignored"),
      either<[](auto&& q) -> auto& { return q.registers.rss_junk; }>("rss_reset", "2.7.9", "zero", "junk"),
      either<[](auto&& q) -> auto& { return q.filters.all_tcp_flags; }>("imirext_flags", "2.6.8", "any", "all"),
      one_of<[](auto&& q) -> auto& { return q.registers.rxpbs; }, 0, 1, 2>("rx_buffer", "2.9", {"36KB", "72KB", "144KB"}),
      one_of<[](auto&& q) -> auto& { return q.rx_buffer_unit; }, 16, 1, 64>("rx_buffer_unit", "2.9", {"16B", "1B", "64B"}),
      either<[](auto&& q) -> auto& { return q.registers.rqdpc_written; }>("rqdpc", "4.10", "read_clears", "write_clears"),
      // transmit and statistics
      either<[](auto&& q) -> auto& { return q.registers.tctl_i210; }>("tctl_reset", "2.8.1", "82576", "i210"),
      either<[](auto&& q) -> auto& { return q.registers.middle_clears_cwr; }>("tso_middle_flags", "2.8.5", "0xFF6", "0xF76"),
      either<[](auto&& q) -> auto& { return q.registers.statistics_kept; }>("statistics_reset", "2.12", "cleared", "kept"),
  };
// clang-format on
return table;
}

}  // namespace niclab::sim
