#include "lab/function_log.hpp"

#include <algorithm>

namespace niclab::lab {
namespace {

bool on_own_account(std::string_view name) { return name == "do_IRQ" || name == "__do_softirq"; }

/// Where an arrow of the packet's way touches the CPU.
bool is_landmark(std::string_view name) {
  return name == "sendto" || name == "igb_xmit_frame" || name == "napi_gro_receive" || name == "recvfrom";
}

}  // namespace

void FunctionLog::enters(unsigned cpu, std::string_view name, JourneyId packet, Time at) {
  Cpu& c = cpus_[cpu];
  Function f{.name = name, .begin = at};
  if (packet != JourneyId::none) {
    const std::uint64_t number = journeys_.traced(packet);
    f.packet = number != 0 ? number : kOther;
  }
  f.own_account = on_own_account(name);
  f.parent = c.open.empty() ? 0 : c.open.back() + 1;
  c.open.push_back(static_cast<std::uint32_t>(c.functions.size()));
  c.functions.push_back(f);
}

void FunctionLog::leaves(unsigned cpu, Time at) {
  Cpu& c = cpus_[cpu];
  if (c.open.empty()) return;  // entered before the trace began
  c.functions[c.open.back()].end = at;
  c.open.pop_back();
  finish(cpu);
}

void FunctionLog::serves(unsigned cpu, JourneyId packet) {
  const std::uint64_t number = journeys_.traced(packet);
  Cpu& c = cpus_[cpu];
  for (const std::uint32_t i : c.open)
    if (c.functions[i].packet == 0) c.functions[i].packet = number != 0 ? number : kOther;
}

void FunctionLog::interrupted(unsigned cpu, Time at) {
  Cpu& c = cpus_[cpu];
  c.interruptions.push_back({at, c.functions.size()});
}

/// What lay ahead of the interruption has slid behind it.
void FunctionLog::resumed(unsigned cpu, Time at) {
  Cpu& c = cpus_[cpu];
  if (c.interruptions.empty()) return;
  Interruption gone = c.interruptions.back();
  c.interruptions.pop_back();
  const Duration by = at - gone.at;
  for (std::size_t i = 0; i < gone.first; ++i) {
    Function& f = c.functions[i];
    if (f.begin > gone.at) f.begin += by;
    if (f.end != Time::never() && f.end > gone.at) f.end += by;
  }
  gone.last = c.functions.size();
  c.over.push_back(gone);
  finish(cpu);
}

void FunctionLog::switched(unsigned cpu, const Task& from, const Task& to, Time at) {
  Cpu& c = cpus_[cpu];
  if (!c.open.empty()) {
    std::vector<Function> sleeping;
    for (const std::uint32_t i : c.open) {
      sleeping.push_back(c.functions[i]);
      c.functions[i].end = at;
    }
    c.asleep.emplace_back(&from, std::move(sleeping));
    c.open.clear();
    finish(cpu);
  }
  const auto it =
      std::find_if(c.asleep.begin(), c.asleep.end(), [&](const auto& a) { return a.first == &to; });
  if (it == c.asleep.end()) return;
  for (const Function& f : it->second) {
    const std::uint32_t parent = c.open.empty() ? 0 : c.open.back() + 1;
    c.open.push_back(static_cast<std::uint32_t>(c.functions.size()));
    c.functions.push_back(
        {.name = f.name, .begin = at, .packet = f.packet, .parent = parent, .own_account = f.own_account});
  }
  c.asleep.erase(it);
}

/// Marks those to tell.
void FunctionLog::choose(Cpu& c) const {
  for (Function& f : c.functions) {
    const Function* caller = f.parent != 0 ? &c.functions[f.parent - 1] : nullptr;
    f.told = f.packet != 0 ? f.packet != kOther : caller != nullptr && caller->told;
    if (f.packet == 0 && caller != nullptr && !f.own_account) f.packet = caller->packet;
  }
  for (std::size_t i = c.functions.size(); i-- > 0;)
    if (c.functions[i].told && c.functions[i].parent != 0) c.functions[c.functions[i].parent - 1].told = true;
  // The interrupt that brought the softirq.
  for (const Interruption& x : c.over) {
    const auto begin = c.functions.begin() + static_cast<std::ptrdiff_t>(x.first);
    const auto end = c.functions.begin() + static_cast<std::ptrdiff_t>(x.last);
    if (std::none_of(begin, end, [](const Function& f) { return f.told; })) continue;
    const auto second = std::find_if(begin, end, [](const Function& f) { return f.name == "__do_softirq"; });
    std::for_each(begin, second, [](Function& f) { f.told = true; });
    for (std::uint32_t p = begin->parent; p != 0; p = c.functions[p - 1].parent)
      c.functions[p - 1].told = true;
  }
}

void FunctionLog::finish(unsigned cpu) {
  Cpu& c = cpus_[cpu];
  if (!c.open.empty() || !c.interruptions.empty()) return;
  choose(c);
  for (const Function& f : c.functions) {
    if (!f.told) continue;
    const std::uint64_t packet = f.packet != kOther ? f.packet : 0;
    log_.slice(log_.cpu(host_, cpu), f.name, f.begin, f.end, packet);
    if (packet != 0 && is_landmark(f.name)) log_.point(log_.cpu(host_, cpu), f.begin, packet);
  }
  c.functions.clear();
  c.over.clear();
}

}  // namespace niclab::lab
