#include "base/cost.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace niclab {
namespace {

TEST(CostTable, EveryDefaultLiesInItsRange) {
  const CostModel defaults;
  for (const CostEntry& e : cost_table()) {
    EXPECT_GE(defaults.*e.member, e.low) << e.key;
    EXPECT_LE(defaults.*e.member, e.high) << e.key;
  }
}

TEST(CostTable, EveryPrimitiveIsThereOnceAndCited) {
  std::set<std::string_view> keys;
  for (const CostEntry& e : cost_table()) {
    EXPECT_TRUE(keys.insert(e.key).second) << e.key;
    EXPECT_FALSE(e.citation.empty()) << e.key;
    EXPECT_FALSE(e.cpu.empty()) << e.key;
  }
  EXPECT_EQ(keys.size(), sizeof(CostModel) / sizeof(Duration));
}

TEST(CostTable, EachKeyChangesItsOwnMemberOnly) {
  const CostModel defaults;
  for (const CostEntry& e : cost_table()) {
    CostModel changed;
    changed.*e.member += 1_ps;
    for (const CostEntry& other : cost_table()) {
      EXPECT_EQ(changed.*other.member != defaults.*other.member, other.key == e.key)
          << e.key << " " << other.key;
    }
  }
}

std::string in_words(Duration d) {
  return d.ps() % 1'000 == 0 ? std::to_string(d.ns()) + "ns" : std::to_string(d.ps()) + "ps";
}

TEST(CostTable, DocumentationSaysTheSame) {  // docs/cost-model.md, row by row
  std::ifstream file(NICLAB_SOURCE_DIR "/docs/cost-model.md");
  std::stringstream text;
  text << file.rdbuf();
  const CostModel defaults;
  for (const CostEntry& e : cost_table()) {
    std::string row = "| `";
    row += e.key;
    row += "` | " + in_words(defaults.*e.member) + " | " + in_words(e.low) + " – " + in_words(e.high) + " | ";
    row += e.citation;
    row += " | ";
    row += e.cpu;
    row += " |\n";
    EXPECT_NE(text.str().find(row), std::string::npos) << "docs/cost-model.md lacks: " << row;
  }
}

TEST(CostModel, SumsOfPrimitives) {
  CostModel c;
  c.instruction = 200_ps;
  c.copy_fixed = 10_ns;
  c.copy_byte = 60_ps;
  c.checksum_byte = 125_ps;
  EXPECT_EQ(c.instructions(50), 10_ns);
  EXPECT_EQ(c.copy(0), 10_ns);
  EXPECT_EQ(c.copy(1'000), 70_ns);
  EXPECT_EQ(c.checksum(64), 8_ns);
}

}  // namespace
}  // namespace niclab
