#include "lab/wire_door.hpp"

#include <ostream>
#include <stdexcept>

#include "bridge/wires/dgram.hpp"
#include "bridge/wires/tap.hpp"
#include "lab/recording.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

constexpr std::size_t kRoom = 256;   // frames that wait for the wire; more wait outside, as in a NIC's ring
constexpr std::size_t kHeld = 1024;  // that wait for the outside's room; what comes then is dropped

std::string nic_name(const Scenario& s, const Link::End& e) {
  return s.hosts[e.host].name + "." + s.hosts[e.host].nics[e.nic].if_name;
}

std::unique_ptr<bridge::OutsideWire> open(const LiveWire& w) {
  try {
    if (w.kind == LiveWire::Kind::tap) return std::make_unique<bridge::Tap>(w.name);
    return std::make_unique<bridge::Dgram>(w.local, w.remote);
  } catch (const std::runtime_error& e) {
    throw UserError(w.where.to_string() + ": wire: " + e.what());
  }
}

}  // namespace

WireDoor::WireDoor(const Scenario& scenario, std::size_t wire, std::ostream& log)
    : WireDoor(nic_name(scenario, scenario.wires[wire].nic), wire, open(scenario.wires[wire]), log) {
  const LiveWire& w = scenario.wires[wire];
  say(w.kind == LiveWire::Kind::tap ? "wire to TAP " + w.name : "wire at " + w.local + " to " + w.remote);
}

WireDoor::WireDoor(std::string name, std::size_t wire, std::unique_ptr<bridge::OutsideWire> outside,
                   std::ostream& log)
    : name_(std::move(name)),
      wire_(wire),
      outside_(std::move(outside)),
      log_(log),
      buffer_(bridge::kLongestRead) {}

pollfd WireDoor::watched(const LiveRun& run) const {
  const bool ready = outside_ != nullptr && run.frames_waiting(wire_) < kRoom;
  return {ready ? outside_->fd() : -1, POLLIN, 0};
}

void WireDoor::serve(LiveRun& run, short events) {
  using What = bridge::OutsideWire::Got::What;
  while (outside_ != nullptr && run.frames_waiting(wire_) < kRoom) {
    const auto got = outside_->read(buffer_);
    if (got.what == What::gone) return end(got.reason);
    if (got.what == What::nothing) {
      if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) end("an error that has no name");
      return;
    }
    if (got.bytes < kShortestOutsideFrame || got.bytes > kLongestOutsideFrame) {
      ++bad_;
      continue;
    }
    ++in_;
    run.frame_in(wire_, std::span(buffer_).first(got.bytes));
  }
}

void WireDoor::frame_out(std::span<const std::byte> frame) {
  if (holds_frames() || give(frame) == Given::later) {
    if (held_.size() < kHeld)
      held_.emplace_back(frame.begin(), frame.end());
    else
      ++refused_;
  }
}

void WireDoor::flush() {
  while (holds_frames() && give(held_.front()) != Given::later) held_.pop_front();
}

WireDoor::Given WireDoor::give(std::span<const std::byte> frame) {
  const Given given = outside_ == nullptr ? Given::refused : outside_->write(frame);
  if (given != Given::later) ++(given == Given::taken ? out_ : refused_);
  return given;
}

void WireDoor::end(const std::string& reason) {
  outside_.reset();
  say("the wire ends: " + reason);
}

std::string WireDoor::counts() const {
  return name_ + ": " + std::to_string(in_) + " frames in, " + std::to_string(out_) +
         " out; dropped: " + std::to_string(bad_) + " of a length that is no frame's, " +
         std::to_string(refused_) + " that nobody took";
}

void WireDoor::say(const std::string& line) const {
  log_ << "niclab serve: " << name_ << ": " << line << std::endl;
}

}  // namespace niclab::lab
