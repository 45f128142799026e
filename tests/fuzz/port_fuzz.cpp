// libFuzzer's way into a port of the card: its bytes are the decisions of the exerciser
// (tests/support/port_exerciser.hpp). A broken law ends the process, as a sanitizer does.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/support/port_exerciser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace niclab::test;
  static std::vector<std::byte> memory(PortExerciser::kMemory);
  Choices choices(std::span(data, size));
  try {
    PortExerciser(choices, memory, {}).run();
  } catch (const Violation& v) {
    std::fprintf(stderr, "%s\n", v.what());
    std::abort();
  }
  return 0;
}
