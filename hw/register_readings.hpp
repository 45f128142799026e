// Readings of single registers where sources leave room (fact base 7): what they hold after a reset, and
// small rules of reading and writing. Each field is false for our best reading.
#pragma once

#include "hw/csr_file.hpp"

namespace niclab::hw {

struct RegisterReadings {
  // --- after a reset -----------------------------------------------------------------------------
  bool ctrl_lrst = false;  ///< CTRL.LRST is set, as in the 82576 model (2.3.1)
  bool thresholds_82576 =
      false;                 ///< RXDCTL: WTHRESH 1, PTHRESH and HTHRESH 0; else those of the I210 (2.7.2)
  bool srrctl_zero = false;  ///< SRRCTL; else BSIZEHEADER 256 bytes (2.7.3)
  bool tctl_i210 = false;    ///< TCTL has no reserved bits; else those of the 82576 model (2.8.1)
  bool middle_clears_cwr = false;  ///< DTXTCPFLGL's mask of middle segments is 0xF76; else 0xFF6 (2.8.5)
  bool dvmolr_zero = false;        ///< DVMOLR; else STRCRC is set (2.7.13)
  bool rss_junk = false;           ///< RETA and RSSRK hold what nobody wrote; else 0 (2.7.9, 2.7.10)
  bool eee_off = false;            ///< IPCNFG advertises nothing (2.14)
  bool eims_zero = false;          ///< EIMS; else bit 31 is set (2.2)
  unsigned rxpbs = 0;              ///< RXPBS after power-on: 0, 1, 2 for 36, 72, 144 KB (2.9)
  bool statistics_kept = false;    ///< CTRL.RST keeps the counters; else it clears them (2.12)

  // --- reading and writing -----------------------------------------------------------------------
  bool status_asdv = false;     ///< STATUS[9:8] is the speed of the link; else bit 9 LAN_INIT_DONE (2.3.2)
  bool status_dmoff = false;    ///< STATUS bit 30 is set (2.3.2)
  bool status_mtxckok = false;  ///< STATUS bit 31 is set (2.3.2)
  bool bsize_ignored = false;   ///< RCTL.BSIZE; a queue without BSIZEPACKET has buffers of 2048 bytes (2.7.1)
  bool rqdpc_written = false;   ///< writing RQDPC clears it; else reading (4.10)
  bool late_grant = false;      ///< EECD.GNT 50 us after REQ; else at once (2.4.1)
  bool late_nvm = false;   ///< EECD.AUTO_RD and STATUS.PF_RST_DONE 1 ms after a reset; else at once (2.4.1)
  bool slow_eerd = false;  ///< EERD.DONE 10 us after START; else at once (2.4.2)
  bool eerd_refuses = false;     ///< EERD of a word beyond the part is never done; else all ones (2.4.2)
  bool mdio_frames = false;      ///< MDIC takes an MDIO frame's 25.6 us; else it is READY at once (2.5.1)
  bool phy_at_zero_too = false;  ///< MDIC reaches the internal PHY at address 0 as well as at 1 (2.5.2)
  bool systim_writable = false;  ///< SYSTIML and SYSTIMH set the clock; else they are read-only (2.11)
  bool systiml_latches = false;  ///< reading SYSTIML latches the clock too; else SYSTIMR alone does (2.11)
  bool rxsatrh_clears = false;   ///< reading RXSATRH frees the receive latch; else reading RXSTMPH (2.11)
  bool ptp_named_only =
      false;  ///< of version 2 only the message type of TSYNCRXCFG is stamped; else 2 and 3 too
  bool intx_shared = false;  ///< every function's interrupt pin is INTA; else one each (1.2)
};

/// What a reset leaves in registers, beyond the table's values. `everything`: power-on.
void reset_by(const RegisterReadings& readings, CsrFile& csr, bool everything);

}  // namespace niclab::hw
