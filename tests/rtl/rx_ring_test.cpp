// rx_ring.sv under random streams: every output in every cycle against the reference, and a ledger of each
// descriptor.
//
// A life is one power-on with random content, one traffic pattern and one environment: gaps and back-pressure
// on every handshake, registers that change while the ring runs, disabling and reset at any time. Where an
// edge may be left out (`idle` and no strobe) some lives leave it out: the clock of a block stands still
// then.
#include <Vrx_ring.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include "tests/rtl/model.hpp"
#include "tests/rtl/random.hpp"
#include "tests/rtl/rx_ring_reference.hpp"

namespace niclab::rtl {

void PrintTo(const RxRingOutputs& o, std::ostream* out) {
  *out << "fetch " << o.fetch_valid << ' ' << o.fetch_index << '+' << o.fetch_count << " @" << std::hex
       << o.fetch_address << std::dec << ", soon " << o.fetch_soon << ", desc " << o.desc_valid << ' '
       << o.desc_index << ' ' << std::hex << o.desc_data[0] << std::dec << " low " << o.desc_low << ", wb "
       << o.wb_valid << ' ' << o.wb_index << '+' << o.wb_count << ", head " << o.head << ", free " << o.free
       << ", cached " << o.cached << ", done " << o.done << ", idle " << o.idle;
}

namespace {

/// The Verilated block behind the reference's types.
class Rtl {
 public:
  /// `seed` of the state at power-on.
  explicit Rtl(unsigned seed) : model_(static_cast<int>(seed) + 1) {}
  /// The cycle's inputs, clock low.
  void apply(const RxRingInputs& in) {
    top_.rst = in.rst;
    top_.enable = in.enable;
    top_.base = in.base;
    top_.length = static_cast<std::uint16_t>(in.length);
    top_.tail = static_cast<std::uint16_t>(in.tail);
    top_.pthresh = static_cast<std::uint8_t>(in.pthresh);
    top_.hthresh = static_cast<std::uint8_t>(in.hthresh);
    top_.wthresh = static_cast<std::uint8_t>(in.wthresh);
    top_.minimum = static_cast<std::uint16_t>(in.minimum);
    top_.mrrs = static_cast<std::uint16_t>(in.mrrs);
    top_.fetch_ready = in.fetch_ready;
    top_.resp_valid = in.resp_valid;
    for (unsigned i = 0; i < 4; ++i) top_.resp_data[i] = in.resp_data[i];
    top_.desc_ready = in.desc_ready;
    top_.done_valid = in.done_valid;
    top_.flush = in.flush;
    top_.wb_ready = in.wb_ready;
    model_.settle();
  }
  RxRingOutputs outputs() const {
    RxRingOutputs out;
    if ((out.fetch_valid = top_.fetch_valid)) {
      out.fetch_index = top_.fetch_index;
      out.fetch_count = top_.fetch_count;
      out.fetch_address = top_.fetch_address;
    }
    out.fetch_soon = top_.fetch_soon;
    if ((out.desc_valid = top_.desc_valid)) {
      out.desc_index = top_.desc_index;
      for (unsigned i = 0; i < 4; ++i) out.desc_data[i] = top_.desc_data[i];
      out.desc_low = top_.desc_low;
    }
    if ((out.wb_valid = top_.wb_valid)) {
      out.wb_index = top_.wb_index;
      out.wb_count = top_.wb_count;
    }
    out.head = top_.head;
    out.free = top_.free;
    out.cached = top_.cached;
    out.done = top_.done;
    out.idle = top_.idle;
    return out;
  }
  void edge() { model_.edge(); }

 private:
  Model<Vrx_ring> model_;
  Vrx_ring& top_ = model_.top();
};

/// Each descriptor is read once, offered once, and written back once, in order.
class Ledger {
 public:
  void restart() {
    next_ = done_ = 0;
    fetched_.clear();
    taken_.clear();
  }
  void fetch(const RxRingInputs& in, const RxRingOutputs& out, const std::vector<RawDescriptor>& ring) {
    ASSERT_EQ(out.fetch_index, next_);
    ASSERT_LE(out.fetch_index + out.fetch_count, in.length);
    ASSERT_LE(out.fetch_count, in.mrrs);
    ASSERT_LE(out.fetch_count, ring_distance(next_, in.tail, in.length)) << "past the tail";
    ASSERT_EQ(out.fetch_address / 4096, (out.fetch_address + 16 * out.fetch_count - 1) / 4096);
    for (unsigned i = 0; i < out.fetch_count; ++i) fetched_.push_back({next_ + i, ring[next_ + i]});
    next_ = (next_ + out.fetch_count) % in.length;
  }
  void take(const RxRingOutputs& out) {
    ASSERT_FALSE(fetched_.empty());
    ASSERT_EQ(out.desc_index, fetched_.front().index);
    ASSERT_EQ(out.desc_data, fetched_.front().content);
    taken_.push_back(out.desc_index);
    fetched_.pop_front();
    ++took;
  }
  void done() { ++done_; }
  /// All that is done is written back, and nothing else.
  void write(const RxRingOutputs& out, unsigned length) {
    ASSERT_EQ(out.wb_count, done_);
    ASSERT_NE(out.wb_count, 0u);
    for (unsigned i = 0; i < out.wb_count; ++i, ++wrote) {
      ASSERT_EQ(taken_.front(), (out.wb_index + i) % length);
      taken_.pop_front();
    }
    done_ = 0;
  }
  /// The first descriptor that software has not got back.
  unsigned oldest() const {
    return !taken_.empty() ? taken_.front() : !fetched_.empty() ? fetched_.front().index : next_;
  }
  void finished() const {
    EXPECT_TRUE(fetched_.empty());
    EXPECT_TRUE(taken_.empty());
  }
  std::uint64_t took = 0, wrote = 0;

