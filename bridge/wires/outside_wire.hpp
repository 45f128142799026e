// The outside's end of a wire: something that takes and gives Ethernet frames, without FCS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace niclab::bridge {

/// The longest frame one can be given; longer ones come cut off, with their true length.
inline constexpr std::size_t kLongestRead = 65'550;

class OutsideWire {
 public:
  struct Got {
    enum class What : std::uint8_t { frame, nothing, gone } what = What::nothing;
    std::size_t bytes = 0;  ///< of a frame; more than there was room for: it was cut off
    std::string reason;     ///< why it is gone: it never comes back
  };
  virtual ~OutsideWire() = default;
  /// What to poll for POLLIN.
  virtual int fd() const = 0;
  /// The next frame. Does not wait.
  virtual Got read(std::span<std::byte> into) = 0;
  enum class Given : std::uint8_t {
    taken,
    later,   ///< it has no room now
    refused  ///< nobody is there
  };
  /// Gives the outside a frame. Does not wait.
  virtual Given write(std::span<const std::byte> frame) = 0;

 protected:
  /// What a write() or sendto() of `size` bytes says.
  static Given given(std::ptrdiff_t written, std::size_t size);
};

}  // namespace niclab::bridge
