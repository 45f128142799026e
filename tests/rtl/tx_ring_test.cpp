// tx_ring.sv under random streams: every output in every cycle against the reference, and a ledger of each
// descriptor.
//
// A life is one power-on with random content, one traffic pattern and one environment: gaps and back-pressure
// on every handshake, registers that change while the ring runs, disabling and reset at any time. Where an
// edge may be left out (`idle` and no strobe) some lives leave it out: the clock of a block stands still
// then.
#include <Vtx_ring.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include "tests/rtl/model.hpp"
#include "tests/rtl/random.hpp"
#include "tests/rtl/tx_ring_reference.hpp"

namespace niclab::rtl {

void PrintTo(const TxRingOutputs& o, std::ostream* out) {
  *out << "fetch " << o.fetch_valid << ' ' << o.fetch_index << '+' << o.fetch_count << " @" << std::hex
       << o.fetch_address << std::dec << ", soon " << o.fetch_soon << ", desc " << o.desc_valid << ' '
       << o.desc_index << ' ' << std::hex << o.desc_data[2] << std::dec << ", wb " << o.wb_valid << ' '
       << o.wb_index << ' ' << std::hex << o.wb_mask << std::dec << ", head " << o.head << ", cached "
       << o.cached << ", reports " << o.reports << ", idle " << o.idle;
}

namespace {

/// The Verilated block behind the reference's types.
class Rtl {
 public:
  /// `seed` of the state at power-on.
  explicit Rtl(unsigned seed) : model_(static_cast<int>(seed) + 1) {}
  /// The cycle's inputs, clock low.
  void apply(const TxRingInputs& in) {
    top_.rst = in.rst;
    top_.enable = in.enable;
    top_.base = in.base;
    top_.length = static_cast<std::uint16_t>(in.length);
    top_.tail = static_cast<std::uint16_t>(in.tail);
    top_.head_load = in.head_load;
    top_.head_value = static_cast<std::uint16_t>(in.head_value);
    top_.pthresh = static_cast<std::uint8_t>(in.pthresh);
    top_.hthresh = static_cast<std::uint8_t>(in.hthresh);
    top_.wthresh = static_cast<std::uint8_t>(in.wthresh);
    top_.mrrs = static_cast<std::uint16_t>(in.mrrs);
    top_.fetch_ready = in.fetch_ready;
    top_.resp_valid = in.resp_valid;
    for (unsigned i = 0; i < 4; ++i) top_.resp_data[i] = in.resp_data[i];
    top_.desc_ready = in.desc_ready;
    top_.done_valid = in.done_valid;
    top_.done_count = static_cast<std::uint8_t>(in.done_count);
    top_.flush = in.flush;
    top_.wb_ready = in.wb_ready;
    model_.settle();
  }
  TxRingOutputs outputs() const {
    TxRingOutputs out;
    if ((out.fetch_valid = top_.fetch_valid)) {
      out.fetch_index = top_.fetch_index;
      out.fetch_count = top_.fetch_count;
      out.fetch_address = top_.fetch_address;
    }
    out.fetch_soon = top_.fetch_soon;
    if ((out.desc_valid = top_.desc_valid)) {
      out.desc_index = top_.desc_index;
      for (unsigned i = 0; i < 4; ++i) out.desc_data[i] = top_.desc_data[i];
    }
    if ((out.wb_valid = top_.wb_valid)) {
      out.wb_index = top_.wb_index;
      out.wb_mask = top_.wb_mask;
    }
    out.head = top_.head;
    out.cached = top_.cached;
    out.reports = top_.reports;
    out.idle = top_.idle;
    return out;
  }
  void edge() { model_.edge(); }

 private:
  Model<Vtx_ring> model_;
  Vtx_ring& top_ = model_.top();
};

/// One descriptor between the read that brings it and its retirement.
struct Tracked {
  unsigned index = 0;
  RawDescriptor content{};
  bool data() const { return (content[2] >> 29 & 1) == 0 || (content[2] >> 20 & 15) == 3; }
  bool reporting() const { return data() && (content[2] >> 27 & 1) != 0; }
};

/// Each descriptor is read once, offered once, and written back at most once, in order; what reports exactly
/// once.
class Ledger {
 public:
  void restart(unsigned head) {
    next_ = head;
    fetched_.clear();
    taken_.clear();
    done_ = 0;
  }
  void fetch(const TxRingInputs& in, const TxRingOutputs& out, const std::vector<RawDescriptor>& ring) {
    ASSERT_EQ(out.fetch_index, next_);
    ASSERT_LE(out.fetch_index + out.fetch_count, in.length);
    ASSERT_LE(out.fetch_count, in.mrrs);
    ASSERT_EQ(out.fetch_address / 4096, (out.fetch_address + 16 * out.fetch_count - 1) / 4096);
    for (unsigned i = 0; i < out.fetch_count; ++i) fetched_.push_back({next_ + i, ring[next_ + i]});
    next_ = (next_ + out.fetch_count) % in.length;
  }
  void take(const TxRingOutputs& out) {
    ASSERT_FALSE(fetched_.empty());
    ASSERT_EQ(out.desc_index, fetched_.front().index);
    ASSERT_EQ(out.desc_data, fetched_.front().content);
    taken_.push_back(fetched_.front());
    fetched_.pop_front();
    ++took;
  }
  void done(unsigned count) { done_ += count; }
  /// `count` of the oldest leave; `written` has a bit for each that is written back.
  void retire(unsigned count, std::uint64_t written) {
    for (unsigned i = 0; i < count && !testing::Test::HasFatalFailure(); ++i)
      retire_one((written >> i & 1) != 0);
    ASSERT_TRUE(count == 64 || written >> count == 0);
  }
  unsigned oldest() const { return taken_.empty() ? next_take() : taken_.front().index; }
  /// Nothing that reports is left.
  void finished() {
    EXPECT_TRUE(fetched_.empty());
    retire(static_cast<unsigned>(taken_.size()), 0);
  }
  std::uint64_t took = 0, wrote = 0;

