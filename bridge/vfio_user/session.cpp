#include "bridge/vfio_user/session.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace niclab::vfio_user {
namespace {

constexpr std::size_t kMaxAsked = 4096;  // requests of ours without an answer

/// An eventfd, and nothing whose write could wait or reach anybody else.
bool is_eventfd(int fd) {
  char name[64];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t n = readlink(link.c_str(), name, sizeof name);
  return n > 0 && std::string_view(name, static_cast<std::size_t>(n)) == "anon_inode:[eventfd]";
}

}  // namespace

Session::Session(UniqueFd socket, ServedFunction& function)
    : connection_(std::move(socket)), function_(function) {
  for (std::uint32_t i = 0; i < kIrqs; ++i) irqs_[i].resize(function_.vectors(i));
}

bool Session::over(std::string reason) {
  if (reason_.empty()) reason_ = std::move(reason);
  return false;
}

bool Session::flush() {
  if (!broken_ && connection_.flush()) return true;
  return over("the client does not read its answers");
}

bool Session::serve() {
  while (!broken_) {
    auto received = connection_.receive();
    if (std::holds_alternative<NotYet>(received)) return !broken_ || flush();
    if (std::holds_alternative<Gone>(received)) return over("the client closed the connection");
    if (auto* bad = std::get_if<Malformed>(&received)) return over(std::move(bad->reason));
    if (!handle(std::get<Message>(received))) return false;
  }
  return flush();
}

bool Session::handle(Message& m) {
  if (m.header.is_reply()) return handle_reply(m);
  ++counters_.requests;
  auto parsed = parse_request(m.header, m.body, m.fds.size());
  if (auto* bad = std::get_if<Malformed>(&parsed)) return over(std::move(bad->reason));
  const auto& request = std::get<Request>(parsed);
  if (!greeted_ && !std::holds_alternative<Version>(request))
    return over("command " + std::to_string(m.header.command) + " first, expected VERSION");
  return std::visit([&](const auto& r) { return on(m.header, r, m); }, request);
}

bool Session::answer(const Header& request, std::span<const std::byte> body) {
  if (request.wants_reply() && !connection_.send(reply(request, body))) broken_ = true;
  return true;
}

bool Session::refuse(const Header& request, int error) {
  if (request.wants_reply() && !connection_.send(error_reply(request, error))) broken_ = true;
  return true;
}

bool Session::on(const Header& h, const Version& v, Message& m) {
  if (greeted_) return over("VERSION a second time");
  if (v.major != 0) {
    refuse(h, EINVAL);
    return over("protocol version " + std::to_string(v.major) + ", expected 0");
  }
  if (!v.capabilities.empty()) {
    const auto json = nlohmann::json::parse(v.capabilities, nullptr, false);
    if (json.is_discarded() || !json.is_object()) return over("VERSION: capabilities are not a JSON object");
    if (const auto c = json.find("capabilities"); c != json.end() && c->is_object())
      if (const auto size = c->find("max_data_xfer_size"); size != c->end() && size->is_number_unsigned())
        max_transfer_ = static_cast<std::uint32_t>(
            std::clamp<std::uint64_t>(size->get<std::uint64_t>(), 64, kMaxTransfer));
  }
  greeted_ = true;
  Bytes body = version_body({0, 0, R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}})"});
  if (body.size() > m.body.size()) body.resize(4);  // an answer is not longer than the question
  return answer(h, body);
}

bool Session::on(const Header& h, const DmaMap& r, Message& m) {
  const int error = memory_.map(r, m.fds.empty() ? UniqueFd() : std::move(m.fds[0]));
  return error == 0 ? answer(h, {}) : refuse(h, error);
}

bool Session::on(const Header& h, const DmaUnmap& r, Message&) {
  const int error = memory_.unmap(r);
  return error == 0 ? answer(h, dma_unmap_body(r)) : refuse(h, error);
}

