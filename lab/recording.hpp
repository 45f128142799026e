// What came in from outside during a `niclab serve`, with its simulated time: the run again, without the
// outside.
//
// A text file of JSON objects, one a line. The first is the scenario as it ran; then inputs in the order of
// their effect; the last says when the run ended.
//   {"recording":1,"niclab":"0.1.0","scenario":"serve","configuration":{…}}
//   {"t":660000000000,"host":0,"do":"MWr","function":0,"address":4026531840,"bytes":4,"value":1}   an access
//   to the card
//   {"host":0,"fetch":"00ff…"}      what the card's next read of memory found; null: refused; "later": an
//   answer follows
//   {"t":660000912000,"host":0,"answer":3,"data":"00ff…"}                                          that
//   answer; "": refused
//   {"t":660000912000,"wire":0,"frame":"00ff…"}      a frame, without FCS, came in by the [[wire]] of this
//   number
//   {"end":700000000000}
// Times are picoseconds since power-on.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "base/trace.hpp"
#include "lab/scenario.hpp"

namespace niclab::lab {

using ByteString = std::vector<std::byte>;

/// An access to the card of an external host.
struct CardAccess {
  TlpType type = TlpType::MRd;
  unsigned function = 0;
  std::uint64_t address = 0;
  unsigned bytes = 4;
  std::uint32_t value = 0;
};
/// An answer to a read of the card that had to wait.
struct LateAnswer {
  std::uint32_t token = 0;
  ByteString data;
};
struct RecordedInput {
  Time t;
  std::variant<CardAccess, LateAnswer> what;
};
/// What a read of the card found.
struct RecordedFetch {
  enum class Kind : std::uint8_t { done, later, refused } kind = Kind::refused;
  ByteString data;
};

/// The inputs of one host.
struct HostInputs {
  std::deque<RecordedInput> inputs;
  std::deque<RecordedFetch> fetches;
};

/// A frame from outside, without FCS.
struct RecordedFrame {
  Time t;
  ByteString bytes;
};

struct Recording {
  Scenario scenario;                              ///< ends where the recording did
  std::vector<HostInputs> hosts;                  ///< by host
  std::vector<std::vector<RecordedFrame>> wires;  ///< by [[wire]]
  Time end;                                       ///< since power-on
};

class Recorder {
 public:
  /// Throws UserError when the file cannot be written.
  Recorder(const std::filesystem::path& file, const Scenario& scenario);
  void access(Time t, std::size_t host, const CardAccess& a);
  void fetch(std::size_t host, RecordedFetch::Kind kind, std::span<const std::byte> data);
  void answer(Time t, std::size_t host, std::uint32_t token, std::span<const std::byte> data);
  void frame(Time t, std::size_t wire, std::span<const std::byte> bytes);
  /// Throws UserError when not all could be written.
  void end(Time t);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

/// Lengths a frame from outside may have, without FCS.
inline constexpr std::size_t kShortestOutsideFrame = 14, kLongestOutsideFrame = 9728;

/// Whether the file begins like a recording.
bool is_recording(const std::filesystem::path& file);
/// Throws UserError, with the line, when it is none.
Recording load_recording(const std::filesystem::path& file);

}  // namespace niclab::lab
