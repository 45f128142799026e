#include "lab/capture.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "support.hpp"

namespace niclab::lab {
namespace {

using test::error_of;
using testing::HasSubstr;

template <class T>
void put(std::string& s, T v) {
  s.append(reinterpret_cast<const char*>(&v), sizeof v);
}

/// A pcap file by hand, little endian, microseconds or nanoseconds.
std::string pcap_header(std::uint32_t magic, std::uint32_t link = 1) {
  std::string s;
  put(s, magic);
  put(s, std::uint16_t{2});
  put(s, std::uint16_t{4});
  put(s, std::uint32_t{0});
  put(s, std::uint32_t{0});
  put(s, std::uint32_t{65535});
  put(s, link);
  return s;
}
std::string record(std::uint32_t sec, std::uint32_t fraction, const std::string& bytes,
                   std::uint32_t whole = 0) {
  std::string s;
  put(s, sec);
  put(s, fraction);
  put(s, static_cast<std::uint32_t>(bytes.size()));
  put(s, whole == 0 ? static_cast<std::uint32_t>(bytes.size()) : whole);
  return s + bytes;
}
constexpr std::uint32_t kMicro = 0xa1b2c3d4, kNano = 0xa1b23c4d;
const std::string kFrame(60, 'x');

TEST(ReadCapture, TimesCountFromTheFirstFrame) {
  const test::TempFolder folder;
  const auto micro =
      folder.write("u.pcap", pcap_header(kMicro) + record(10, 5, kFrame) + record(11, 7, kFrame));
  const auto nano =
      folder.write("n.pcap", pcap_header(kNano) + record(10, 5, kFrame) + record(11, 7, kFrame));
  EXPECT_EQ(read_capture(micro).at(0).since_first, Duration{});
  EXPECT_EQ(read_capture(micro).at(1).since_first, 1_s + 2_us);
  EXPECT_EQ(read_capture(nano).at(1).since_first, 1_s + 2_ns);
  EXPECT_EQ(read_capture(nano).at(1).bytes.size(), 60u);
}

TEST(ReadCapture, TimesNeverRunBackwards) {
  const test::TempFolder folder;
  const auto file =
      folder.write("b.pcap", pcap_header(kNano) + record(10, 9, kFrame) + record(10, 19, kFrame) +
                                 record(9, 0, kFrame) + record(10, 29, kFrame));
  const auto frames = read_capture(file);
  EXPECT_EQ(frames[1].since_first, 10_ns);
  EXPECT_EQ(frames[2].since_first, 10_ns);
  EXPECT_EQ(frames[3].since_first, 20_ns);
}

TEST(ReadCapture, DamageIsNamed) {
  const test::TempFolder folder;
  const auto error = [&](const std::string& text) {
    return error_of([&] { read_capture(folder.write("x.pcap", text)); });
  };
  const std::string good = pcap_header(kMicro) + record(1, 0, kFrame);
  EXPECT_EQ(error(good), "no error");
  for (const std::string& bad :
       {std::string(), std::string("hello"), good.substr(0, 30), good.substr(0, 80), pcap_header(kMicro, 101),
        good + record(2, 0, kFrame, 100), good + record(2, 0, "short"),
        good + record(2, 0, std::string(20000, 'x'))}) {
    EXPECT_THAT(error(bad), HasSubstr("x.pcap: "));
    EXPECT_THAT(error(bad), HasSubstr(", expected "));
  }
  EXPECT_THAT(error(good + record(2, 0, kFrame, 100)), HasSubstr("frame 2 holds 60 of 100 bytes"));
  EXPECT_THAT(error_of([] { read_capture("/nonexistent.pcap"); }), HasSubstr("/nonexistent.pcap: "));
}

std::vector<std::byte> frame(MacAddress destination, MacAddress source, std::uint16_t type,
                             std::uint16_t operation = 0) {
  std::vector<std::byte> f(60);
  destination.store(f.data());
  source.store(f.data() + 6);
  f[12] = static_cast<std::byte>(type >> 8);
  f[13] = static_cast<std::byte>(type);
  f[21] = static_cast<std::byte>(operation);
  return f;
}

TEST(Injected, WhatTheFarEndSendsToTheStation) {
  const auto host = *MacAddress::parse("02:00:00:35:00:0a"), peer = *MacAddress::parse("02:00:00:35:00:0b");
  const auto group = *MacAddress::parse("01:00:5e:01:02:03");
  EXPECT_TRUE(is_injected(frame(host, peer, 0x0800), host));
  EXPECT_TRUE(is_injected(frame(group, peer, 0x0800), host));
  EXPECT_TRUE(is_injected(frame(MacAddress::broadcast(), peer, 0x0806, 1), host));
  EXPECT_FALSE(is_injected(frame(host, peer, 0x0806, 2), host)) << "ARP reply";
  EXPECT_FALSE(is_injected(frame(peer, host, 0x0800), host)) << "its own";
  EXPECT_FALSE(is_injected(frame(group, host, 0x0800), host)) << "its own";
  EXPECT_FALSE(is_injected(frame(peer, peer, 0x0800), host)) << "for somebody else";
  EXPECT_FALSE(is_injected(std::vector<std::byte>(13), host));
}

TEST(Injected, CountOfTheSampleCapture) {
  const auto host = *MacAddress::parse("02:00:00:35:00:0a");
  std::size_t n = 0;
  for (const auto& f : read_capture(NICLAB_SOURCE_DIR "/tests/data/mix-a.pcap"))
    n += is_injected(f.bytes, host);
  EXPECT_EQ(n, 5247u);  // tshark -Y '!(eth.src==02:00:00:35:00:0a) && !(arp.opcode==2)' | wc -l
}

TEST(CaptureWriter, WritesWhatItWasGivenAndTheSameEveryTime) {
  const test::TempFolder folder;
  std::vector<std::byte> longest(CaptureWriter::kLongestFrame, std::byte{7}), shortest(60, std::byte{1});
  for (const char* name : {"a.pcap", "b.pcap"}) {
    WriterThread thread;
    CaptureWriter writer(thread, folder.path / name);
    for (unsigned i = 0; i < 3000; ++i)  // some 15 MB: the queue fills
      writer.frame(Time::from_ps(1'000'000'000'000ull * i + 1'999), i % 2 != 0 ? longest : shortest);
    thread.close();
  }
  const std::string bytes = test::slurp(folder.path / "a.pcap");
  EXPECT_EQ(bytes.size(), 24u + 1500u * (16 + longest.size()) + 1500u * (16 + 60));
  EXPECT_EQ(bytes, test::slurp(folder.path / "b.pcap"));
  EXPECT_EQ(bytes.substr(0, 4), std::string("\x4d\x3c\xb2\xa1", 4)) << "nanosecond magic";
  std::uint32_t nanoseconds = 0;
  std::memcpy(&nanoseconds, bytes.data() + 28, 4);
  EXPECT_EQ(nanoseconds, 1u) << "1,999 ps is cut to 1 ns";
  const auto frames = read_capture(folder.path / "a.pcap");
  ASSERT_EQ(frames.size(), 3000u);
  EXPECT_EQ(frames[2999].since_first, Duration::from_s(2999));
  EXPECT_EQ(frames[2999].bytes, longest);
}

TEST(CaptureWriter, DestructorDrains) {
  const test::TempFolder folder;
  const std::vector<std::byte> bytes(60);
  {
    WriterThread thread;
    CaptureWriter writer(thread, folder.path / "a.pcap");
    for (unsigned i = 0; i < 100; ++i) writer.frame(Time::from_ps(i), bytes);
  }
  EXPECT_EQ(read_capture(folder.path / "a.pcap").size(), 100u);
}

TEST(CaptureWriter, FolderThatIsNotThere) {
  WriterThread thread;
  EXPECT_THAT(error_of([&] { CaptureWriter writer(thread, "/nonexistent/a.pcap"); }),
              HasSubstr("/nonexistent/a.pcap"));
}

TEST(CaptureWriter, FullDisk) {
  WriterThread thread;
  CaptureWriter writer(thread, "/dev/full");
  const std::vector<std::byte> bytes(60);
  for (unsigned i = 0; i < 100; ++i) writer.frame(Time::from_ps(i), bytes);
  EXPECT_EQ(error_of([&] { thread.close(); }), "/dev/full: cannot write, expected room on the disk");
}

}  // namespace
}  // namespace niclab::lab