bool Session::on(const Header& h, const GetInfo&, Message&) { return answer(h, device_info_body()); }

bool Session::on(const Header& h, const GetRegionInfo& r, Message&) {
  if (r.index >= kRegions) return refuse(h, EINVAL);
  const auto region = function_.region(r.index);
  return answer(
      h, region_info_body(r.index, (region.readable ? 1 : 0) | (region.writable ? 2 : 0), region.size));
}

bool Session::on(const Header& h, const GetIrqInfo& r, Message&) {
  if (r.index >= kIrqs) return refuse(h, EINVAL);
  const std::uint32_t count = function_.vectors(r.index);
  constexpr std::uint32_t kEventfd = 1, kMaskable = 2, kAutomasked = 4;
  const std::uint32_t flags = r.index == kIntxIrq ? kEventfd | kMaskable | kAutomasked : kEventfd;
  return answer(h, irq_info_body(r.index, count == 0 ? 0 : flags, count));
}

bool Session::on(const Header& h, const SetIrqs& r, Message& m) {
  if (r.index >= kIrqs) return refuse(h, EINVAL);
  auto& vectors = irqs_[r.index];
  if (r.start > vectors.size() || r.count > vectors.size() - r.start) return refuse(h, EINVAL);
  const bool eventfds = (r.flags & set_irqs::DATA_EVENTFD) != 0, bools = (r.flags & set_irqs::DATA_BOOL) != 0;
  if ((r.flags & set_irqs::ACTION_TRIGGER) != 0) {
    if (r.count == 0) {
      if (eventfds || bools) return refuse(h, EINVAL);
      for (std::uint32_t v = 0; v < vectors.size(); ++v) {
        if (vectors[v].eventfd) bind(r.index, v, UniqueFd());
        vectors[v].pending = false;
      }
      if (r.index == kIntxIrq) intx_masked_ = false;
    }
    for (const UniqueFd& fd : m.fds)
      if (!is_eventfd(fd.get())) return over("DEVICE_SET_IRQS: a descriptor that is no eventfd");
    for (std::uint32_t i = 0; i < r.count; ++i) {
      if (eventfds)
        bind(r.index, r.start + i, m.fds.empty() ? UniqueFd() : std::move(m.fds[i]));
      else if (!bools || r.levels[i])
        deliver(r.index, r.start + i);
    }
    return answer(h, {});
  }
  if (r.index != kIntxIrq || eventfds) return refuse(h, EINVAL);
  const bool on = r.count != 0 && (!bools || r.levels[0]);
  if (on) intx_masked_ = (r.flags & set_irqs::ACTION_MASK) != 0;
  if (on) deliver_intx();
  return answer(h, {});
}

bool Session::inside(std::uint32_t region, std::uint64_t offset, std::uint64_t count, bool write) const {
  if (region >= kRegions || count == 0) return false;
  const auto r = function_.region(region);
  return (write ? r.writable : r.readable) && offset <= r.size && count <= r.size - offset;
}

bool Session::on(const Header& h, const RegionRead& r, Message&) {
  ++counters_.region_reads;
  if (!inside(r.region, r.offset, r.count, false)) return refuse(h, EINVAL);
  Bytes data(r.count);
  if (const int error = function_.read(r.region, r.offset, data); error != 0) return refuse(h, error);
  return answer(h, region_body(r.offset, r.region, r.count, data));
}

bool Session::on(const Header& h, const RegionWrite& r, Message&) {
  ++counters_.region_writes;
  const auto count = static_cast<std::uint32_t>(r.data.size());
  if (!inside(r.region, r.offset, count, true)) return refuse(h, EINVAL);
  if (const int error = function_.write(r.region, r.offset, r.data); error != 0) return refuse(h, error);
  return answer(h, region_body(r.offset, r.region, count));
}

bool Session::on(const Header& h, const Reset&, Message&) {
  function_.reset();
  return answer(h, {});
}

bool Session::on(const Header& h, const Unsupported&, Message&) { return refuse(h, ENOSYS); }

