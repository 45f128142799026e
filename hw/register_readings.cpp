#include "hw/register_readings.hpp"

#include "base/splitmix64.hpp"

namespace niclab::hw {

using namespace reg;

void reset_by(const RegisterReadings& readings, CsrFile& csr, bool everything) {
  if (readings.ctrl_lrst) csr[CTRL] |= ctrl::LRST;
  if (readings.tctl_i210) csr[TCTL] = tctl::PSP | tctl::CT.put(0xF) | tctl::BST.put(0x40);
  if (readings.middle_clears_cwr) csr[DTXTCPFLGL] = 0x0F760FF6;
  if (readings.eee_off) csr[IPCNFG] = 0;
  for (unsigned q = 0; q < kQueues; ++q) {
    if (readings.thresholds_82576)
      csr[RXDCTL(q)] = (csr[RXDCTL(q)] & rxdctl::ENABLE) | rxdctl::WTHRESH.put(1);
    if (readings.srrctl_zero) csr[SRRCTL(q)] = 0;
    if (readings.dvmolr_zero) csr[DVMOLR(q)] = 0;
  }
  if (readings.rss_junk) {
    SplitMix64 junk(1);  // the same every time, as everything here
    for (unsigned i = 0; i < 32; ++i) csr[RETA(i)] = static_cast<std::uint32_t>(junk.next()) & 0x07070707;
    for (unsigned i = 0; i < 10; ++i) csr[RSSRK(i)] = static_cast<std::uint32_t>(junk.next());
  }
  if (everything) csr[RXPBS] = readings.rxpbs;
}

}  // namespace niclab::hw
