// A Verilated block under test: its clock, and what the coverage build has counted.
#pragma once

#include <verilated.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#ifdef NICLAB_RTL_COVERAGE
#include <verilated_cov.h>
#endif

namespace niclab::rtl {

/// The block `Top` (a class that Verilator made, with ports clk and rst). State that no reset has set is
/// random.
template <class Top>
class Model {
 public:
  /// `seed` of the random state at power-on: 1 …
  explicit Model(int seed = 1) : context_(make_context(seed)), top_(context_.get()) {}
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() {
    top_.final();
    write_coverage();
  }

  Top& top() { return top_; }
  /// Lets inputs that were changed act on the outputs; the clock is low.
  void settle() { top_.eval(); }
  /// The rising edge that ends the cycle, and the clock low again. Outputs are those of the next cycle.
  void edge() {
    top_.clk = 1;
    top_.eval();
    top_.clk = 0;
    top_.eval();
    ++cycle_;
  }
  /// Edges since power-on: the number of the cycle.
  std::uint64_t cycle() const { return cycle_; }

 private:
  static std::unique_ptr<VerilatedContext> make_context(int seed) {
    auto context = std::make_unique<VerilatedContext>();
    context->randReset(2);
    context->randSeed(seed);
    return context;
  }
  /// With the coverage build: a file in $NICLAB_RTL_COVERAGE a model, for verilator_coverage to add up.
  void write_coverage() {
#ifdef NICLAB_RTL_COVERAGE
    static int count = 0;
    if (const char* folder = std::getenv("NICLAB_RTL_COVERAGE"))
      context_->coveragep()->write((std::string(folder) + "/" + std::to_string(++count) + ".dat").c_str());
#endif
  }

  std::unique_ptr<VerilatedContext> context_;
  Top top_;
  std::uint64_t cycle_ = 0;
};

}  // namespace niclab::rtl
