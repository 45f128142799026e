// Descriptor rings and the vectors that serve them (path-map; fact base 3.1).
//
// Who touches what: next_to_use of a transmit ring belongs to whoever holds the queue's xmit lock,
// next_to_clean to the poll; each reads the other's after a sync. A receive ring belongs to the poll of its
// vector.
#pragma once

#include <cstdint>
#include <vector>

#include "base/pci.hpp"
#include "driver/itr.hpp"
#include "hw/descriptors.hpp"
#include "stack/net_device.hpp"
#include "stack/skbuff.hpp"

namespace niclab::igb {

class IgbAdapter;
struct QVector;

/// Head and tail indices of a ring of `count` descriptors; one is always left free.
struct RingIndices {
  unsigned count = 0;
  unsigned next_to_use = 0, next_to_clean = 0;
  unsigned next(unsigned i) const { return ++i == count ? 0 : i; }
  /// igb_desc_unused.
  unsigned unused() const {
    return (next_to_clean > next_to_use ? 0 : count) + next_to_clean - next_to_use - 1;
  }
  void rewind() { next_to_use = next_to_clean = 0; }
};

/// igb_tx_buffer: what must be undone when a descriptor completes.
struct TxBuffer {
  static constexpr int kNothing = -1;
  int next_to_watch = kNothing;  ///< index of the packet's last descriptor, while the device has the packet
  std::uint32_t length = 0;      ///< mapped bytes; 0: nothing to unmap
  DmaAddress dma{};
  Time time_stamp{};  ///< when the packet was queued (path-map B-115)
  std::uint32_t bytecount = 0;
  std::uint32_t gso_segs = 0;
  stack::SkbPtr skb;  ///< in the packet's first entry
};

/// What the polls of one vector came to.
struct PollCounts {
  std::uint64_t polls = 0;
  std::uint64_t empty_polls = 0;  ///< found nothing received and nothing sent
  std::uint64_t rx_packets = 0, tx_packets = 0;
  std::uint64_t completes = 0;         ///< ended with the interrupt on again
  std::uint64_t budget_exhausted = 0;  ///< ended because there was more than a poll may do
};

struct TxRing : RingIndices {
  struct Stats {
    std::uint64_t packets = 0, bytes = 0, restart_queue = 0;
  };
  unsigned queue_index = 0;
  CoherentArray<hw::Descriptor> desc;
  std::vector<TxBuffer> buffers;
  bool detect_hang = false;  ///< IGB_RING_FLAG_TX_DETECT_HANG (path-map A-18)
  Stats stats;
  stack::NetdevQueue* queue = nullptr;
  unsigned published = 0;  ///< measurement: descriptors from next_to_clean on that the device was told of
};

inline constexpr std::uint32_t kRxBufferSize = 2048;  ///< half a page (SRRCTL.BSIZEPACKET = 2)
inline constexpr std::uint32_t kRxPageSize = 4096;
inline constexpr std::uint32_t kRxHeaderLength = 256;  ///< frames up to this are copied (IGB_RX_HDR_LEN)
inline constexpr unsigned kRxBufferWrite = 16;         ///< buffers a doorbell (path-map C-26)

/// igb_rx_buffer: one half of a mapped page. page == nullptr: the slot is empty.
struct RxBuffer {
  stack::DataBuffer* page = nullptr;
  DmaAddress dma{};  ///< of the whole page
  std::uint32_t page_offset = 0;
};

struct RxRing : RingIndices {
  struct Stats {
    std::uint64_t packets = 0, bytes = 0, drops = 0, csum_err = 0, alloc_failed = 0;
  };
  unsigned queue_index = 0;
  CoherentArray<hw::Descriptor> desc;
  std::vector<RxBuffer> buffers;
  unsigned next_to_alloc = 0;  ///< where the next recycled page goes
  stack::SkbPtr skb;           ///< a frame whose end has not arrived yet (path-map C-27)
  stack::SkBuff* skb_tail = nullptr;
  std::uint64_t hwtstamp = 0;  ///< of that frame; 0: none
  Stats stats;
};

/// igb_q_vector: one interrupt, one NAPI instance, and the rings they serve.
struct QVector final : stack::Napi {
  explicit QVector(IgbAdapter& a) : adapter(a) {}
  int poll(int budget) override;
  void msix_ring();  ///< hard interrupt

  IgbAdapter& adapter;
  unsigned v_idx = 0;            ///< number among the queue vectors
  unsigned msix_vector = 0;      ///< EICR bit and MSI-X entry
  std::uint32_t eims_value = 0;  ///< its bit in EIMS, EIAC, EIAM
  TxRing* tx_ring = nullptr;
  RxRing* rx_ring = nullptr;
  ItrState itr;
  std::string name;  ///< row in /proc/interrupts
};

}  // namespace niclab::igb
