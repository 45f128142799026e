#include "lab/ptp_node.hpp"

#include <cerrno>
#include <cstring>

namespace niclab::lab {
namespace {

constexpr std::uint16_t kEventPort = 319, kGeneralPort = 320;
constexpr Ipv4Address kGroup{0xE0000181};  // 224.0.1.129
constexpr Duration kStampPatience = 10_ms, kPatience = 100_ms;

stack::InDevice* find_device(stack::NetStack& stack, const std::string& name) {
  for (const auto& d : stack.routes().devices())
    if (d->dev.name == name) return d.get();
  return nullptr;
}

}  // namespace

PtpNode::PtpNode(const App& app, std::string if_name, Kernel& kernel, stack::NetStack& stack,
                 std::function<std::int64_t(Time)> ahead)
    : app_(app), if_name_(std::move(if_name)), kernel_(kernel), stack_(stack), ahead_(std::move(ahead)) {}

std::string PtpNode::open() {
  using stack::SocketOption;
  std::string failure;
  const auto step = [&](const char* what, int result) {
    if (result < 0 && failure.empty()) failure = std::string(what) + ": " + std::strerror(-result);
    return failure.empty();
  };
  stack::InDevice* const in_dev = find_device(stack_, if_name_);
  if (in_dev == nullptr || in_dev->dev.ptp_clock() == nullptr) return if_name_ + ": no PTP hardware clock";
  dev_ = &in_dev->dev;
  identity_ = ptp_port_identity(dev_->dev_addr);
  const Ipv4Address address = in_dev->addresses.front().address;
  stack::HwtstampConfig stamps{true, stack::HwtstampFilter::ptp_v2_l4_event};
  step("SIOCSHWTSTAMP", dev_->ndo_hwtstamp_set(stamps));
  for (auto [socket, port] : {std::pair{&event_, kEventPort}, {&general_, kGeneralPort}}) {
    *socket = &stack_.socket();
    stack::UdpSocket& s = **socket;
    if (!step("bind", s.bind({{}, port}))) break;
    step("IP_ADD_MEMBERSHIP", s.join_group(kGroup, address));
    step("IP_MULTICAST_IF", s.set_multicast_if(address));
    step("IP_MULTICAST_LOOP", s.setsockopt(SocketOption::ip_multicast_loop, 0));
  }
  using namespace stack::so_timestamping;
  step("SO_TIMESTAMPING",
       event_->setsockopt(SocketOption::so_timestamping, kTxHardware | kRxHardware | kRawHardware));
  return failure;
}

// --- messages ------------------------------------------------------------------------------------

/// When it left, by the device's clock; nullopt: it did not, or nobody knows.
std::optional<std::uint64_t> PtpNode::send_event(const PtpMessage& m) {
  const stack::Endpoint to{kGroup, kEventPort};
  std::array<std::byte, 128> sent;
  // One that came too late for its own message.
  while (event_->recvfrom(sent, nullptr, stack::msg::kErrqueue | stack::msg::kDontwait) >= 0) {
  }
  if (event_->sendto(ptp_octets(m), &to) < 0) return std::nullopt;
  stack::ReceiveControl control;
  if (event_->recvfrom(sent, nullptr, stack::msg::kErrqueue, kernel_.now() + kStampPatience, &control) < 0)
    return std::nullopt;
  return control.hwtstamp;
}

void PtpNode::send_general(const PtpMessage& m) {
  const stack::Endpoint to{kGroup, kGeneralPort};
  general_->sendto(ptp_octets(m), &to);
}

/// The next message; nullopt if it is another one, or not stamped.
std::optional<PtpNode::Stamped> PtpNode::receive_event(PtpType type) {
  std::array<std::byte, 128> octets;
  stack::ReceiveControl control;
  const int n = event_->recvfrom(octets, nullptr, 0, Time::never(), &control);
  if (n < 0 || control.hwtstamp == 0) return std::nullopt;
  const auto m = parse_ptp(std::span(octets).first(static_cast<std::size_t>(n)));
  if (!m || m->type != type) return std::nullopt;
  return Stamped{*m, control.hwtstamp};
}

/// The message of that type and sequence number, and if it answers somebody, the answer to us.
std::optional<PtpMessage> PtpNode::receive_general(PtpType type, std::uint16_t sequence) {
  std::array<std::byte, 128> octets;
  const Time deadline = kernel_.now() + kPatience;
  for (;;) {
    const int n = general_->recvfrom(octets, nullptr, 0, deadline);
    if (n < 0) return std::nullopt;
    const auto m = parse_ptp(std::span(octets).first(static_cast<std::size_t>(n)));
    if (m && m->type == type && m->sequence == sequence &&
        (type != PtpType::delay_resp || m->requesting == identity_))
      return m;
  }
}

// --- master --------------------------------------------------------------------------------------

void PtpNode::answer() {
  for (;;)
    if (const auto request = receive_event(PtpType::delay_req))
      send_general(
          {PtpType::delay_resp, request->message.sequence, identity_, request->at, request->message.source});
}

void PtpNode::run(Time start) {
  std::uint16_t sequence = 0;
  Time next = start;
  while (!is_slave()) {
    if (const auto left = send_event({PtpType::sync, sequence, identity_, 0, {}}))
      send_general({PtpType::follow_up, sequence, identity_, *left, {}});
    ++sequence;
    next += *app_.interval;
    kernel_.sleep_until(niclab::max(next, kernel_.now()));
  }
  for (;;)
    if (const auto sync = receive_event(PtpType::sync)) synchronise(*sync, start);
}

// --- slave ---------------------------------------------------------------------------------------

/// One exchange: t1 master sends, t2 we receive, t3 we send, t4 master receives.
void PtpNode::synchronise(const Stamped& sync, Time start) {
  const std::uint16_t sequence = sync.message.sequence;
  const auto follow_up = receive_general(PtpType::follow_up, sequence);
  if (!follow_up) return;
  const auto t3 = send_event({PtpType::delay_req, sequence, identity_, 0, {}});
  const auto response = t3 ? receive_general(PtpType::delay_resp, sequence) : std::nullopt;
  if (!response) return;
  const auto there = static_cast<std::int64_t>(sync.at - follow_up->time);
  const auto back = static_cast<std::int64_t>(response->time - *t3);
  steer((there - back) / 2, (there + back) / 2, follow_up->time, start);
}

void PtpNode::steer(std::int64_t offset, std::int64_t delay, std::uint64_t at, Time start) {
  const ServoAction action = servo_.sample(offset, at);
  result_.samples = servo_.samples();
  result_.servo_offset_ns = offset;
  result_.path_delay_ns = delay;
  look(start);
  stack::PtpClock& clock = *dev_->ptp_clock();
  if (action.step_ns != 0) {
    clock.adjtime(action.step_ns);
    ++result_.steps;
  }
  if (action.frequency && clock.adjfreq(*action.frequency) == 0) result_.frequency_ppb = *action.frequency;
  look(start);
}

/// What is true, for the report. Between two changes the offset moves in a straight line, so its extremes lie
/// at them.
void PtpNode::look(Time start) {
  const Time now = kernel_.now();
  if (now < start + app_.settle) return;
  const std::int64_t ahead = ahead_(now);
  result_.max_abs_offset_after_ns =
      std::max(result_.max_abs_offset_after_ns, static_cast<std::uint64_t>(ahead < 0 ? -ahead : ahead));
  ++result_.looks_after;
}

PtpResult PtpNode::result(Time end) const {
  PtpResult r = result_;
  r.offset_ns = ahead_(end);
  return r;
}

}  // namespace niclab::lab
