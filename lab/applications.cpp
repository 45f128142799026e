#include "lab/applications.hpp"

#include <cstring>

#include "base/bytes.hpp"
#include "base/exponential.hpp"

namespace niclab::lab {
namespace {

constexpr std::size_t kLargestDatagram = 65507;

const char* name_of(AppKind kind) {
  switch (kind) {
    case AppKind::echo: return "echo";
    case AppKind::sink: return "sink";
    case AppKind::send: return "send";
    case AppKind::request: return "request";
    case AppKind::ptp_master: return "ptp_master";
    case AppKind::ptp_slave: return "ptp_slave";
  }
  return "app";
}

}  // namespace

Application::Application(const App& app, std::uint64_t seed, sim::HostKernel& kernel, stack::NetStack& stack,
                         std::function<Time()> start_line, std::function<void()> ready,
                         LatencyRecorder& round_trip, std::unique_ptr<PtpNode> ptp)
    : app_(app),
      seed_(seed),
      kernel_(kernel),
      stack_(stack),
      start_line_(std::move(start_line)),
      ready_(std::move(ready)),
      round_trip_(round_trip),
      ptp_(std::move(ptp)),
      buffer_(kLargestDatagram) {
  for (std::size_t i = 0; i < buffer_.size(); ++i) buffer_[i] = static_cast<std::byte>(i);
  kernel_.spawn(std::string(name_of(app.kind)) + ":" + std::to_string(app.port), app.cpu, [this] { run(); });
}

void Application::run_ptp() {
  if (const std::string failure = ptp_->open(); !failure.empty())
    error_ = std::string(name_of(app_.kind)) + " on " + ptp_->if_name() + ": " + failure;
  state_ = error_.empty() ? AppState::ready : AppState::failed;
  ready_();
  if (!error_.empty()) return;
  wait_for_start();
  if (!ptp_->is_slave()) kernel_.spawn("ptp_master:delay_resp", app_.cpu, [this] { ptp_->answer(); });
  ptp_->run(start_line_() + app_.start);
}

void Application::run() {
  if (ptp_) return run_ptp();
  stack::UdpSocket& socket = stack_.socket();
  const bool opened = open(socket);
  state_ = opened ? AppState::ready : AppState::failed;
  ready_();
  if (!opened) return;
  wait_for_start();
  switch (app_.kind) {
    case AppKind::echo: echo(socket, true); break;
    case AppKind::sink: echo(socket, false); break;
    case AppKind::send: send(socket); break;
    case AppKind::request: request(socket); break;
    case AppKind::ptp_master:
    case AppKind::ptp_slave: break;
  }
  socket.close();
  state_ = AppState::finished;
}

bool Application::open(stack::UdpSocket& socket) {
  const auto step = [&](const char* what, int result) {
    if (result >= 0) return true;
    const std::string where = app_.port != 0
                                  ? " on port " + std::to_string(app_.port)
                                  : " to " + app_.to.address.to_string() + ":" + std::to_string(app_.to.port);
    error_ = std::string(name_of(app_.kind)) + where + ": " + what + ": " + std::strerror(-result);
    return false;
  };
  if (app_.group && !step("SO_REUSEADDR", socket.setsockopt(stack::SocketOption::so_reuseaddr, 1)))
    return false;
  if (app_.port != 0 && !step("bind", socket.bind({{}, app_.port}))) return false;
  if (app_.rcvbuf &&
      !step("SO_RCVBUF", socket.setsockopt(stack::SocketOption::so_rcvbuf, static_cast<int>(*app_.rcvbuf))))
    return false;
  if (app_.sndbuf &&
      !step("SO_SNDBUF", socket.setsockopt(stack::SocketOption::so_sndbuf, static_cast<int>(*app_.sndbuf))))
    return false;
  if (app_.group)
    for (const auto& d : stack_.routes().devices())
      if (!step("IP_ADD_MEMBERSHIP", socket.join_group(*app_.group, d->addresses.front().address)))
        return false;
  if (app_.kind == AppKind::request && !step("connect", socket.connect({app_.to.address, app_.to.port})))
    return false;
  return true;
}

void Application::wait_for_start() {
  while (start_line_() == Time::never()) kernel_.sleep_until(kernel_.now() + 1_ms);
  kernel_.sleep_until(start_line_() + app_.start);
}

void Application::echo(stack::UdpSocket& socket, bool answer) {
  for (;;) {
    stack::Endpoint from;
    const int n = socket.recvfrom(buffer_, &from);
    if (n < 0) continue;
    kernel_.charge(app_.work);
    if (answer) socket.sendto({buffer_.data(), static_cast<std::size_t>(n)}, &from);
  }
}

void Application::send(stack::UdpSocket& socket) {
  const stack::Endpoint to{app_.to.address, app_.to.port};
  const std::span<std::byte> payload(buffer_.data(), app_.size);
  Time next = start_line_() + app_.start;
  std::optional<ExponentialGaps> gaps;
  if (app_.arrivals == Arrivals::poisson) {
    gaps.emplace(*app_.interval, seed_);
    next += gaps->next();
    kernel_.sleep_until(next);
  }
  for (std::uint64_t sent = 0; more(sent);) {
    for (unsigned i = 0; i < app_.burst && more(sent); ++i, ++sent) {
      if (payload.size() >= 8) store_le(payload.data(), sent);
      socket.sendto(payload, &to);
    }
    if (!app_.interval) continue;
    next += gaps ? gaps->next() : *app_.interval;
    kernel_.sleep_until(next);
  }
}

void Application::request(stack::UdpSocket& socket) {
  std::vector<std::byte> answer(kLargestDatagram);
  for (std::uint64_t sent = 0; more(sent); ++sent) {
    const std::span<std::byte> payload(buffer_.data(), app_.size);
    if (payload.size() >= 8) store_le(payload.data(), sent);
    const Time begin = kernel_.now();
    if (socket.send(payload) < 0) {
      kernel_.sleep_until(begin + app_.timeout);
      continue;
    }
    const int n = socket.recvfrom(answer, nullptr, 0, begin + app_.timeout);
    if (n >= 0) round_trip_.add(kernel_.now() - begin);
    if (app_.interval) kernel_.sleep_until(kernel_.now() + *app_.interval);
  }
}

}  // namespace niclab::lab
