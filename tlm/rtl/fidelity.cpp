#include "tlm/rtl/fidelity.hpp"

#include <algorithm>
#include <cstdio>

namespace niclab::sim {
namespace {

std::string text(std::uint64_t v) {
  char buffer[48];
  if (v < 10) {
    std::snprintf(buffer, sizeof buffer, "%llu", static_cast<unsigned long long>(v));
  } else {
    std::snprintf(buffer, sizeof buffer, "%llu (0x%llX)", static_cast<unsigned long long>(v),
                  static_cast<unsigned long long>(v));
  }
  return buffer;
}

std::string padded(std::string s, std::size_t width) {
  s.resize(std::max(width, s.size()), ' ');
  return s;
}

std::string cycle_of(Time t) { return ", clock cycle that begins at " + std::to_string(t.ns()) + " ns"; }

}  // namespace

void LockstepReport::add(std::string_view name, std::string rtl, std::string model) {
  const bool differs = rtl != model;
  differs_ |= differs;
  rows_.push_back({std::string(name), std::move(rtl), std::move(model), differs});
}

LockstepReport& LockstepReport::value(std::string_view name, std::uint64_t rtl, std::uint64_t model) {
  add(name, text(rtl), text(model));
  return *this;
}

LockstepReport& LockstepReport::time(std::string_view name, Time rtl, Time model) {
  add(name, std::to_string(rtl.ns()) + " ns", std::to_string(model.ns()) + " ns");
  return *this;
}

void LockstepReport::fail(const std::vector<std::string>& history) const {
  std::size_t name = 6, rtl = 3;
  for (const Row& r : rows_) {
    name = std::max(name, r.name.size());
    rtl = std::max(rtl, r.rtl.size());
  }
  std::string table = "  " + padded("output", name) + "  " + padded("rtl", rtl) + "  model\n";
  for (const Row& r : rows_)
    table += "  " + padded(r.name, name) + "  " + padded(r.rtl, rtl) + "  " + r.model +
             (r.differs ? "   <- differs" : "") + "\n";
  fail(block_ + ", " + what_ + ", transaction " + std::to_string(transaction_) + cycle_of(t_), table,
       history);
}

void LockstepReport::fail(const std::string& where, const std::string& table,
                          const std::vector<std::string>& history) {
  std::string s = "lockstep mismatch: " + where + "\n" + table + "  what went in before, oldest first:";
  for (const std::string& line : history) s += "\n    " + line;
  throw LockstepMismatch(s);
}

void RtlInstance::fail(const std::string& what, Time t) {
  ++mismatches;
  LockstepReport::fail(name + ", " + what + cycle_of(t), "", history.lines());
}

std::vector<std::string> InputHistory::lines() const {
  std::vector<std::string> out;
  for (unsigned i = next_ < kKept ? 0 : next_ - kKept; i != next_; ++i) {
    const Entry& e = entries_[i % kKept];
    out.push_back("at " + std::to_string(e.t.ns()) + " ns  " + e.what + " " + std::to_string(e.a) +
                  (e.b != 0 ? " " + std::to_string(e.b) : ""));
  }
  return out;
}

}  // namespace niclab::sim
