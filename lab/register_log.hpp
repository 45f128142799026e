// What a client of `niclab serve` does to a card, as text: one line an access, to be read as it grows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace niclab::lab {

/// The name of what lies at `offset` of a region of a vfio-user device: a register ("TDT[1]", by the table of
/// hw/registers.hpp) in BAR 0, else the region and the offset ("BAR3+0x10", "config 0x04").
std::string place_name(std::uint32_t region, std::uint64_t offset);

class RegisterLog {
 public:
  /// Begins `file` anew. Throws UserError when it cannot.
  explicit RegisterLog(const std::filesystem::path& file);
  /// "    0.612345678 s  guest.eth0  write  TDT[0]        0x00000010": the time is that from power-on.
  void tell(Time now, std::string_view card, bool write, std::uint32_t region, std::uint64_t offset,
            unsigned bytes, std::uint32_t value);

 private:
  std::ofstream out_;
};

}  // namespace niclab::lab