 private:
  struct Fetched {
    unsigned index;
    RawDescriptor content;
  };
  unsigned next_ = 0, done_ = 0;
  std::deque<Fetched> fetched_;
  std::deque<unsigned> taken_;
};

/// How a life goes, in percent a cycle unless said otherwise.
struct Pattern {
  unsigned fetch_ready, resp_valid, desc_ready, done, wb_ready, flush, tail;
  unsigned retune, disable, reset;  // per mille
  bool wild_tail;                   // software that laps itself
  bool stop_clock;

  static Pattern random(Random& r) {
    const unsigned rates[] = {3u, 20u, 50u, 90u, 100u}, few[] = {0u, 0u, 1u, 30u},
                   rare[] = {0u, 0u, 1u, 10u, 60u};
    Pattern p{};
    for (unsigned* rate : {&p.fetch_ready, &p.resp_valid, &p.desc_ready, &p.done, &p.wb_ready, &p.tail})
      *rate = r.one_of(rates);
    p.flush = r.one_of(few);
    for (unsigned* rate : {&p.retune, &p.disable, &p.reset}) *rate = r.one_of(rare);
    p.wild_tail = r.percent(10);
    p.stop_clock = r.percent(40);
    return p;
  }
};

class Life {
 public:
  explicit Life(unsigned seed) : random_(seed), pattern_(Pattern::random(random_)), rtl_(seed) {}

  void run(unsigned cycles) {
    power_on();
    for (unsigned i = 0; i < cycles && !testing::Test::HasFatalFailure(); ++i) {
      draw_levels();
      draw_strobes();
      cycle();
    }
    if (!testing::Test::HasFatalFailure() && !pattern_.wild_tail) drain();
  }
  const Ledger& ledger() const { return ledger_; }
  unsigned edges_left_out() const { return left_out_; }
  unsigned low() const { return low_; }

 private:
  void power_on() {
    in_.rst = true;
    retune();
    new_ring();
    rtl_.apply(in_);
    rtl_.edge();
    for (unsigned i = random_.below(3); i != 0; --i) cycle();
    in_.rst = false;
  }

  void retune() {
    in_.pthresh = random_.below(32);
    in_.hthresh = random_.percent(50) ? random_.below(32) : random_.below(4);
    in_.wthresh = random_.percent(40) ? 0 : random_.percent(50) ? random_.below(32) : random_.below(5);
    in_.minimum = random_.percent(20) ? 0 : random_.percent(70) ? random_.below(40) : random_.below(512);
    in_.mrrs = random_.percent(70) ? 8u << random_.below(6) : random_.from(8, 256);
  }
  void new_ring() {
    in_.length = random_.percent(70)   ? 8 * random_.from(1, 12)
                 : random_.percent(60) ? random_.from(1, 512)
                                       : random_.one_of({0u, 2u, 4096u, 32768u, 16u, 64u});
    in_.base = (random_.bits() >> random_.below(40)) / 4096 * 4096 +
               (random_.percent(50) ? 4096 - 128 * random_.below(4) : 0) +
               (random_.percent(20) ? 16 * random_.below(256) : 0);
    ring_.resize(in_.length);
    for (RawDescriptor& d : ring_) d = descriptor();
    in_.tail = 0;
    in_order_ = false;
  }
  RawDescriptor descriptor() {
    RawDescriptor d;
    for (std::uint32_t& word : d) word = static_cast<std::uint32_t>(random_.bits());
    return d;
  }

  void draw_levels() {
    in_.rst = random_.below(1000) < pattern_.reset;
    if (random_.below(1000) < pattern_.retune) retune();
    if (in_.enable) {
      if (random_.below(1000) < pattern_.disable) in_.enable = false;
    } else if (random_.percent(30)) {
      in_.enable = true;
    } else if (random_.percent(20)) {
      new_ring();
    }
    if (in_.length != 0 && random_.percent(pattern_.tail)) move_tail();
  }
  /// Up to where software may: the slot before the oldest descriptor it has not got back.
  void move_tail() {
    if (pattern_.wild_tail) {
      in_.tail = random_.below(in_.length);
      return;
    }
    if (!in_.enable || !running_) return;
    const unsigned used = ring_distance(ledger_.oldest(), in_.tail, in_.length);
    const unsigned most = std::min(in_.length - 1 - used, 200u);
    for (unsigned n = most == 0 ? 0 : random_.from(0, random_.percent(50) ? most : std::min(most, 3u));
         n != 0; --n) {
      ring_[in_.tail] = descriptor();
      in_.tail = (in_.tail + 1) % in_.length;
    }
  }

