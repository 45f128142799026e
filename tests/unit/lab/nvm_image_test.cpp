// NVM images as text and bytes (fact base 2.4.3).
#include "lab/nvm_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/splitmix64.hpp"
#include "firmware/image.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

using hw::Nvm;
using testing::HasSubstr;

constexpr MacAddress kMac{{2, 0, 0, 0, 0, 1}};

/// A part of some size: at times erased, factory-made or noise, then with some words changed.
Nvm random_image(SplitMix64& random) {
  const unsigned words = Nvm::kSmallest << random.next() % 3;
  const auto kind = random.next() % 4;
  Nvm nvm = kind == 0   ? Nvm(words)
            : kind == 1 ? Nvm::make_plain(words)
                        : Nvm(Nvm::make_default(kMac).words(), words);
  const unsigned changes = kind == 3 ? 4 * words : static_cast<unsigned>(random.next() % 40);
  for (unsigned i = 0; i < changes; ++i)
    nvm.set_word(static_cast<unsigned>(random.next() % (random.next() % 2 == 0 ? words : 0x160)),
                 static_cast<std::uint16_t>(random.next()));
  if (random.next() % 2 == 0) nvm.fix_checksums();
  return nvm;
}

TEST(NvmImage, TextOfAnyImageMakesThatImageAgain) {
  SplitMix64 random(5);
  for (int i = 0; i < 200; ++i) {
    const Nvm nvm = random_image(random);
    const std::string text = firmware::to_toml(nvm);
    const Nvm again = nvm_from_toml(text, "x.toml");
    ASSERT_EQ(again, nvm) << "image " << i << "\n" << text;
    EXPECT_EQ(firmware::to_toml(again), text);
    EXPECT_EQ(firmware::from_bytes(firmware::to_bytes(nvm)), nvm);
  }
}

TEST(NvmImage, TheFactoryImageNeedsNoRawWords) {
  EXPECT_THAT(firmware::to_toml(Nvm::make_default(kMac)), testing::Not(HasSubstr("[[raw]]")));
}

TEST(NvmImage, FieldsGoWhereTheMapSays_FactBase_2_4_3) {
  const Nvm nvm = nvm_from_toml(
      "words = 512\n[card]\ndevice_id = 0x1522\npba = \"AB\"\n[port1]\nmac = "
      "\"02:00:00:00:00:07\"\nlink_mode = 3\n"
      "[[raw]]\nat = 0x160\nwords = [1, 0xFFFE]\n",
      "x.toml");
  EXPECT_EQ(nvm.size(), 512u);
  EXPECT_EQ(nvm.word(0x0D), 0x1522);
  EXPECT_EQ(nvm.word(0x80 + 2), 0x0700);
  EXPECT_EQ(nvm.word(0x80 + 0x24), 0x0030);
  EXPECT_EQ(nvm.word(0x160), 1);
  EXPECT_EQ(nvm.word(0x161), 0xFFFE);
  EXPECT_EQ(nvm.pba(), "AB");
  EXPECT_TRUE(nvm.valid());
}

TEST(NvmImage, BytesAreLowByteFirst) {
  const auto bytes = firmware::to_bytes(Nvm::make_default(kMac));
  ASSERT_EQ(bytes.size(), 16384u);
  EXPECT_EQ(bytes[0], 0x02);
  EXPECT_EQ(bytes[5], 0x01);
  EXPECT_EQ(bytes[2 * 0x0D], 0x21);
  EXPECT_FALSE(firmware::from_bytes(std::vector<std::uint8_t>(1023)));
  EXPECT_FALSE(firmware::from_bytes(std::vector<std::uint8_t>(512))) << "too small for four sections";
}

TEST(NvmImage, WhatADriverFinds_FactBase_5_7) {
  Nvm nvm = Nvm::make_default(kMac);
  nvm.set_mac(1, {{1, 0, 0, 0, 0, 1}});
  nvm.set_mac(2, {});
  nvm.fix_checksums();
  nvm.set_word(0x130, 1);
  EXPECT_TRUE(firmware::check_section(nvm, 0).good());
  EXPECT_FALSE(firmware::check_section(nvm, 1).mac_good) << "a group's address";
  EXPECT_TRUE(firmware::check_section(nvm, 2).good()) << "no port, no address";
  EXPECT_FALSE(firmware::check_section(nvm, 3).sum_good);
  nvm.set_mac(0, {});
  EXPECT_FALSE(firmware::check_section(nvm, 0).mac_good);
}

TEST(NvmImage, WrongTextIsRefusedInOneLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"[card]\ndevice_idd = 1\n", "x.toml:2: card.device_idd: unknown key, expected perhaps \"device_id\""},
      {"[card]\ndevice_id = 65536\n",
       "x.toml:2: card.device_id: is 65536, expected an integer from 0 to 65535"},
      {"[port0]\nlink_mode = 4\n", "x.toml:2: port0.link_mode: is 4, expected an integer from 0 to 3"},
      {"[port0]\nlink_mode = -1\n", "from 0 to 3"},
      {"[port0]\nlink_mode = \"copper\"\n", "x.toml:2: port0.link_mode: is \"copper\", expected an integer"},
      {"[port0]\napm_enable = true\n",
       "x.toml:2: port0.apm_enable: is true, expected an integer from 0 to 1"},
      {"[port0]\nmac = \"02:00:00\"\n", "x.toml:2: port0.mac: \"02:00:00\" is not a MAC address"},
      {"[card]\nmac = \"02:00:00:00:00:01\"\n", "card.mac: unknown key"},
      {"[port0]\ndevice_id = 1\n", "port0.device_id: unknown key"},
      {"[card]\npba = \"ABC\"\n", "card.pba: \"ABC\" is not a part number"},
      {"[card]\npba = \"E12345-00100\"\n", "is not a part number"},
      {"[card]\npba = 7\n", "card.pba: is 7"},
      {"[port4]\n", "unknown key"},
      {"words = 1000\n", "x.toml:1: words: is 1000, expected a power of two"},
      {"words = 32768\n", "expected a power of two from 512 to 16384"},
      {"[[raw]]\nat = 8192\nwords = [1]\n", "raw.at: is 8192"},
      {"[[raw]]\nat = 8191\nwords = [1, 2]\n", "goes beyond the part"},
      {"[[raw]]\nat = 1\nwords = [65536]\n", "holds 65536"},
      {"[[raw]]\nat = 1\nwords = []\n", "a list of words"},
      {"[[raw]]\nat = 1\n", "raw.words: missing"},
      {"[[raw]]\nat = 1\nwords = [1, 2]\n[[raw]]\nat = 2\nwords = [3]\n", "raw[1].at: word 2 is given twice"},
      {"card = 1\n", "card: is 1, expected a table"},
      {"[card\n", "expected an NVM image in TOML"},
  };
  for (const auto& [text, expected] : cases) {
    try {
      nvm_from_toml(text, "x.toml");
      ADD_FAILURE() << text << "was accepted";
    } catch (const UserError& e) {
      EXPECT_THAT(e.what(), HasSubstr(expected)) << text;
      EXPECT_THAT(e.what(), testing::Not(HasSubstr("\n"))) << text;
    }
  }
}

}  // namespace
}  // namespace niclab::lab
