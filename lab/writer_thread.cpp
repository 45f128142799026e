#include "lab/writer_thread.hpp"

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace niclab::lab {

class WriterThread::Impl {
 public:
  explicit Impl(std::size_t queue_bytes) : queue_(queue_bytes), thread_([this] { run(); }) {}

  void keep(std::unique_ptr<Sink> sink) { sinks_.push_back(std::move(sink)); }

  void put(Sink& sink, std::span<const std::byte> head, std::span<const std::byte> body) {
    const Record record{&sink, head.size() + body.size()};
    if (record.size > kLargestRecord) throw std::logic_error("a record is larger than the writer takes");
    if (!thread_.joinable() || failed()) return;
    push(std::as_bytes(std::span(&record, 1)));
    push(head);
    push(body);
  }

  bool failed() const { return failed_.load(std::memory_order_acquire); }

  void close() {
    if (!thread_.joinable()) return;
    closing_.store(true, std::memory_order_release);
    thread_.join();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  struct Record {
    Sink* sink;
    std::size_t size;
  };

  static void doze() { std::this_thread::sleep_for(std::chrono::microseconds(100)); }

  void push(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      bytes = bytes.subspan(queue_.push(bytes.data(), bytes.size()));
      if (!bytes.empty()) doze();
    }
  }

  /// Fills `bytes`; false when the stream has ended.
  bool pop(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      const bool last_look = closing_.load(std::memory_order_acquire);
      const std::size_t taken = queue_.pop(bytes.data(), bytes.size());
      bytes = bytes.subspan(taken);
      if (taken != 0) continue;
      if (last_look) return false;
      doze();
    }
    return true;
  }

  /// Runs `step` unless something has failed before.
  template <class Step>
  void guarded(Step step) {
    if (error_) return;
    try {
      step();
    } catch (...) {
      error_ = std::current_exception();
      failed_.store(true, std::memory_order_release);
    }
  }

  void run() {
    Record record{};
    std::vector<std::byte> bytes(kLargestRecord);
    const std::span<std::byte> all(bytes);
    // After an error the queue is still drained: whoever waits for room goes on.
    while (pop(std::as_writable_bytes(std::span(&record, 1))) && pop(all.first(record.size)))
      guarded([&] { record.sink->write(all.first(record.size)); });
    for (const auto& sink : sinks_) guarded([&] { sink->finish(); });
  }

  std::vector<std::unique_ptr<Sink>> sinks_;  // the thread looks at it only after `closing_`
  boost::lockfree::spsc_queue<std::byte> queue_;
  std::atomic<bool> closing_ = false;
  std::atomic<bool> failed_ = false;
  std::exception_ptr error_;  // the thread's until it is joined
  std::thread thread_;        // last: it uses all of the above
};

WriterThread::WriterThread(std::size_t queue_bytes) : impl_(std::make_unique<Impl>(queue_bytes)) {}
WriterThread::~WriterThread() {
  try {
    close();
  } catch (...) {
    // A destructor has nobody to tell; whoever wants to know calls close().
  }
}
void WriterThread::keep(std::unique_ptr<Sink> sink) { impl_->keep(std::move(sink)); }
void WriterThread::put(Sink& sink, std::span<const std::byte> head, std::span<const std::byte> body) {
  impl_->put(sink, head, body);
}
bool WriterThread::failed() const { return impl_->failed(); }
void WriterThread::close() { impl_->close(); }

}  // namespace niclab::lab