  void draw_strobes() {
    in_.fetch_ready = random_.percent(pattern_.fetch_ready);
    in_.resp_valid = !responses_.empty() && random_.percent(pattern_.resp_valid);
    in_.resp_data = in_.resp_valid ? responses_.front() : descriptor();
    in_.desc_ready = random_.percent(pattern_.desc_ready);
    in_.done_valid = unfinished_ != 0 && random_.percent(pattern_.done);
    in_.flush = random_.percent(pattern_.flush);
    in_.wb_ready = random_.percent(pattern_.wb_ready);
  }

  void cycle() {
    rtl_.apply(in_);
    const RxRingOutputs out = rtl_.outputs();
    const RxRingOutputs expected = expected_.outputs(in_);
    ASSERT_EQ(out, expected) << "cycle " << cycle_;
    expected_.edge(in_);
    if (pattern_.stop_clock && out.idle && !in_.has_strobe())
      ++left_out_;
    else
      rtl_.edge();
    account(out);
    ++cycle_;
  }

  /// What this cycle's handshakes mean for software and the rest of the device.
  void account(const RxRingOutputs& out) {
    if (in_.rst || (in_.enable && !running_)) {
      forget();
      running_ = in_.enable && !in_.rst;
      return;
    }
    running_ = in_.enable;
    if (in_.done_valid) --unfinished_;
    if (in_.resp_valid) responses_.pop_front();
    if (out.fetch_valid && in_.fetch_ready) {
      for (unsigned i = 0; i < out.fetch_count; ++i) responses_.push_back(ring_[out.fetch_index + i]);
      if (in_order_) ledger_.fetch(in_, out, ring_);
    }
    if (out.desc_valid && in_.desc_ready) {
      ++unfinished_;
      low_ += out.desc_low;
      if (in_order_) ledger_.take(out);
    }
    if (!in_order_) return;
    if (in_.done_valid) ledger_.done();
    if (out.wb_valid && in_.wb_ready) ledger_.write(out, in_.length);
  }
  void forget() {
    responses_.clear();
    unfinished_ = 0;
    ledger_.restart();
    in_order_ = !pattern_.wild_tail;
    if (!pattern_.wild_tail) in_.tail = 0;
  }

  /// No more work comes and everything is willing: all that was posted is taken, done and written back.
  void drain() {
    in_.rst = false;
    in_.enable = true;
    pattern_.resp_valid = pattern_.done = 100;
    unsigned left = 400000;
    const auto finished = [this] {
      const RxRingOutputs out = expected_.outputs(in_.levels());
      return running_ && out.head == in_.tail && unfinished_ == 0 && out.done == 0 && !out.wb_valid;
    };
    while (!finished() && !testing::Test::HasFatalFailure()) {
      ASSERT_NE(--left, 0u) << "the ring does not run empty: length " << in_.length << ", tail " << in_.tail
                            << ", " << testing::PrintToString(expected_.outputs(in_)) << ", unfinished "
                            << unfinished_ << ", window " << expected_.listed();
      draw_strobes();
      in_.fetch_ready = in_.desc_ready = in_.wb_ready = true;
      cycle();
    }
    ledger_.finished();
  }

  Random random_;
  Pattern pattern_;
  Rtl rtl_;
  RxRingReference expected_;
  Ledger ledger_;
  RxRingInputs in_;
  std::vector<RawDescriptor> ring_;
  std::deque<RawDescriptor> responses_;
  unsigned unfinished_ = 0;  // taken and not done
  bool running_ = false;     // enable at the last edge
  bool in_order_ = false;    // indices follow one another: the ring has its size since the start
  unsigned left_out_ = 0, low_ = 0;
  std::uint64_t cycle_ = 0;
};

unsigned lives() {
  const char* text = std::getenv("RTL_LIVES");
  return text == nullptr ? 400 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

TEST(RxRing, equals_the_reference_in_every_cycle_and_loses_no_descriptor) {
  std::uint64_t took = 0, wrote = 0, left_out = 0, low = 0;
  for (unsigned seed = 0; seed < lives() && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("life " + std::to_string(seed));
    Life life(seed);
    life.run(1500);
    took += life.ledger().took;
    wrote += life.ledger().wrote;
    left_out += life.edges_left_out();
    low += life.low();
  }
  EXPECT_GT(took, 50u * lives());
  EXPECT_GT(wrote, 50u * lives());
  EXPECT_GT(left_out, 20u * lives());
  EXPECT_GT(low, lives());
}

}  // namespace
}  // namespace niclab::rtl