// --- requests of ours ----------------------------------------------------------------------------

std::uint16_t Session::ask(Command command, std::span<const std::byte> body, const Asked& what) {
  while (asked_.contains(next_id_)) ++next_id_;
  const std::uint16_t id = next_id_++;
  asked_.emplace(id, what);
  if (asked_.size() > kMaxAsked || !connection_.send(request(id, command, body))) broken_ = true;
  return id;
}

void Session::send_write(std::uint64_t iova, std::span<const std::byte> data) {
  while (!data.empty() && !broken_) {
    const auto part = data.first(std::min<std::size_t>(data.size(), max_transfer_));
    ++counters_.dma_write_messages;
    ordered_.push_back({.write = ask(Command::dma_write, dma_body(iova, part.size(), part), {})});
    data = data.subspan(part.size());
    iova += part.size();
  }
}

void Session::ask_read(std::uint64_t iova, std::uint32_t bytes, std::uint64_t token) {
  ++counters_.dma_read_messages;
  ask(Command::dma_read, dma_body(iova, bytes), {true, token, bytes});
}

bool Session::handle_reply(const Message& m) {
  const auto asked = asked_.find(m.header.id);
  if (asked == asked_.end()) return over("a reply to nothing we asked, id " + std::to_string(m.header.id));
  const Asked what = asked->second;
  asked_.erase(asked);
  if (what.read) {
    if (m.header.is_error()) {
      function_.dma_read_done(what.token, {});
    } else if (m.body.size() != std::size_t{16} + what.bytes) {
      return over("DMA_READ: a reply of " + std::to_string(m.body.size()) + " bytes, expected " +
                  std::to_string(16 + what.bytes));
    } else {
      function_.dma_read_done(what.token, std::span(m.body).subspan(16));
    }
    return true;
  }
  for (Ordered& o : ordered_)
    if (o.write == m.header.id) o.write.reset(), o.index = kIrqs;  // done; nothing is behind it but order
  deliver_ready();
  return true;
}

// --- interrupts ----------------------------------------------------------------------------------

void Session::deliver_ready() {
  while (!ordered_.empty() && !ordered_.front().write) {
    const Ordered o = ordered_.front();
    ordered_.pop_front();
    if (o.index < kIrqs) deliver(o.index, o.vector);
  }
}

void Session::bind(std::uint32_t index, std::uint32_t vector, UniqueFd fd) {
  Vector& v = irqs_[index][vector];
  v.eventfd = std::move(fd);
  if (index == kMsixIrq) function_.bound(vector, static_cast<bool>(v.eventfd));
  if (!v.eventfd) return;
  if (index == kIntxIrq) {
    intx_masked_ = false;
    deliver_intx();
  } else if (v.pending) {
    signal(v);
  }
}

void Session::signal(Vector& v) {
  v.pending = !v.eventfd;
  if (!v.eventfd) return;
  pollfd room{v.eventfd.get(), POLLOUT, 0};
  if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;  // it already says that there is one
  const std::uint64_t one = 1;
  if (write(v.eventfd.get(), &one, sizeof one) == sizeof one) ++counters_.interrupts;
}

void Session::deliver(std::uint32_t index, std::uint32_t vector) {
  if (vector < irqs_[index].size()) signal(irqs_[index][vector]);
}

void Session::trigger(std::uint32_t index, std::uint32_t vector) {
  if (ordered_.empty())
    deliver(index, vector);
  else
    ordered_.push_back({.write = {}, .index = index, .vector = vector});
}

void Session::deliver_intx() {
  if (!intx_ || intx_masked_ || irqs_[kIntxIrq].empty() || !irqs_[kIntxIrq][0].eventfd) return;
  intx_masked_ = true;
  trigger(kIntxIrq, 0);
}

void Session::set_intx(bool asserted) {
  intx_ = asserted;
  deliver_intx();
}

}  // namespace niclab::vfio_user
