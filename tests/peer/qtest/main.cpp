// qtest_igb SOCKET RAM WIRE_HERE WIRE_THERE [msix|msi|intx]: waits at SOCKET for QEMU's qtest, whose RAM is
// in the file RAM and whose igb sends to the datagram socket WIRE_HERE what it has to say; one line a check,
// "@ok NAME: REMARK" or "@FAILED ...".
#include <cstdio>
#include <exception>
#include <string_view>

#include "tests/peer/qtest/trial.hpp"

int main(int argc, char** argv) {
  using namespace niclab;
  using bridge::qtest::Offer;
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr,
                 "qtest_igb: %d arguments, expected SOCKET RAM WIRE_HERE WIRE_THERE [msix|msi|intx]\n",
                 argc - 1);
    return 2;
  }
  const std::string_view kind = argc == 6 ? argv[5] : "msix";
  try {
    peer::Trial trial({argv[1], argv[2], argv[3], argv[4],
                       kind == "msi"    ? Offer::msi
                       : kind == "intx" ? Offer::intx
                                        : Offer::msix});
    return trial.run() ? 0 : 1;
  } catch (const std::exception& e) {
    std::printf("@FAILED trial: %s\n", e.what());
    return 1;
  }
}
