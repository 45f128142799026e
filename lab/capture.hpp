// Capture files in and out, by libpcap: what a replay puts on the wire, and what the wire carried.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/addresses.hpp"
#include "base/time.hpp"

namespace niclab::lab {

/// One frame of a capture, without FCS.
struct CapturedFrame {
  Duration since_first;  ///< captured time, from the first frame of the file
  std::vector<std::byte> bytes;
};

/// Reads a whole Ethernet capture (pcap or pcapng, us or ns). Throws UserError naming the file when it cannot
/// be read, is not Ethernet, is truncated, or holds frames cut short by a snap length or longer than the wire
/// allows. Times that run backwards count as not later than the frame before.
std::vector<CapturedFrame> read_capture(const std::filesystem::path& file);

/// Whether the far end of a replay sends this frame to station `host`: not the station's own frames, only
/// what it or a group is the destination of, and no ARP replies (the far end answers for itself).
bool is_injected(std::span<const std::byte> frame, MacAddress host);

/// Writes a nanosecond pcap on a thread of its own; nothing is lost, a full queue makes the caller wait.
class CaptureWriter {
 public:
  /// Creates the file. Throws UserError when it cannot.
  explicit CaptureWriter(const std::filesystem::path& file);
  ~CaptureWriter();  ///< close(), errors swallowed
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  /// Appends a frame (padded to 60 bytes, without FCS, at most kLongestFrame) stamped `t`, cut to
  /// nanoseconds.
  void frame(Time t, std::span<const std::byte> bytes);
  /// Everything given so far is in the file when this returns. Throws UserError when the disk did not take
  /// it.
  void close();

  static constexpr std::size_t kLongestFrame = 9728;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace niclab::lab
