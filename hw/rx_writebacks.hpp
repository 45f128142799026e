// What finished receive descriptors will hold once they are written back: the memory beside the ring (fact
// base 3.4). The ring says when and which; this cuts its bursts into runs that lie in one piece.
#pragma once

#include <array>
#include <span>

#include "hw/rx_ring.hpp"

namespace niclab::hw {

/// A write of consecutive descriptors at ring index `index`; never wraps or crosses 4 KB.
struct WritebackRun {
  unsigned index = 0;
  DmaAddress address;
  std::span<const Descriptor> descriptors;  ///< valid until the next call
};

class RxWritebacks {
 public:
  /// The ring was started again: nothing is kept.
  void clear() { first_ = last_ = burst_ = 0; }
  /// The content of the descriptor that the ring hears is done, in ring order. At most RxRing::kWindow wait.
  void put(const Descriptor& content) {
    if (last_ == contents_.size()) [[unlikely]]
      move_down();
    contents_[last_++] = content;
  }
  /// A burst of the ring, once the one before it has been given to its end.
  void begin(RxBurst burst) {
    index_ = burst.index;
    burst_ = burst.count;
  }
  bool in_burst() const { return burst_ != 0; }
  /// The next piece of the burst; `ring` says where its descriptors lie.
  WritebackRun next(const DescriptorPrefetch& ring);

 private:
  void move_down();
  unsigned index_ = 0, burst_ = 0;  ///< what the burst still has to write
  unsigned first_ = 0, last_ = 0;   ///< of contents_
  std::array<Descriptor, 2 * RxRing::kWindow> contents_{};
};

}  // namespace niclab::hw
