// Reads tests/data/tx_vectors.txt: packets as software hands them over and what must leave, made by scapy
// (tests/data/tx_vectors.py says what stands in a line).
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "hw/descriptors.hpp"

namespace niclab::hw::test {

struct TxVector {
  std::string name;
  AdvTxContext context;
  std::uint32_t command = 0, olinfo = 0;  ///< of the first data descriptor: dword 2's TSE and VLE, dword 3
  std::uint32_t flag_low = 0, flag_high = 0;
  std::size_t header_bytes = 0;
  std::vector<std::byte> packet;  ///< all that lies in memory
  struct Leaving {
    std::size_t length = 0;
    std::uint32_t fcs = 0;
  };
  std::vector<Leaving> leaving;

  AdvTxData first() const {
    AdvTxData d;
    d.dw[2] |= command | txd::IFCS;
    d.dw[3] = olinfo;
    return d;
  }
};

inline TxVector parse_tx_vector(const std::string& line) {
  TxVector v;
  std::istringstream in(line);
  std::string header;
  std::size_t behind = 0;
  std::uint32_t seed = 0;
  in >> v.name >> std::hex >> v.context.dw[0] >> v.context.dw[2] >> v.context.dw[3] >> v.command >>
      v.olinfo >> v.flag_low >> v.flag_high >> header >> std::dec >> behind >> seed;
  for (std::size_t i = 0; i < header.size(); i += 2)
    v.packet.push_back(static_cast<std::byte>(std::stoi(header.substr(i, 2), nullptr, 16)));
  v.header_bytes = v.packet.size();
  for (std::size_t i = 0; i < behind; ++i) {
    seed = (1103515245u * seed + 12345u) & 0x7FFFFFFF;
    v.packet.push_back(static_cast<std::byte>(seed >> 16));
  }
  for (std::string word; in >> word;) {
    const std::size_t colon = word.find(':');
    v.leaving.push_back(
        {std::stoul(word), static_cast<std::uint32_t>(std::stoul(word.substr(colon + 1), nullptr, 16))});
  }
  return v;
}

/// Those whose name ends so.
inline std::vector<TxVector> tx_vectors(const std::string& kind) {
  std::vector<TxVector> all;
  std::ifstream in(NICLAB_SOURCE_DIR "/tests/data/tx_vectors.txt");
  for (std::string line; std::getline(in, line);) {
    TxVector v = parse_tx_vector(line);
    if (v.name.ends_with(kind)) all.push_back(std::move(v));
  }
  return all;
}

}  // namespace niclab::hw::test
