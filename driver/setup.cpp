// Rings and the registers behind them (fact base 5.3 rows 2-9, path-map ).
#include <algorithm>
#include <array>

#include "base/splitmix64.hpp"
#include "driver/igb.hpp"

namespace niclab::igb {
namespace {

// Prefetch and write-back thresholds (fact base 2.7.2, 2.8.6).
constexpr std::uint32_t dctl(const Thresholds& t) {
  using namespace reg::rxdctl;
  return PTHRESH.put(t.pthresh) | HTHRESH.put(t.hthresh) | WTHRESH.put(t.wthresh) | ENABLE;
}
static_assert(dctl(kRxThresholds) == 0x02040808 && dctl(kTxThresholds) == 0x02100108);
static_assert(reg::rxdctl::ENABLE == reg::txdctl::ENABLE);

// 2.7.12: pool bits that count even without pools.
constexpr std::uint32_t kVmolrAcceptUntagged = reg::bit(24), kVmolrBam = reg::bit(27),
                        kVmolrLpe = reg::bit(16);
constexpr std::uint32_t kVmolrRss = reg::bit(17), kVmolrInexact = reg::bit(25) | reg::bit(26) | reg::bit(28);
constexpr std::uint32_t kTxswcSpoofAndLoopback = 0x8000FFFF, kVtReplication = reg::bit(30);
constexpr unsigned kResetCollisionThreshold = 15;
constexpr std::uint64_t kWrongBy = 1u << 30;  // bytes; far outside any mapping

constexpr std::array<std::uint32_t, 10> kRssKey{0xDA565A6D, 0xC20E5B25, 0x3D256741, 0xB08FA343, 0xCB2BCAD0,
                                                0xB4307BAE, 0xA32DCB77, 0x0CF23080, 0x3BB7426A, 0xFA01ACBE};

/// The multicast hash of fact base 2.7.11 with RCTL.MO = 0.
unsigned mta_hash(const MacAddress& mac) { return (mac.octets[5] << 8 | mac.octets[4]) >> 4 & 0xFFF; }

template <class Ring>
void allocate(PciDevice& pdev, Ring& ring, unsigned count) {
  ring.count = count;
  ring.rewind();
  ring.desc = pdev.alloc_coherent_array<hw::Descriptor>(count);
  ring.buffers.clear();
  ring.buffers.resize(count);
}

template <class Ring>
void release(PciDevice& pdev, Ring& ring) {
  if (ring.desc.size() == 0) return;
  pdev.dma_free_coherent({reinterpret_cast<std::byte*>(ring.desc.unsynchronised()), ring.desc.size() * 16},
                         ring.desc.bus_address());
  ring.desc = {};
  ring.buffers.clear();
}

}  // namespace

// --- memory --------------------------------------------------------------------------------------

void IgbAdapter::igb_setup_tx_resources(TxRing& ring, unsigned count) { allocate(pdev_, ring, count); }
void IgbAdapter::igb_setup_rx_resources(RxRing& ring, unsigned count) { allocate(pdev_, ring, count); }

void IgbAdapter::igb_free_tx_resources(TxRing& ring) {
  if (ring.desc.size() != 0) igb_clean_tx_ring(ring);
  release(pdev_, ring);
}

void IgbAdapter::igb_free_rx_resources(RxRing& ring) {
  if (ring.desc.size() != 0) igb_clean_rx_ring(ring);
  release(pdev_, ring);
}

void IgbAdapter::igb_setup_all_tx_resources() {
  for (const auto& ring : tx_rings_) igb_setup_tx_resources(*ring, tx_ring_count_);
}

void IgbAdapter::igb_setup_all_rx_resources() {
  for (const auto& ring : rx_rings_) igb_setup_rx_resources(*ring, rx_ring_count_);
}

void IgbAdapter::igb_free_all_tx_resources() {
  for (const auto& ring : tx_rings_) igb_free_tx_resources(*ring);
}

void IgbAdapter::igb_free_all_rx_resources() {
  for (const auto& ring : rx_rings_) igb_free_rx_resources(*ring);
}

void IgbAdapter::igb_clean_tx_ring(TxRing& ring) {
  for (TxBuffer& b : ring.buffers) {
    igb_unmap_tx(b);
    b.skb.reset();
    b.next_to_watch = TxBuffer::kNothing;
  }
  for (unsigned i = 0; i < ring.count; ++i) ring.desc.store(kernel_, i, {});
  if (tx_meter_) tx_ring_cleaned(ring, ring.next_to_clean + ring.published, kernel_.now());
  ring.rewind();
}

void IgbAdapter::igb_clean_rx_ring(RxRing& ring) {
  ring.skb.reset();
  ring.skb_tail = nullptr;
  ring.hwtstamp = 0;
  for (RxBuffer& b : ring.buffers) {
    if (b.page == nullptr) continue;
    pdev_.dma_unmap_single(b.dma, kRxPageSize, DmaDirection::from_device);
    stack::BufferPool::unref(b.page);
    b = {};
  }
  for (unsigned i = 0; i < ring.count; ++i) ring.desc.store(kernel_, i, {});
  if (pdev_.rx_stamps().followed()) {
    kernel_.dma_sync();
    pdev_.rx_stamps().empty(ring.queue_index, kernel_.now());
  }
  ring.rewind();
  ring.next_to_alloc = 0;
}

// --- port registers ------------------------------------------------------------------------------

void IgbAdapter::igb_get_hw_control() { hw_.rmw32(reg::CTRL_EXT, 0, reg::ctrl_ext::DRV_LOAD); }
void IgbAdapter::igb_release_hw_control() { hw_.rmw32(reg::CTRL_EXT, reg::ctrl_ext::DRV_LOAD, 0); }

void IgbAdapter::igb_configure() {
  igb_get_hw_control();
  igb_set_rx_mode();
  igb_restore_vlan();
  igb_setup_tctl();
  igb_setup_mrqc();
  igb_setup_rctl();
  igb_configure_tx();
  igb_configure_rx();
  hw_.rmw32(reg::RFCTL, 0, reg::rfctl::IPV6_EX_DIS);  // rx_fifo_flush
  for (const auto& ring : rx_rings_) igb_alloc_rx_buffers(*ring, ring->unused());
}

void IgbAdapter::igb_set_rx_mode() {
  const std::uint32_t rctl = hw_.rd32(reg::RCTL) & ~(reg::rctl::UPE | reg::rctl::MPE | reg::rctl::VFE);
  std::array<std::uint32_t, reg::kTableWords> hashes{};
  for (const auto& [mac, references] : dev_mc_list) {
    const unsigned hash = mta_hash(mac);
    hashes[hash >> 5] |= 1u << (hash & 31);
  }
  hw_.update_mc_addr_list(hashes);
  for (unsigned i = reg::kRarEntries; --i > 0;) {  // no secondary unicast addresses
    hw_.wr32(reg::RAH(i), 0);
    hw_.wr32(reg::RAL(i), 0);
  }
  hw_.wrfl();
  hw_.wr32(reg::RCTL, rctl | reg::rctl::VFE);
  hw_.rmw32(reg::VMOLR(0), kVmolrInexact, dev_mc_list.empty() ? 0 : reg::bit(25));
}

void IgbAdapter::igb_restore_vlan() {
  hw_.rmw32(reg::CTRL, 0, reg::ctrl::VME);
  hw_.rmw32(reg::RCTL, reg::rctl::CFIEN, 0);
  hw_.rmw32(hw_.row().vlan_strip, 0, reg::dvmolr::STRVLAN);
  hw_.wr32(reg::RLPML, max_frame_size());
  hw_.write_vfta(0, 1);  // VLAN 0: priority-tagged frames
}

void IgbAdapter::igb_setup_tctl() {
  using namespace reg::tctl;
  hw_.wr32(reg::TXDCTL(0), 0);
  hw_.rmw32(reg::TCTL, CT.mask(), PSP | RTLC | CT.put(kResetCollisionThreshold) | EN);
  hw_.config_collision_dist();
}

void IgbAdapter::igb_setup_mrqc() {
  SplitMix64 random(kernel_.random_seed());
  for (unsigned i = 0; i < kRssKey.size(); ++i) {  // 4.0 draws its key, 3.13 has a fixed one
    const bool fixed = kernel_.profile.version == KernelVersion::v3_13;
    hw_.wr32(reg::RSSRK(i), fixed ? kRssKey[i] : static_cast<std::uint32_t>(random.next()));
  }
  if (rss_indir_queues_ != queues_) igb_default_rss_indir();
  igb_write_rss_indir();
  hw_.rmw32(reg::RXCSUM, 0, reg::rxcsum::PCSD | reg::rxcsum::CRCOFL);
  hw_.rmw32(hw_.row().tx_switch_control, kTxswcSpoofAndLoopback, 0);
  hw_.rmw32(reg::VT_CTL, kVtReplication, 0);
  hw_.wr32(reg::MRQC, mrqc());
}

std::uint32_t IgbAdapter::mrqc() const {
  using namespace reg::mrqc;
  return IPV4 | TCP_IPV4 | IPV6 | TCP_IPV6 | TCP_IPV6_EX | MODE.put(MODE_RSS) |
         (rss_udp_ports_ ? UDP_IPV4 | UDP_IPV6 : 0);
}

/// Contiguous blocks, one a queue (path-map E-53).
void IgbAdapter::igb_default_rss_indir() {
  for (unsigned i = 0; i < rss_indir_.size(); ++i)
    rss_indir_[i] = static_cast<std::uint8_t>(i * queues_ / rss_indir_.size());
  rss_indir_queues_ = queues_;
}

void IgbAdapter::igb_write_rss_indir() {
  for (unsigned i = 0; i < rss_indir_.size(); i += 4) {
    std::uint32_t word = 0;
    for (unsigned j = 0; j < 4; ++j) word |= std::uint32_t{rss_indir_[i + j]} << (8 * j);
    hw_.wr32(reg::RETA(i / 4), word);
  }
}

void IgbAdapter::igb_setup_rctl() {
  using namespace reg::rctl;
  hw_.wr32(reg::RXDCTL(0), 0);
  hw_.rmw32(reg::RCTL, LBM.mask() | SBP | MO.mask() | BSIZE.mask(), RXEN | BAM | LPE | SECRC);
}

// --- queues --------------------------------------------------------------------------------------

void IgbAdapter::igb_configure_tx() {
  for (const auto& ring : tx_rings_) igb_configure_tx_ring(*ring);
}

void IgbAdapter::igb_configure_rx() {
  for (const auto& ring : rx_rings_) igb_configure_rx_ring(*ring);
}

void IgbAdapter::igb_configure_tx_ring(TxRing& ring) {
  const unsigned n = ring.queue_index;
  const std::uint64_t base = ring.desc.bus_address().value;
  hw_.wr32(reg::TXDCTL(n), 0);
  hw_.wrfl();
  hw_.msleep(10);
  hw_.wr32(reg::TDLEN(n), static_cast<std::uint32_t>(ring.count * hw::kDescriptorBytes));
  hw_.wr32(reg::TDBAL(n), static_cast<std::uint32_t>(base));
  hw_.wr32(reg::TDBAH(n), static_cast<std::uint32_t>(base >> 32));
  hw_.wr32(reg::TDH(n), 0);
  hw_.wr32(reg::TDT(n), 0);
  Thresholds thresholds = config_.tx_thresholds;
  if (msix_enabled_) thresholds.wthresh = std::min(thresholds.wthresh, hw_.row().tx_most_wthresh_msix);
  hw_.wr32(reg::TXDCTL(n), dctl(thresholds));
}

void IgbAdapter::igb_configure_rx_ring(RxRing& ring) {
  using namespace reg::srrctl;
  const unsigned n = ring.queue_index;
  std::uint64_t base = ring.desc.bus_address().value;
  if (config_.bugs.wrong_ring_address && n == 0) base += kWrongBy;
  hw_.wr32(reg::RXDCTL(n), 0);
  hw_.wr32(reg::RDBAL(n), static_cast<std::uint32_t>(base));
  hw_.wr32(reg::RDBAH(n), static_cast<std::uint32_t>(base >> 32));
  hw_.wr32(reg::RDLEN(n), static_cast<std::uint32_t>(ring.count * hw::kDescriptorBytes));
  hw_.wr32(reg::RDH(n), 0);
  hw_.wr32(reg::RDT(n), 0);
  // With several queues one that runs dry must not stop the others (path-map A-27).
  hw_.wr32(reg::SRRCTL(n), BSIZEHEADER.put(kRxHeaderLength / 64) | BSIZEPACKET.put(kRxBufferSize / 1024) |
                               DESCTYPE.put(DESCTYPE_ADV_ONEBUF) |
                               (hw_.row().receive_timestamps ? TIMESTAMP : 0) | (queues_ > 1 ? DROP_EN : 0));
  hw_.rmw32(reg::VMOLR(n), 0,
            kVmolrAcceptUntagged | kVmolrBam | kVmolrLpe | (n == 0 && queues_ > 1 ? kVmolrRss : 0));
  hw_.wr32(reg::RXDCTL(n), dctl(config_.rx_thresholds));
}

}  // namespace niclab::igb