 private:
  unsigned next_take() const { return fetched_.empty() ? next_ : fetched_.front().index; }
  void retire_one(bool written) {
    ASSERT_FALSE(taken_.empty());
    ASSERT_GT(done_, 0u) << "retired before it was done: " << taken_.front().index;
    ASSERT_TRUE(written || !taken_.front().reporting()) << "never reported: " << taken_.front().index;
    ASSERT_TRUE(!written || taken_.front().data()) << "not data, and written: " << taken_.front().index;
    --done_;
    wrote += written;
    taken_.pop_front();
  }
  unsigned next_ = 0, done_ = 0;
  std::deque<Tracked> fetched_, taken_;
};

/// How a life goes, in percent a cycle unless said otherwise.
struct Pattern {
  unsigned fetch_ready, resp_valid, desc_ready, done, wb_ready, flush, tail, report, data;
  unsigned retune, disable, reset;  // per mille
  bool wild_tail;                   // software that laps itself
  bool stop_clock;

  static Pattern random(Random& r) {
    const unsigned rates[] = {3u, 20u, 50u, 90u, 100u}, few[] = {0u, 1u, 30u},
                   rare[] = {0u, 0u, 1u, 10u, 60u};
    Pattern p{};
    for (unsigned* rate : {&p.fetch_ready, &p.resp_valid, &p.desc_ready, &p.done, &p.wb_ready, &p.tail})
      *rate = r.one_of(rates);
    p.flush = r.one_of(few);
    p.report = r.one_of({0u, 3u, 30u, 100u});
    p.data = r.one_of({10u, 60u, 100u});
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
    in_.wthresh = random_.percent(40) ? 0 : random_.percent(50) ? random_.below(32) : random_.below(4);
    in_.mrrs = random_.percent(70) ? 8u << random_.below(6) : random_.from(8, 256);
  }
  void new_ring() {
    in_.length = random_.percent(70)   ? 8 * random_.from(1, 12)
                 : random_.percent(60) ? random_.from(1, 512)
                                       : random_.one_of({0u, 2u, 4096u, 32768u, 24u, 64u});
    in_.base = (random_.bits() >> random_.below(40)) / 4096 * 4096 +
               (random_.percent(50) ? 4096 - 128 * random_.below(4) : 0) +
               (random_.percent(20) ? 16 * random_.below(256) : 0);
    ring_.assign(in_.length, {});
    for (RawDescriptor& d : ring_) d = descriptor();
    in_order_ = false;
    in_.tail = expected_.outputs(in_.levels()).head;
    if (in_.tail >= in_.length) in_.tail = 0;
  }
  RawDescriptor descriptor() {
    RawDescriptor d{static_cast<std::uint32_t>(random_.bits()), static_cast<std::uint32_t>(random_.bits()),
                    static_cast<std::uint32_t>(random_.bits()), static_cast<std::uint32_t>(random_.bits())};
    const unsigned dtyp = random_.percent(pattern_.data) ? 3 : random_.below(16);
    const bool report = random_.percent(pattern_.report);
    const bool dext = random_.percent(95);
    d[2] = (d[2] & 0xD70FFFFF) | dtyp << 20 | static_cast<unsigned>(report) << 27 |
           static_cast<unsigned>(dext) << 29;
    return d;
  }

  unsigned distance(unsigned from, unsigned to) const {
    return to >= from ? to - from : to + in_.length - from;
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
    const unsigned used = distance(ledger_.oldest(), in_.tail);
    const unsigned most = std::min(in_.length - 1 - used, 200u);
    for (unsigned n = most == 0 ? 0 : random_.from(0, random_.percent(50) ? most : std::min(most, 3u));
         n != 0; --n) {
      ring_[in_.tail] = descriptor();
      in_.tail = (in_.tail + 1) % in_.length;
    }
  }

