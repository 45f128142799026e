// What the driver's functions cost, in instructions of path code (multiplied by CostModel::instruction).
// Memory the device wrote, locks, copies, mappings and MMIO are charged as primitives where they happen.
#pragma once

namespace niclab::igb::path {

// --- transmit (path-map B-106 to B-118) ----------------------------------------------------------
inline constexpr unsigned igb_xmit_frame = 25;       ///< down and padding tests, choice of the ring
inline constexpr unsigned igb_xmit_frame_ring = 55;  ///< descriptor count, room, first buffer info
inline constexpr unsigned igb_tx_csum = 45;          ///< header walk and context descriptor
inline constexpr unsigned igb_tx_map = 50;           ///< once a packet: flags, publication
inline constexpr unsigned igb_tx_map_piece = 40;     ///< each piece: buffer info and descriptor
inline constexpr unsigned igb_maybe_stop_tx = 10;

// --- transmit completion (B-122 to B-128) --------------------------------------------------------
inline constexpr unsigned igb_clean_tx_irq = 60;
inline constexpr unsigned igb_clean_tx_packet = 45;
inline constexpr unsigned igb_clean_tx_piece = 15;  ///< each further descriptor

// --- receive (C-26 to C-31) ----------------------------------------------------------------------
inline constexpr unsigned igb_clean_rx_irq = 55;
inline constexpr unsigned igb_fetch_rx_buffer = 60;
inline constexpr unsigned igb_reuse_rx_page = 20;
inline constexpr unsigned igb_process_skb_fields = 60;  ///< hash, checksum, queue, frame errors
inline constexpr unsigned igb_pull_tail = 70;  ///< frames left in the page: find and pull the headers
inline constexpr unsigned igb_alloc_rx_buffers = 25;
inline constexpr unsigned igb_alloc_rx_buffer = 18;  ///< each descriptor

// --- interrupts and moderation (C-06, fact base 4.5) ---------------------------------------------
inline constexpr unsigned igb_msix_ring = 30;
inline constexpr unsigned igb_intr = 60;  ///< the single-vector handlers
inline constexpr unsigned igb_msix_other = 60;
inline constexpr unsigned igb_poll = 40;
inline constexpr unsigned igb_update_itr = 35;

// --- slow path -----------------------------------------------------------------------------------
inline constexpr unsigned igb_watchdog_task = 400;
inline constexpr unsigned igb_update_stats = 600;

}  // namespace niclab::igb::path
