#include "tests/peer/qtest/trial.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace niclab::peer {
namespace {

namespace qtest = bridge::qtest;

constexpr unsigned kFrames = 4096;
constexpr std::size_t kSmallest = 18, kLargest = 1472;  // payloads of frames of 60 and 1514 bytes
constexpr unsigned kPort = 7000, kRing = 80;
constexpr unsigned kFiltered = 8;     // frames of a group nobody joined, 96 bytes with their FCS
constexpr unsigned kPatience = 3000;  // ms of simulated time, and as many looks at QEMU

std::size_t size_of(std::uint32_t number) { return kSmallest + number * 37u % (kLargest - kSmallest + 1); }

qtest::Client connect(const std::string& socket) {
  return qtest::Client(qtest::wait_for_qemu(socket, qtest::Client::kPatienceMs));
}

sim::HostConfig host_config(const std::string& ram) {
  sim::HostConfig config;
  config.cpus = 2;
  config.memory_bytes = kRamSize;
  config.memory = {::open(ram.c_str(), O_RDWR | O_CLOEXEC), kRamOffset};  // for the life of the process
  if (config.memory.fd < 0) throw qtest::Error(ram + ": cannot be opened, expected the file of QEMU's RAM");
  return config;
}

Bytes ping_frame(std::uint16_t number, std::size_t size) {
  stack::IpFields fields;
  fields.protocol = stack::kIpProtoIcmp;
  return stack::ip_frame(fields, stack::icmp_message(8, 0, number, stack::pattern(size)));
}

std::string join(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

}  // namespace

Trial::Trial(const TrialOptions& options)
    : options_(options),
      client_(connect(options.socket)),
      kernel_(engine_, cost_, host_config(options.ram)),
      machine_(kernel_, client_, kRamOffset),
      pci_(machine_, client_, kCard, options.offer, kIntxLine),
      far_(options.wire_here, options.wire_there) {
  machine_.set_outside([this](Time t) {
    far_.look(t);
    if (!far_.idle()) machine_.be_quick();
  });
}

Trial::~Trial() {
  engine_.freeze();
  stack_.release_packets();
  adapter_.reset();
}

bool Trial::run() {
  kernel_.start(Time{});
  kernel_.spawn("judge", 0, [this] {
    judge();
    done_ = true;
  });
  for (Time t = Time{}; !done_; t += 10_ms) engine_.run_until(t);
  return all_hold_;
}

void Trial::check(bool holds, const std::string& name, const std::string& remark) {
  std::printf("@%s %s: %s\n", holds ? "ok" : "FAILED", name.c_str(), remark.c_str());
  std::fflush(stdout);
  all_hold_ &= holds;
}

bool Trial::within(unsigned ms, const std::function<bool()>& holds) {
  for (unsigned i = 0; i < ms; ++i) {
    if (holds()) return true;
    msleep(1);
    if (i > 100) ::usleep(100);
  }
  return holds();
}

std::string Trial::far_faults() const { return far_.faults().empty() ? "" : "; " + join(far_.faults()); }

void Trial::judge() {
  if (!probe() || !open()) return;
  const unsigned count = options_.offer == Offer::msix ? kFrames : kFrames / 8;
  transmit("transmit", count);
  transmit_tcp();
  receive("receive", count);
  damaged();
  overflow();
  ping();
  multicast();
  interrupts();
  if (options_.offer == Offer::msix) idle();
  rings();
  statistics();
  sizes();
  if (options_.offer == Offer::msix) jumbo();
  down_and_up();
  power();
  transmit("transmit at last", 64);
  receive("receive at last", 64);
  remove();
}

// --- bring-up ------------------------------------------------------------------------------------

bool Trial::probe() {
  igb::IgbConfig config;
  config.queues = 2;
  config.rx_ring = config.tx_ring = kRing;
  igb::ProbeResult result = igb::igb_probe(pci_, watch_, "eth0", config);
  adapter_ = std::move(result.adapter);
  check(result.error == 0, "probe",
        result.error == 0 ? kernel_.kernel_log().back().text
                          : std::to_string(result.error) + " " + result.reason);
  if (!adapter_) return false;
  std::array<std::uint8_t, 6> nvm{};
  const bool read = adapter_->get_eeprom(0, nvm) == 0;
  check(read && adapter_->dev_addr == stack::kHostMac && nvm == stack::kHostMac.octets, "mac",
        adapter_->dev_addr.to_string() + " in RAL and NVM");
  return true;
}

bool Trial::open() {
  stack_.add_address(*adapter_, {stack::kHost, 24});
  const Time before = kernel_.now();
  const int error = stack_.dev_open(*adapter_);
  const bool up = error == 0 && within(2 * kPatience, [&] { return adapter_->carrier; });
  const igb::LinkState link = adapter_->link();
  check(up && link.speed == 1000 && link.full_duplex, "link",
        std::to_string(link.speed) + " Mb/s after " +
            std::to_string((kernel_.now() - before).ns() / 1'000'000) + " ms");
  return up;
}

// --- frames --------------------------------------------------------------------------------------

void Trial::transmit(const std::string& name, unsigned count) {
  far_.clear();
  std::array<stack::UdpSocket*, 4> sockets{};  // so many flows, on both queues
  for (auto& s : sockets) s = &stack_.socket();
  const stack::Endpoint to{stack::kPeer, kPort};
  unsigned errors = 0;
  sockets[0]->sendto(numbered(0, size_of(0)), &to);  // the others wait for the answer to its ARP request
  within(kPatience, [&] { return !far_.good().empty(); });
  for (std::uint32_t i = 1; i < count; ++i)
    errors += sockets[i % sockets.size()]->sendto(numbered(i, size_of(i)), &to) < 0;
  within(kPatience, [&] { return far_.good().size() >= count; });
  for (auto* s : sockets) s->close();
  bool sizes = true;
  for (const auto& [number, size] : far_.good()) sizes &= size == size_of(number);
  check(errors == 0 && sizes && far_.good().size() == count && far_.faults().empty(), name,
        std::to_string(far_.good().size()) + " of " + std::to_string(count) + " UDP datagrams, frames of " +
            std::to_string(far_.shortest) + " to " + std::to_string(far_.longest) +
            " bytes, contents and checksums right" + far_faults());
}

/// A segment as TCP would hand it down: its checksum field holds the pseudo header's sum.
void Trial::send_segment(std::uint32_t number, std::size_t size) {
  const Bytes data = numbered(number, size);
  Bytes segment(20);
  store_be16(segment.data(), 5000);
  store_be16(segment.data() + 2, 7);
  store_be32(segment.data() + 4, number);
  segment[12] = std::byte{5 << 4};
  segment[13] = std::byte{0x10};
  segment.insert(segment.end(), data.begin(), data.end());
  const auto length = static_cast<std::uint16_t>(segment.size());
  store_be16(segment.data() + 16,
             ipv4_pseudo_header(stack::kHost, stack::kPeer, stack::kIpProtoTcp, length).partial());
  stack::IpFields fields;
  fields.source = stack::kHost;
  fields.destination = stack::kPeer;
  fields.protocol = stack::kIpProtoTcp;
  const Bytes frame =
      stack::ethernet(stack::kPeerMac, stack::kHostMac, stack::kEthPIp, stack::ip_packet(fields, segment));

  stack::SkbPtr skb = stack_.skb_pool().alloc(static_cast<std::uint32_t>(frame.size()) + 64);
  skb->reserve(64);
  std::copy(frame.begin(), frame.end(), skb->put(static_cast<std::uint32_t>(frame.size())));
  skb->protocol = stack::kEthPIp;
  skb->network_header = static_cast<std::uint16_t>(skb->offset() + 14);
  skb->csum_start = static_cast<std::uint16_t>(skb->offset() + 34);
  skb->csum_offset = 16;
  skb->ip_summed = stack::IpSummed::partial;
  const BhGuard guard(kernel_);
  adapter_->ndo_start_xmit(skb);
}

void Trial::transmit_tcp() {
  far_.clear();
  constexpr unsigned kSegments = 64;
  for (std::uint32_t i = 0; i < kSegments; ++i) {
    send_segment(i, 20 + 22 * i);
    if (i % 8 == 7) msleep(1);
  }
  within(kPatience, [&] { return far_.good().size() >= kSegments; });
  check(far_.good().size() == kSegments && far_.faults().empty(), "tcp",
        std::to_string(far_.good().size()) + " of 64 segments with the card's checksum" + far_faults());
}

void Trial::receive(const std::string& name, unsigned count) {
  stack::UdpSocket& socket = stack_.socket();
  socket.bind({{}, kPort});
  watch_.clear();
  unsigned good = 0, other = 0;
  std::vector<bool> seen(count);
  Bytes buffer(2048);
  for (std::uint32_t i = 0; i < count; ++i) {  // from four hosts, by whose addresses RSS chooses a queue
    const Ipv4Address from{stack::kPeer.value + i % 4};
    far_.send(stack::udp_frame(kPort, numbered(i, size_of(i)), stack::kHost, 4000, from));
  }
  while (good + other < count) {
    const int n = socket.recvfrom(buffer, nullptr, 0, kernel_.now() + Duration::from_ms(kPatience));
    if (n < 0) break;
    const Bytes got(buffer.begin(), buffer.begin() + n);
    const std::uint32_t number = got.size() < 4 ? count : load_be32(got.data());
    const bool right = number < count && !seen[number] && got == numbered(number, size_of(number));
    if (right) seen[number] = true;
    ++(right ? good : other);
  }
  socket.close();
  const unsigned verified = watch_.summed[static_cast<unsigned>(stack::IpSummed::unnecessary)];
  check(good == count && other == 0, name,
        std::to_string(good) + " of " + std::to_string(count) +
            " UDP datagrams of frames of 60 to 1514 bytes, contents right");
  check(verified == count, name + " checksums",
        std::to_string(verified) + " frames with a checksum the card found right");
}

// Fact base 2.7.5, 3.3: L4E and IPE; the frame goes up, the stack decides.
void Trial::damaged() {
  constexpr unsigned kEach = 16;
  adapter_->ndo_get_stats64();
  const auto errors = [this] {
    std::uint64_t n = 0;
    for (unsigned q = 0; q < adapter_->num_queues(); ++q) n += adapter_->rx_ring(q).stats.csum_err;
    return n;
  };
  const std::uint64_t before = errors();
  watch_.clear();
  for (std::uint32_t i = 0; i < 3 * kEach; ++i) {
    Bytes frame = stack::udp_frame(kPort, numbered(i, 100));
    if (i % 3 == 0) frame[14 + 20 + 6] ^= std::byte{0x55};      // UDP checksum
    if (i % 3 == 1) frame[14 + 10] ^= std::byte{0x55};          // IP header checksum
    if (i % 3 == 2) store_be16(frame.data() + 14 + 20 + 6, 0);  // none
    far_.send(std::move(frame));
  }
  const auto none = [this] { return watch_.summed[static_cast<unsigned>(stack::IpSummed::none)]; };
  within(kPatience, [&] { return none() >= 3 * kEach; });
  check(none() == 3 * kEach && errors() - before == 2 * kEach, "damaged",
        std::to_string(errors() - before) + " wrong UDP or IP checksums found by the card, and " +
            std::to_string(none()) + " frames left to the stack (with 16 that have none)");
}

// Fact base 2.7.3, 4.10: a queue that runs dry drops (DROP_EN) and counts what it dropped.
void Trial::overflow() {
  adapter_->ndo_get_stats64();
  const auto drops = [this] {
    std::uint64_t n = 0;
    for (unsigned q = 0; q < adapter_->num_queues(); ++q) n += adapter_->rx_ring(q).stats.drops;
    return n;
  };
  constexpr unsigned kBurst = 2000;
  const std::uint64_t before = drops();
  watch_.clear();
  const Duration pace = std::exchange(far_.pace, Duration{});
  for (std::uint32_t i = 0; i < kBurst; ++i) far_.send(stack::udp_frame(kPort, numbered(i, 18)));
  {
    const BhGuard nobody_polls(kernel_);
    for (unsigned i = 0; i < kPatience && !far_.idle(); ++i) {
      kernel_.charge(1_ms);
      kernel_.sync();
    }
  }
  far_.pace = pace;
  msleep(50);
  adapter_->ndo_get_stats64();
  const std::uint64_t dropped = drops() - before;
  const unsigned up = watch_.summed[0] + watch_.summed[1];
  lost_ += kBurst - up;
  // QEMU counts none of them.
  const bool counted = up + dropped == kBurst || dropped == 0;
  const bool lossy = adapter_->num_queues() > 1;  // with one queue there is no DROP_EN: the wire waits
  check(lossy ? up >= kRing - 1 && up < kBurst && counted : up == kBurst, "overflow",
        std::to_string(up) + " of 2000 frames received while nobody polled, " + std::to_string(dropped) +
            " counted as dropped");
}

void Trial::ping() {
  far_.clear();
  const unsigned before = far_.echo_replies;
  for (std::uint16_t i = 0; i < 64; ++i) {
    far_.send(ping_frame(i, 23u * i));
    msleep(2);
  }
  within(kPatience, [&] { return far_.echo_replies - before >= 64; });
  check(far_.echo_replies - before == 64 && far_.faults().empty(), "ping",
        std::to_string(far_.echo_replies - before) + " of 64 requests of 0 to 1449 bytes answered" +
            far_faults());
}

// Fact base 2.7.11: the hash of a group that was joined lets its frames in.
void Trial::multicast() {
  constexpr Ipv4Address kOther{0xEF0A0B0C};
  stack::UdpSocket& socket = stack_.socket();
  socket.bind({{}, kPort});
  socket.join_group(stack::kGroup, stack::kHost);
  watch_.clear();
  for (unsigned i = 0; i < kFiltered; ++i) {
    for (const Ipv4Address group : {stack::kGroup, kOther})
      far_.send(stack::udp_frame(kPort, numbered(i, 50), group));
  }
  Bytes buffer(128);
  unsigned got = 0;
  while (got < 8 && socket.recvfrom(buffer, nullptr, 0, kernel_.now() + 500_ms) > 0) ++got;
  msleep(20);
  socket.close();
  const unsigned up = watch_.summed[0] + watch_.summed[1];
  check(got == 8 && up == 8, "multicast",
        std::to_string(got) + " of 8 to a joined group, " + std::to_string(up) + " of 16 passed the filter");
}

void Trial::jumbo() {
  const int error = stack_.dev_set_mtu(*adapter_, 9000);
  const bool up = within(2 * kPatience, [&] { return adapter_->carrier; });
  msleep(10);
  constexpr unsigned kDatagrams = 32;
  far_.clear();
  stack::UdpSocket& socket = stack_.socket();
  socket.bind({{}, kPort});
  const stack::Endpoint to{stack::kPeer, kPort};
  unsigned sent = 0, got = 0;
  const auto jumbo_size = [](std::uint32_t i) { return 1500 + 241 * i; };  // to 8971
  for (std::uint32_t i = 0; i < kDatagrams; ++i) {
    sent += socket.sendto(numbered(i, jumbo_size(i)), &to) > 0;
    far_.send(stack::udp_frame(kPort, numbered(i, jumbo_size(i))));
    Bytes buffer(10000);
    const int n = socket.recvfrom(buffer, nullptr, 0, kernel_.now() + 500_ms);
    buffer.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    got += buffer == numbered(i, jumbo_size(i));
  }
  within(kPatience, [&] { return far_.good().size() >= kDatagrams; });
  socket.close();
  check(error == 0 && up && sent == kDatagrams && got == kDatagrams && far_.good().size() == kDatagrams &&
            far_.faults().empty(),
        "jumbo",
        "MTU 9000: " + std::to_string(far_.good().size()) + " and " + std::to_string(got) +
            " of 32 datagrams of 1500 to 8971 bytes" + far_faults());
  stack_.dev_set_mtu(*adapter_, 1500);
  within(2 * kPatience, [&] { return adapter_->carrier; });
}

// --- what was counted ----------------------------------------------------------------------------

void Trial::interrupts() {
  std::string counts;
  bool all = true;
  const unsigned vectors =
      options_.offer == Offer::msix ? 1 + static_cast<unsigned>(adapter_->q_vectors().size()) : 1;
  for (unsigned v = 0; v < vectors; ++v) {
    all &= pci_.interrupts(v) > 0;
    counts += (v == 0 ? "" : ", ") + std::to_string(pci_.interrupts(v));
  }
  for (unsigned v = vectors; v < 10; ++v) all &= pci_.interrupts(v) == 0;
  const bool right = adapter_->msix_enabled() == (options_.offer == Offer::msix);
  check(all && right, "interrupts", counts + " by vector");
}

// The watchdog's software interrupts keep all vectors alive: EICS, every two seconds.
void Trial::idle() {
  constexpr unsigned kSeconds = 10, kWatchdogs = kSeconds / 2;
  const unsigned vectors = static_cast<unsigned>(adapter_->q_vectors().size());
  std::vector<std::uint64_t> before;
  for (unsigned v = 1; v <= vectors; ++v) before.push_back(pci_.interrupts(v));
  msleep(1000 * kSeconds);
  bool all = true;
  std::string counts;
  for (unsigned v = 1; v <= vectors; ++v) {
    const std::uint64_t n = pci_.interrupts(v) - before[v - 1];
    all &= n >= kWatchdogs - 1 && n <= 4 * kWatchdogs;
    counts += (v == 1 ? "" : ", ") + std::to_string(n);
  }
  check(all, "idle",
        "ten seconds, five software interrupts of the watchdog: " + counts + " messages by vector");
}

void Trial::rings() {
  std::string turns;
  bool all = true;
  for (unsigned q = 0; q < adapter_->num_queues(); ++q) {
    const std::uint64_t tx = adapter_->tx_ring(q).stats.packets, rx = adapter_->rx_ring(q).stats.packets;
    all &= adapter_->tx_ring(q).count == kRing && adapter_->rx_ring(q).count == kRing && tx > 4 * kRing &&
           rx > 2 * kRing;
    turns += (q == 0 ? "" : "; ") + std::string("queue ") + std::to_string(q) + ": " + std::to_string(tx) +
             " sent, " + std::to_string(rx) + " received";
  }
  check(all, "rings", "of 80 descriptors, wrapped: " + turns);
}

// The card's counters against what passed the wire since the interface went up.
void Trial::statistics() {
  within(100, [&] { return far_.idle(); });
  msleep(20);
  adapter_->ndo_get_stats64();
  struct Row {
    std::string name;
    std::uint64_t card, wire;
  };
  const igb::HwStats& hw = adapter_->hw_stats();
  const FarEnd::Traffic &tx = far_.received, &rx = far_.sent;
  // What arrives between the reads of GORCL and GORCH is cleared uncounted.
  const std::uint64_t bytes = rx.bytes - kFiltered * 96 - 64 * lost_;
  const auto near = [](std::uint64_t card, std::uint64_t wire) {
    return card <= wire && wire - card < 4096 ? wire : card;
  };
  const std::vector<Row> rows{{"received", hw.gprc, rx.frames - kFiltered - lost_},
                              {"bytes received", near(hw.gorc, bytes), bytes},
                              {"multicasts received", hw.mprc, rx.multicast - kFiltered},
                              {"broadcasts received", hw.bprc, rx.broadcast},
                              {"sent", hw.gptc, tx.frames},
                              {"bytes sent", hw.gotc, tx.bytes},
                              {"multicasts sent", hw.mptc, tx.multicast},
                              {"broadcasts sent", hw.bptc, tx.broadcast},
                              {"CRC errors", hw.crcerrs, 0},
                              {"missed", hw.mpc, 0}};
  std::vector<std::string> wrong;
  for (const Row& row : rows)
    if (row.card != row.wire)
      wrong.push_back(row.name + ": the card says " + std::to_string(row.card) + ", the wire " +
                      std::to_string(row.wire));
  check(wrong.empty(), "statistics",
        wrong.empty() ? std::to_string(rows.size()) + " counters agree with the wire: " +
                            std::to_string(hw.gprc) + " frames received, " + std::to_string(hw.gptc) + " sent"
                      : join(wrong));
}

// PRC64 to PRC1522 and PTC64 to PTC1522: of 64 bytes with FCS, of up to 127, and so on (fact base 2.12.1).
void Trial::sizes() {
  using Histogram = std::array<std::uint64_t, 6>;
  const auto bucket = [](std::size_t size) {
    constexpr std::array<std::size_t, 5> kUpTo{64, 127, 255, 511, 1023};
    return static_cast<std::size_t>(std::lower_bound(kUpTo.begin(), kUpTo.end(), size) - kUpTo.begin());
  };
  const auto histogram = [&](const std::map<std::size_t, std::uint64_t>& sizes, std::size_t fcs,
                             bool short_ones) {
    Histogram h{};
    for (const auto& [size, frames] : sizes)
      if (short_ones || size + fcs >= 64) h.at(bucket(size + fcs)) += frames;
    return h;
  };
  const igb::HwStats& hw = adapter_->hw_stats();
  const Histogram received{hw.prc64, hw.prc127, hw.prc255, hw.prc511, hw.prc1023, hw.prc1522};
  const Histogram sent{hw.ptc64, hw.ptc127, hw.ptc255, hw.ptc511, hw.ptc1023, hw.ptc1522};
  auto rx = far_.sent.sizes;
  rx[60] -= lost_;
  rx[92] -= kFiltered;
  const bool right = received == histogram(rx, 4, true) && sent == histogram(far_.received.sizes, 4, true);
  const bool as_qemu_counts =
      received == histogram(rx, 0, false) && sent == histogram(far_.received.sizes, 4, false);
  check(right || as_qemu_counts, "sizes",
        right ? "counted with their FCS"
        : as_qemu_counts
            ? "counted by QEMU's rule: received frames without their FCS, nothing shorter than 64 bytes"
            : "counted by no known rule");
}

// --- down, up, away ------------------------------------------------------------------------------

void Trial::down_and_up() {
  bool all = true;
  for (unsigned i = 0; i < 3; ++i) {
    all &= stack_.dev_close(*adapter_) == 0 && !adapter_->carrier && pci_.mappings() == 0;
    all &= stack_.dev_open(*adapter_) == 0 && within(2 * kPatience, [&] { return adapter_->carrier; });
  }
  check(all, "down_up", "three times; no mapping is left when the interface is down");
  transmit("transmit after", 256);
  receive("receive after", 256);
}

// Fact base 4.9, 4.14: to D3hot and back, and a function-level reset, under an open interface.
void Trial::power() {
  const auto up = [this] { return adapter_->carrier; };
  const int suspended = adapter_->igb_suspend();
  const bool asleep = pci_.mappings() == 0 && (pci_.config_read16(0x44) & 3) == 3;
  const int resumed = adapter_->igb_resume();
  const bool awake = within(2 * kPatience, up);
  check(suspended == 0 && asleep && resumed == 0 && awake, "suspend",
        "D3hot and back, " + std::to_string(adapter_->link().speed) + " Mb/s");
  const int reset = adapter_->pci_reset_function();
  const bool back = within(2 * kPatience, up);
  check(reset == 0 && back, "function reset", std::to_string(adapter_->link().speed) + " Mb/s");
}

void Trial::remove() {
  adapter_->igb_remove();
  msleep(1);
  adapter_.reset();
  check(pci_.mappings() == 0 && pci_.dma_faults() == 0, "remove",
        std::to_string(pci_.mappings()) + " mappings left, " + std::to_string(pci_.dma_faults()) + " faults");
  std::vector<std::string> bad;
  for (const auto& line : kernel_.kernel_log())
    for (const char* word : {"Reset adapter", "Hang", "Hardware Error", "failed", "link lost"})
      if (line.text.find(word) != std::string::npos) bad.push_back(line.text);
  check(bad.empty(), "log",
        bad.empty() ? std::to_string(machine_.accesses()) + " accesses, " +
                          std::to_string(kernel_.now().ns() / 1'000'000) + " ms simulated"
                    : join(bad));
}

}  // namespace niclab::peer