  void draw_strobes() {
    in_.head_load = !in_.enable && random_.percent(15);
    in_.head_value =
        random_.percent(80) && in_.length != 0 ? random_.below(in_.length) : random_.below(65536);
    in_.fetch_ready = random_.percent(pattern_.fetch_ready);
    in_.resp_valid = !responses_.empty() && random_.percent(pattern_.resp_valid);
    if (in_.resp_valid)
      in_.resp_data = responses_.front();
    else
      in_.resp_data.fill(static_cast<std::uint32_t>(random_.bits()));
    in_.desc_ready = random_.percent(pattern_.desc_ready);
    draw_done(pattern_.done);
    in_.flush = random_.percent(pattern_.flush);
    in_.wb_ready = random_.percent(pattern_.wb_ready);
  }
  void draw_done(unsigned percent) {
    const unsigned most = std::min(unfinished_, 32u);
    in_.done_valid = most != 0 && random_.percent(percent);
    in_.done_count =
        in_.done_valid ? random_.from(1, random_.percent(50) ? most : std::min(most, 4u)) : random_.below(64);
  }

  void cycle() {
    rtl_.apply(in_);
    const TxRingOutputs out = rtl_.outputs();
    const TxRingOutputs expected = expected_.outputs(in_);
    ASSERT_EQ(out, expected) << "cycle " << cycle_;
    const unsigned head = out.head < in_.length ? out.head : 0;
    const unsigned listed = expected_.listed();
    expected_.edge(in_);
    if (pattern_.stop_clock && out.idle && !in_.has_strobe())
      ++left_out_;
    else
      rtl_.edge();
    account(out, head, listed + (out.desc_valid && in_.desc_ready) - expected_.listed());
    ++cycle_;
  }

  /// What this cycle's handshakes mean for software and the rest of the device; `retired` descriptors left.
  void account(const TxRingOutputs& out, unsigned head, unsigned retired) {
    if (in_.rst) {
      forget(0);
      running_ = false;
      return;
    }
    const bool restart = in_.enable && !running_;
    if (in_.done_valid) unfinished_ -= in_.done_count;
    if (in_.resp_valid) responses_.pop_front();
    if (out.fetch_valid && in_.fetch_ready) {
      for (unsigned i = 0; i < out.fetch_count; ++i) responses_.push_back(ring_[out.fetch_index + i]);
      if (in_order_) ledger_.fetch(in_, out, ring_);
    }
    if (out.desc_valid && in_.desc_ready) {
      ++unfinished_;
      if (in_order_) ledger_.take(out);
    }
    if (in_order_ && !restart) {
      if (in_.done_valid) ledger_.done(in_.done_count);
      ASSERT_TRUE(!out.wb_valid || out.wb_index == ledger_.oldest());
      ledger_.retire(retired, out.wb_valid && in_.wb_ready ? out.wb_mask : 0);
    }
    if (restart) forget(head);
    running_ = in_.enable;
  }
  void forget(unsigned head) {
    responses_.clear();
    unfinished_ = 0;
    ledger_.restart(head);
    in_order_ = !pattern_.wild_tail;
    if (!pattern_.wild_tail) in_.tail = head;
  }

  /// No more work comes and everything is willing: all that was posted is taken, done and reported.
  void drain() {
    in_.rst = false;
    in_.enable = true;
    pattern_.resp_valid = pattern_.done = 100;
    unsigned left = 400000;
    const auto finished = [this] {
      const TxRingOutputs out = expected_.outputs(in_.levels());
      return running_ && out.head == in_.tail && unfinished_ == 0 && out.reports == 0 && !out.wb_valid;
    };
    while (!finished() && !testing::Test::HasFatalFailure()) {
      ASSERT_NE(--left, 0u) << "the ring does not run empty: length " << in_.length << ", tail " << in_.tail
                            << ", " << testing::PrintToString(expected_.outputs(in_)) << ", unfinished "
                            << unfinished_ << ", window " << expected_.listed();
      draw_strobes();
      in_.fetch_ready = in_.desc_ready = in_.flush = in_.wb_ready = true;
      in_.head_load = false;
      cycle();
    }
    ledger_.finished();
  }

  Random random_;
  Pattern pattern_;
  Rtl rtl_;
  TxRingReference expected_;
  Ledger ledger_;
  TxRingInputs in_;
  std::vector<RawDescriptor> ring_;
  std::deque<RawDescriptor> responses_;
  unsigned unfinished_ = 0;  // taken and not done
  bool running_ = false;     // enable at the last edge
  bool in_order_ = false;    // indices follow one another: the ring has its size since the start
  unsigned left_out_ = 0;
  std::uint64_t cycle_ = 0;
};

unsigned lives() {
  const char* text = std::getenv("RTL_LIVES");
  return text == nullptr ? 400 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

TEST(TxRing, equals_the_reference_in_every_cycle_and_loses_no_descriptor) {
  std::uint64_t took = 0, wrote = 0, left_out = 0;
  for (unsigned seed = 0; seed < lives() && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("life " + std::to_string(seed));
    Life life(seed);
    life.run(1500);
    took += life.ledger().took;
    wrote += life.ledger().wrote;
    left_out += life.edges_left_out();
  }
  EXPECT_GT(took, 50u * lives());
  EXPECT_GT(wrote, 10u * lives());
  EXPECT_GT(left_out, 20u * lives());
}

}  // namespace
}  // namespace niclab::rtl
