// Capture files in and out, by libpcap: what a replay puts on the wire, and what the wire carried.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/addresses.hpp"
#include "base/time.hpp"
#include "lab/writer_thread.hpp"

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

/// A nanosecond pcap, written by a writer thread.
class CaptureWriter {
 public:
  static constexpr std::size_t kLongestFrame = 9728;

  /// Creates the file. Throws UserError when it cannot. The thread must outlive this object, and its close()
  /// says whether the disk took everything.
  CaptureWriter(WriterThread& thread, const std::filesystem::path& file);

  /// Appends a frame (padded to 60 bytes, without FCS; cut to kLongestFrame) stamped `t`, cut to nanoseconds.
  void frame(Time t, std::span<const std::byte> bytes);

 private:
  WriterThread& thread_;
  WriterThread::Sink& file_;
};

}  // namespace niclab::lab
