// The two ends of a cable, as far as they negotiate: what one end's PHY says reaches the other.
//
// Frames pass through the sockets of the wire; an end that nobody plugged in here (a foreign model) is taken
// for one that can do everything but PAUSE.
//
// The cable between them can be pulled out: each end then hears nothing a propagation delay later, and what
// somebody sends on it is lost. Frames already under way are the receiver's affair: it loses those whose last
// bit had not come when it heard the other end no more.
#pragma once

#include "hw/phy.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"

namespace niclab::sim {

class LinkEnd {
 public:
  virtual ~LinkEnd() = default;
  /// What this end says now.
  virtual hw::LinkSignal signal() const = 0;

  /// Once, before the simulation starts. Each end hears what the other says from the beginning.
  friend void plug(LinkEnd& a, LinkEnd& b, Duration propagation) {
    a.other_ = &b;
    b.other_ = &a;
    a.propagation_ = b.propagation_ = propagation;
    a.partner_will_say(b.signal(), Time{});
    b.partner_will_say(a.signal(), Time{});
  }

  /// Pulls the cable out of both ends at `t`, or plugs it in again: both negotiate anew. Nothing happens if
  /// it is so already. An end that is not plugged in has a far end that can do everything.
  void set_cable(bool in, Time t) {
    if (cable_in_ == in) return;
    cable_in_ = in;
    using hw::LinkSignal;
    const bool foreign = other_ == nullptr;
    partner_will_say(!in       ? LinkSignal::nothing()
                     : foreign ? LinkSignal::everything()
                               : other_->signal(),
                     t + propagation_);
    if (!foreign) other_->set_cable(in, t);
  }
  /// What is sent now reaches the other end.
  bool cable_in() const { return cable_in_; }

 protected:
  /// From `t` on the other end is heard to say this; `t` lies ahead.
  virtual void partner_will_say(const hw::LinkSignal& s, Time t) = 0;
  /// The frame this end sent last, and that the other has not received to its end, loses the rest.
  void truncate() const {
    if (other_ != nullptr) other_->partner_truncates();
  }
  virtual void partner_truncates() {}
  /// This end says something new from `t` on.
  void say(const hw::LinkSignal& s, Time t) const {
    if (other_ != nullptr && cable_in_) other_->partner_will_say(s, t + propagation_);
  }
  /// How long a bit takes on the cable.
  Duration propagation() const { return propagation_; }

 private:
  LinkEnd* other_ = nullptr;
  Duration propagation_{};
  bool cable_in_ = true;
};

/// An end that is always there and does not change what it says: a traffic source, a port of a switch. It
/// follows the speed that the other end makes of it, and sends whether or not the other end's link is up.
class FixedLinkEnd final : public LinkEnd {
 public:
  /// `agent`: of its events, of Kind::device.
  FixedLinkEnd(Engine& engine, unsigned agent) : engine_(engine), agent_(agent) {}
  FixedLinkEnd(const FixedLinkEnd&) = delete;
  FixedLinkEnd& operator=(const FixedLinkEnd&) = delete;

  /// Before it is plugged in.
  void set_abilities(const hw::LinkSignal& s) { mine_ = s; }
  hw::LinkSignal signal() const override { return mine_; }
  hw::LinkSpeed speed() const { return mode_.speed; }
  /// Both ends offer symmetric PAUSE.
  bool obeys_pause() const { return (mine_.base_page & partner_.base_page & hw::mii::ANAR_PAUSE) != 0; }
  /// A frame that came between `start` and `end` was cut off: the other end fell silent in between.
  bool cut(Time start, Time end) const { return start <= silent_at_ && silent_at_ < end; }

 private:
  void partner_will_say(const hw::LinkSignal& s, Time t) override {
    coming_.push_back(s);
    engine_.at<&FixedLinkEnd::partner_says>(t, Kind::device, agent_, *this);
  }
  void partner_says(Time t, std::uint32_t) {
    partner_ = coming_.front();
    coming_.pop_front();
    if (!partner_.present) silent_at_ = t;
    if (const auto mode = hw::resolve_link(mine_, partner_)) mode_ = *mode;
  }

  Engine& engine_;
  const unsigned agent_;
  hw::LinkSignal mine_ = hw::LinkSignal::everything(), partner_ = hw::LinkSignal::everything();
  hw::LinkMode mode_{};
  Ring<hw::LinkSignal> coming_;
  Time silent_at_ = Time::never();
};

}  // namespace niclab::sim
