#include <ostream>

#include "lab/child_run.hpp"
#include "lab/commands.hpp"
#include "lab/report.hpp"
#include "lab/simulation.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

constexpr std::size_t kBatch = 1024;

/// Writes events to a pipe in batches; when the reader is gone, to nowhere.
class PipeSink : public EventSink {
 public:
  explicit PipeSink(int fd) : fd_(fd) { batch_.reserve(kBatch); }
  void event(const Event& e) override {
    batch_.push_back(e);
    if (batch_.size() == kBatch) flush();
  }
  void flush() {
    write_all(fd_, batch_.data(), batch_.size() * sizeof(Event));
    batch_.clear();
  }

 private:
  int fd_;
  std::vector<Event> batch_;
};

/// The events of a re-run, one after the other.
class EventStream {
 public:
  explicit EventStream(const StoredRun& run)
      : child_([&run](int fd) {
          PipeSink sink(fd);
          RunOptions options;
          options.eager = run.eager;
          options.quiet = true;
          options.events = &sink;
          run_scenario(run.scenario, options);
          sink.flush();
          return 0;
        }),
        batch_(kBatch) {}
  /// The next event, or nullptr at the end.
  const Event* next() {
    if (at_ == size_) {
      size_ = child_.read(batch_.data(), kBatch * sizeof(Event)) / sizeof(Event);
      at_ = 0;
    }
    return at_ == size_ ? nullptr : &batch_[at_++];
  }
  void wait() { child_.wait(); }

 private:
  ChildRun child_;
  std::vector<Event> batch_;
  std::size_t at_ = 0, size_ = 0;
};

std::string side(const char* name, const Event* e) {
  return std::string("  ") + name + "  " +
         (e == nullptr ? std::string("(no more events)") : describe_time(e->time_ps) + "  " + describe(*e)) +
         "\n";
}

void print_difference(std::ostream& out, std::uint64_t number, const Event* a, const Event* b) {
  out << "first difference: event " << grouped(number) << "\n" << side("A", a) << side("B", b);
  if (a == nullptr || b == nullptr) return;
  Event moved = *b;
  moved.time_ps = a->time_ps;
  if (*a == moved) {
    const bool later = b->time_ps > a->time_ps;
    const std::uint64_t ps = later ? b->time_ps - a->time_ps : a->time_ps - b->time_ps;
    out << "  the same event, B " << grouped(ps) << " ps " << (later ? "later" : "earlier") << "\n";
  }
}

}  // namespace

int diff_command(const std::filesystem::path& a, const std::filesystem::path& b, std::ostream& out) {
  const StoredRun run_a = load_stored_run(a), run_b = load_stored_run(b);
  EventStream stream_a(run_a), stream_b(run_b);
  for (std::uint64_t number = 1;; ++number) {
    const Event* event_a = stream_a.next();
    const Event* event_b = stream_b.next();
    // A stream that has ended may have ended badly; wait() throws then.
    if (event_a == nullptr) stream_a.wait();
    if (event_b == nullptr) stream_b.wait();
    if (event_a == nullptr && event_b == nullptr) {
      out << "identical: " << grouped(number - 1) << " events\n" << std::flush;
      return 0;
    }
    if (event_a != nullptr && event_b != nullptr && *event_a == *event_b) continue;
    print_difference(out, number, event_a, event_b);
    out.flush();
    return 1;
  }
}

}  // namespace niclab::lab
