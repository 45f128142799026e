#include "lab/writer_thread.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lab/user_error.hpp"
#include "support.hpp"

namespace niclab::lab {
namespace {

using test::error_of;

/// Keeps what it is given, slowly, and measures how far the simulation was ahead of it.
class SlowSink final : public WriterThread::Sink {
 public:
  SlowSink(std::string& text, const std::atomic<std::size_t>& put) : text_(text), put_(put) {}
  void write(std::span<const std::byte> record) override {
    if (++count_ % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    text_.append(reinterpret_cast<const char*>(record.data()), record.size());
    most_ahead = std::max(most_ahead, put_.load() - std::min(put_.load(), text_.size()));
  }
  void finish() override { text_ += "."; }
  std::size_t most_ahead = 0;

 private:
  std::string& text_;
  const std::atomic<std::size_t>& put_;
  unsigned count_ = 0;
};

std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }

TEST(WriterThread, SlowSinkLosesNothingAndMemoryStaysBounded) {
  constexpr std::size_t kQueue = 4096;
  std::string expected, text;
  std::atomic<std::size_t> put = 0;
  WriterThread thread(kQueue);
  SlowSink& sink = thread.add(std::make_unique<SlowSink>(text, put));
  for (unsigned i = 0; i < 20'000; ++i) {
    const std::string head = std::to_string(i), body(i % 97, 'x');
    thread.put(sink, bytes_of(head), bytes_of(body));
    expected += head + body;
    put = expected.size();
  }
  thread.close();
  EXPECT_EQ(text, expected + ".");
  EXPECT_GT(sink.most_ahead, kQueue / 4) << "the queue never filled: this test proves nothing";
  EXPECT_LE(sink.most_ahead, kQueue + 200) << "what was put and not written is in the queue";
}

TEST(WriterThread, RecordsLargerThanTheQueuePassInPieces) {
  std::string text;
  std::atomic<std::size_t> put = 0;
  const std::string large(WriterThread::kLargestRecord, 'y');
  WriterThread thread(1000);
  SlowSink& sink = thread.add(std::make_unique<SlowSink>(text, put));
  thread.put(sink, bytes_of(large));
  thread.put(sink, bytes_of("z"));
  EXPECT_THROW(thread.put(sink, bytes_of(large), bytes_of("z")), std::logic_error);
  thread.close();
  EXPECT_EQ(text, large + "z.");
}

TEST(WriterThread, EachSinkGetsItsOwnRecords) {
  std::string a, b;
  std::atomic<std::size_t> put = 0;
  {
    WriterThread thread(64);
    SlowSink& first = thread.add(std::make_unique<SlowSink>(a, put));
    thread.put(first, bytes_of("1"));
    SlowSink& second = thread.add(std::make_unique<SlowSink>(b, put));
    for (const char* digit : {"2", "3", "4"}) {
      thread.put(first, bytes_of(digit));
      thread.put(second, bytes_of("-"), bytes_of(digit));
    }
  }  // the destructor drains and finishes
  EXPECT_EQ(a, "1234.");
  EXPECT_EQ(b, "-2-3-4.");
}

class BadSink final : public WriterThread::Sink {
 public:
  void write(std::span<const std::byte>) override { throw UserError("disk: full, expected room"); }
  void finish() override { throw UserError("not the first error"); }
};

TEST(WriterThread, AnErrorComesBackAndNobodyHangs) {
  std::string text;
  std::atomic<std::size_t> put = 0;
  WriterThread thread(256);
  SlowSink& good = thread.add(std::make_unique<SlowSink>(text, put));
  BadSink& bad = thread.add(std::make_unique<BadSink>());
  thread.put(good, bytes_of("before"));
  thread.put(bad, bytes_of("x"));
  for (unsigned i = 0; i < 1000; ++i) thread.put(good, bytes_of("after"));
  while (!thread.failed()) std::this_thread::yield();
  EXPECT_EQ(error_of([&] { thread.close(); }), "disk: full, expected room");
  EXPECT_EQ(text, "before");
  EXPECT_EQ(error_of([&] { thread.close(); }), "no error") << "told once";
  thread.put(good, bytes_of("dropped"));
}

}  // namespace
}  // namespace niclab::lab
