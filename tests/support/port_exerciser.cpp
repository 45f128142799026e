#include "tests/support/port_exerciser.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"
#include "tlm/i350/quirks.hpp"

namespace niclab::test {

using namespace hw;

namespace {

constexpr MacAddress kMac{{2, 0, 0, 0, 0, 1}};

/// A card of which documents are read in another way here and there.
sim::I350Quirks some_quirks(Choices& choices, bool blocks_too) {
  sim::I350Quirks quirks;
  if (choices.one_in(2)) return quirks;
  for (const sim::Quirk& q : sim::quirk_table()) {
    if (blocks_too && q.key == "descriptor_cache") continue;  // no reading of the RTL's
    if (choices.one_in(6)) q.choose(quirks, choices.below(static_cast<std::uint32_t>(q.readings.size())));
  }
  return quirks;
}

sim::I350FunctionConfig function_config(const PortExerciser::Options& o, Choices& choices) {
  sim::I350FunctionConfig c;
  c.quirks = some_quirks(choices, o.blocks_too);
  c.mac = kMac;
  c.negotiation = 1_us;
  c.name = "port";
  c.fidelity = o.fidelity;
  c.rtl = o.rtl;
  if (choices.one_in(4)) c.clock_ppb = static_cast<std::int64_t>(choices.below(2'000'001)) - 1'000'000;
  return c;
}

/// Registers for which any value at any time is lawful, as far as rings and the bus are concerned.
std::vector<reg::Offset> free_registers() {
  using enum reg::Chapter;
  const std::set<std::string_view> not_these{"CTRL", "PHPM", "MDIC", "TDWBAL", "TDWBAH"};
  std::vector<reg::Offset> all;
  for (const reg::Register& r : reg::registers()) {
    if (r.status == reg::Status::omitted || not_these.contains(r.name)) continue;
    const bool ring = (r.chapter == receive_queues || r.chapter == transmit) && r.count == reg::kQueues &&
                      r.name != "RXCTL" && r.name != "TXCTL" && r.name != "DVMOLR" && r.name != "PSRTYPE";
    if (ring || r.chapter == power) continue;
    for (unsigned i = 0; i<r.count; i += r.count> 32 ? 9 : 1) all.push_back(r.at(i));
  }
  return all;
}

}  // namespace

PortExerciser::PortExerciser(Choices& choices, std::span<std::byte> memory, const Options& options)
    : choices_(choices),
      memory_(memory),
      options_(options),
      engine_(options.eager),
      nvm_(Nvm::make_default(kMac)),
      bus_(engine_, *this, choices.word()),
      function_(engine_, bus_, frames_, nvm_, semaphores_, 0, 0, function_config(options, choices)),
      registers_(free_registers()) {
  bus_.attach(function_);
  function_.power_on(now_);
  SplitMix64 random(1);
  for (std::size_t i = 0; i < kTxDataBytes; i += 8) {
    const std::uint64_t v = random.next();
    std::memcpy(at(tx_data() + i), &v, 8);
  }
  if (choices_.one_in(4)) bus_.refuse_one_in(choices_.one_in(4) ? 20 : 200);
  set_up_configuration();
  write(reg::CTRL, read(reg::CTRL) | reg::ctrl::SLU);
  pass(2_us);
}

// --- the law of memory ---------------------------------------------------------------------------

void PortExerciser::check_descriptors(const Ring& r, std::uint64_t address, std::uint32_t length,
                                      const char* what) const {
  const auto fail = [&](const char* why) {
    throw Violation(std::string(what) + " of " + std::to_string(length) + " B at ring offset " +
                    std::to_string(static_cast<std::int64_t>(address - r.base)) + ": " + why + " (clean " +
                    std::to_string(r.clean) + ", tail " + std::to_string(r.told) + ", length " +
                    std::to_string(r.length) + ")");
  };
  if (!r.ever || address < r.base || address + length > r.base + r.length * kDescriptorBytes)
    fail("outside the ring");
  if (address % kDescriptorBytes != 0 || length % kDescriptorBytes != 0) fail("not whole descriptors");
  if (!r.enabled) return;  // on their way when the queue was switched off
  const auto first = static_cast<unsigned>((address - r.base) / kDescriptorBytes);
  const auto count = static_cast<unsigned>(length / kDescriptorBytes);
  if (r.distance(r.clean, first) + count > r.given_away()) fail("not the card's");
}

std::byte* PortExerciser::readable(std::uint64_t address, std::uint32_t length, sim::ReadTag tag) {
  switch (tag.kind) {
    case sim::ReadKind::rx_descriptors:
      check_descriptors(rx_[tag.queue], address, length, "receive descriptor read");
      break;
    case sim::ReadKind::tx_descriptors:
      check_descriptors(tx_[tag.queue], address, length, "transmit descriptor read");
      break;
    case sim::ReadKind::tx_payload:
      if (address < tx_data() || address + length > tx_data() + kTxDataBytes)
        throw Violation("a payload read outside every buffer");
      break;
  }
  return at(address);
}

void PortExerciser::check_buffer(unsigned q, std::uint64_t in_queue, std::uint32_t length) const {
  const RxRing& r = rx_[q];
  const bool header = in_queue < kPackets;
  const std::uint64_t in_area = in_queue - (header ? kHeaders : kPackets);
  const std::uint32_t room = header ? kHeaderBytes : kPacketBytes;
  const auto buffer = static_cast<unsigned>(in_area / room);
  if (buffer >= kBuffers) throw Violation("a frame written outside every buffer");
  const std::uint64_t low = header ? 0 : r.offset_of[buffer], size = header ? kHeaderBytes : r.buffer_bytes;
  const std::uint64_t in_room = in_area % room;
  if (in_room < low || in_room + length > low + size)
    throw Violation("queue " + std::to_string(q) + ": a frame written beyond its buffer: offset " +
                    std::to_string(in_room) + ", " + std::to_string(length) + " B");
  if (r.enabled && !r.given[buffer])
    throw Violation("queue " + std::to_string(q) + ": a frame written into a buffer that is not the card's");
}

std::byte* PortExerciser::writable(std::uint64_t address, std::uint32_t length, bool frame) {
  if (address < kBase || address + length > kBase + kMemory)
    throw Violation("a write of " + std::to_string(length) + " B outside all memory, at " +
                    std::to_string(address));
  if (address >= messages()) {
    if (frame || length != 4) throw Violation("something else than a message written to a message's address");
    return at(address);
  }
  if (address >= tx_data()) throw Violation("a write into transmit data");
  const auto q = static_cast<unsigned>((address - kBase) / kQueueBytes);
  const std::uint64_t in_queue = (address - kBase) % kQueueBytes;
  if (in_queue >= kHeaders) {
    if (!frame) throw Violation("something else than a frame written into a buffer");
    check_buffer(q, in_queue, length);
  } else if (frame) {
    throw Violation("a frame written over descriptors");
  } else if (in_queue >= kHeadWriteback) {
    if (!tx_[q].head_writeback || length != 4 || in_queue != kHeadWriteback)
      throw Violation("a stray head write-back");
  } else if (in_queue >= kTxRing) {
    const std::uint64_t whole = address / kDescriptorBytes * kDescriptorBytes;
    const bool status_byte = length == 1 && address == whole + 12;
    for (std::uint64_t d = whole; tx_[q].enabled && d < address + length; d += kDescriptorBytes)
      if (((Descriptor::load(at(d)).dw[2] & txd::DEXT) == 0) != status_byte)
        throw Violation("a write-back of the other kind of descriptor, or a second one");
    check_descriptors(tx_[q], status_byte ? whole : address, status_byte ? kDescriptorBytes : length,
                      "transmit write-back");
    if (tx_[q].enabled && tx_[q].head_writeback) throw Violation("descriptors written back beside the head");
  } else {
    check_descriptors(rx_[q], address, length, "receive write-back");
  }
  return at(address);
}

/// A receive descriptor that is done gives its buffer back.
void PortExerciser::written(std::uint64_t address, std::uint32_t length) {
  const auto q = static_cast<unsigned>((address - kBase) / kQueueBytes);
  if (q >= reg::kQueues || (address - kBase) % kQueueBytes >= kTxRing || !rx_[q].enabled) return;
  RxRing& r = rx_[q];
  for (std::uint32_t i = 0; i < length; i += kDescriptorBytes) {
    const auto index = static_cast<unsigned>((address + i - r.base) / kDescriptorBytes);
    bool& given = r.given[r.buffer_of[index]];
    if (!given) throw Violation("queue " + std::to_string(q) + ": a receive descriptor is completed twice");
    given = false;
  }
}

// --- software ------------------------------------------------------------------------------------

void PortExerciser::write(reg::Offset offset, std::uint32_t value) {
  ++writes_;
  if (options_.tell) {
    const auto r = reg::find(offset);
    std::fprintf(stderr, "%llu ns %s[%u] = %08x\n", static_cast<unsigned long long>(now_.ns()),
                 r ? std::string(r->row->name).c_str() : "?", r ? r->index : offset, value);
  }
  if (offset == reg::RCTL && reg::rctl::LBM.get(value) != 0) looped_ = true;
  function_.write_csr(offset, value, now_);
  pass(kDeviceClock);  // no two requests arrive in one clock
}

std::uint32_t PortExerciser::read(reg::Offset offset) {
  const std::uint32_t value = function_.read_csr(offset, now_);
  pass(kDeviceClock);
  return value;
}

void PortExerciser::config(std::uint16_t offset, std::uint32_t value, unsigned bytes) {
  ++writes_;
  function_.write_config(offset, value, bytes, now_);
  pass(kDeviceClock);
}

void PortExerciser::pass(Duration d) {
  now_ = (now_ + d).ceil(kDeviceClock);
  engine_.run(now_);
}

void PortExerciser::any_register() {
  const reg::Offset offset = registers_[choices_.below(static_cast<std::uint32_t>(registers_.size()))];
  if (choices_.one_in(4)) {
    read(offset);
    return;
  }
  switch (choices_.below(4)) {
    case 0: return write(offset, choices_.word());
    case 1: return write(offset, 1u << choices_.below(32));
    case 2: return write(offset, choices_.word() & 0x00A5A5A5);
    default: return write(offset, choices_.one_in(2) ? 0 : ~0u);
  }
}

void PortExerciser::control() {
  const std::uint32_t value =
      choices_.word() & ~(reg::ctrl::RST | reg::ctrl::DEV_RST | reg::ctrl::GIO_MASTER_DISABLE);
  const std::uint32_t stop = choices_.one_in(16) ? reg::ctrl::GIO_MASTER_DISABLE : 0;
  write(reg::CTRL, (choices_.one_in(8) ? value : value | reg::ctrl::SLU) | stop);
}

void PortExerciser::set_up_configuration() {
  const std::uint32_t mps = choices_.below(3) << 5, mrrs = choices_.below(6) << 12;
  config(0xA8, mps | mrrs,
         0x3);  // MPS 128 to 512 B, MRRS 128 B to 4 KB
  config(0x54, static_cast<std::uint32_t>(messages()));
  config(0x58, static_cast<std::uint32_t>(messages() >> 32));
  config(0xC8, 1);  // completions come within 100 us
  write(reg::GCR,
        choices_.one_in(2) ? reg::gcr::CMPL_TMOUT_RESEND | reg::gcr::RESENDS.put(choices_.below(4)) : 0);
  config(0x04, 0x0006);
}

void PortExerciser::configuration() {
  switch (choices_.below(8)) {
    case 5: return config(0xA8, choices_.below(16), 0x1);  // reports of errors; MPS of 128 B
    case 6: return config(0x100 + 4 * choices_.below(16), choices_.word());
    case 0: return config(0x04, choices_.one_in(4) ? 0x0002 : 0x0006);  // bus master
    case 1: return config(0x70, choices_.below(4) << 30, 0xC);          // MSI-X enable, function mask
    case 2: return config(0x50, choices_.below(2) << 16, 0xC);          // MSI enable
    case 3: return config(0x60, choices_.below(2));                     // MSI mask
    case 4: return config(0x54, static_cast<std::uint32_t>(messages() + 4 * choices_.below(64)));
    default: return config(0x04, choices_.below(2) << 10 | 0x0006);  // INTx disable
  }
}

void PortExerciser::message_table() {
  const std::uint32_t entry = 16 * choices_.below(Msix::kEntries);
  const std::uint32_t words[] = {static_cast<std::uint32_t>(messages() + 4 * choices_.below(64)),
                                 static_cast<std::uint32_t>(messages() >> 32), choices_.word(),
                                 choices_.below(2)};
  const auto put = [&](std::uint32_t word, std::uint32_t value) {
    ++writes_;
    function_.write_msix(entry + 4 * word, value, 0xF, now_);
    pass(kDeviceClock);
  };
  put(3, 1);
  for (unsigned i = 0; i < 4; ++i) put(i, words[i]);
}

void PortExerciser::phy() {
  static constexpr std::uint16_t kModes[] = {0x1140, 0x1340, 0x0140, 0x2100, 0x0100,
                                             0x1940, 0x9140, 0x4140, 0x6100};
  if (choices_.one_in(4)) return write(reg::PHPM, choices_.below(64));
  const std::uint32_t address = reg::mdic::REGADD.put(choices_.below(2) * 4);
  const std::uint16_t value = choices_.of(kModes);
  looped_ = looped_ || (value & mii::BMCR_LOOPBACK) != 0;
  write(reg::MDIC, reg::mdic::OP_WRITE | reg::mdic::PHYADD.put(1) | address | value);
}

// --- receive -------------------------------------------------------------------------------------

void PortExerciser::rx_enable(unsigned q) {
  RxRing& r = rx_[q];
  if (r.enabled || !rested(r)) return;
  static constexpr unsigned kKilobytes[] = {0, 1, 2, 3, 4, 10, 15};
  r.length = 8 * choices_.between(1, choices_.one_in(8) ? 64 : 8);
  r.base = queue_base(q) + kRxRing + 128 * choices_.below(0x2000 / 128);
  r.tail = r.told = r.clean = r.head = 0;
  r.given.fill(false);
  const unsigned kilobytes = choices_.of(kKilobytes);
  r.buffer_bytes = kilobytes == 0 ? 2048 : kilobytes * 1024;
  write(reg::RXDCTL(q), 0);
  write(reg::RDBAL(q), static_cast<std::uint32_t>(r.base));
  write(reg::RDBAH(q), static_cast<std::uint32_t>(r.base >> 32));
  write(reg::RDLEN(q), r.length * 16);
  write(reg::RDT(q), 0);
  std::uint32_t srrctl = reg::srrctl::BSIZEPACKET.put(kilobytes);
  srrctl |= reg::srrctl::BSIZEHEADER.put(choices_.between(1, 16));
  if (choices_.one_in(3)) srrctl |= reg::srrctl::RDMTS.put(choices_.below(4));
  srrctl |= reg::srrctl::DESCTYPE.put(choices_.one_in(2) ? 1 : choices_.below(6));
  if (choices_.one_in(2)) srrctl |= reg::srrctl::DROP_EN;
  if (choices_.one_in(3)) srrctl |= reg::srrctl::TIMESTAMP;
  write(reg::SRRCTL(q), srrctl);
  r.ever = r.enabled = true;
  bus_.forget_refused(sim::ReadKind::rx_descriptors, q);
  r.dctl = some_thresholds(16, 15);
  write(reg::RXDCTL(q), r.dctl);
}

void PortExerciser::rx_disable(unsigned q) {
  if (!rx_[q].enabled) return;
  rx_[q].enabled = false;
  rx_[q].off_since = now_;
  write(reg::RXDCTL(q), 0);
}

void PortExerciser::rx_post(unsigned q, unsigned count) {
  RxRing& r = rx_[q];
  if (!r.enabled) return;
  look_at_head(r, read(reg::RDH(q)), "RDH", q);  // before the tail moves, perhaps past where it was seen last
  rx_clean(q);
  bool posted = false;
  for (; count != 0 && r.held() + 1 < r.length && !r.given[r.next_buffer]; --count) {
    const unsigned b = r.next_buffer;
    r.next_buffer = (b + 1) % kBuffers;
    r.offset_of[b] = static_cast<std::uint16_t>(2 * choices_.below((kPacketBytes - r.buffer_bytes) / 2 + 1));
    r.buffer_of[r.tail] = static_cast<std::uint16_t>(b);
    r.given[b] = true;
    const DmaAddress packet{queue_base(q) + kPackets + b * kPacketBytes + r.offset_of[b]};
    const DmaAddress header{queue_base(q) + kHeaders + b * kHeaderBytes};
    Descriptor::of(AdvRxRead::make(packet, header)).store(at(r.base + r.tail * 16));
    r.tail = r.next(r.tail);
    ++descriptors_;
    posted = true;
  }
  r.told = r.tail;
  if (posted) write(reg::RDT(q), r.tail);
}

void PortExerciser::rx_clean(unsigned q) {
  RxRing& r = rx_[q];
  while (r.held() != 0 && !r.given[r.buffer_of[r.clean]]) r.clean = r.next(r.clean);
}

namespace {

/// A frame of `length` bytes without FCS, of a kind that the parser and the filters tell apart.
void fill_frame(sim::Frame& f, Choices& c) {
  std::byte* d = f.data;
  SplitMix64 random(c.word());
  for (std::uint32_t i = 0; i < f.length; i += 8) {
    const std::uint64_t v = random.next();
    std::memcpy(d + i, &v, std::min<std::size_t>(8, f.length - i));
  }
  if (f.length < 60) return;
  const unsigned to = c.below(8);
  static constexpr MacAddress kAll{{255, 255, 255, 255, 255, 255}}, kPause{{1, 0x80, 0xC2, 0, 0, 1}};
  if (to < 5) kMac.store(d);
  if (to == 5) kAll.store(d);
  if (to == 6) kPause.store(d);
  std::byte* type = d + 12;
  if (c.one_in(4)) {
    store_be16(type, 0x8100);
    type += 4;
  }
  switch (to == 6 ? 6 : c.below(6)) {
    case 0:
    case 1:  // IPv4, TCP or UDP
      store_be16(type, 0x0800);
      store_be16(type + 2, 0x4500);
      store_be16(type + 4, static_cast<std::uint16_t>(f.length - 14));
      store_be16(type + 8, 0);
      type[11] = static_cast<std::byte>(c.one_in(2) ? 6 : 17);
      break;
    case 2:
      store_be16(type, 0x86DD);
      store_be16(type + 2, 0x6000);
      type[8] = static_cast<std::byte>(c.one_in(3) ? 43 : c.one_in(2) ? 6 : 17);
      break;
    case 3: store_be16(type, 0x0800); break;
    case 6:
      store_be16(d + 12, 0x8808);
      store_be16(d + 14, 1);
      store_be16(d + 16, static_cast<std::uint16_t>(c.one_in(2) ? 0 : c.below(400)));
      break;
    default: break;
  }
}

}  // namespace

void PortExerciser::arrivals(unsigned count) {
  for (; count != 0; --count) {
    std::uint32_t length = choices_.between(60, 200);
    if (choices_.one_in(4)) length = choices_.between(60, 1514);
    if (choices_.one_in(16)) length = choices_.between(14, 9800);
    sim::Frame* f = frames_.get(length);
    fill_frame(*f, choices_);
    f->fcs_good = !choices_.one_in(32);
    const LinkSpeed speed = function_.link_mode().speed;
    const Time start = niclab::max(wire_free_, now_);
    const Time end = start + frame_time(speed, length);
    wire_free_ = start + frame_occupancy(speed, length);
    ++arrived_;
    function_.receive_frame(end, f);
  }
}

// --- transmit ------------------------------------------------------------------------------------

void PortExerciser::tx_enable(unsigned q) {
  TxRing& r = tx_[q];
  if (r.enabled || !rested(r)) return;
  r.length = 8 * choices_.between(1, choices_.one_in(8) ? 64 : 8);
  r.base = queue_base(q) + kTxRing + 128 * choices_.below(0x2000 / 128);
  r.tail = r.told = r.clean = r.head = 0;
  r.reports.clear();
  r.wrong = false;
  r.open = 0;
  r.head_writeback = choices_.one_in(6);
  write(reg::TXDCTL(q), 0);
  write(reg::TDBAL(q), static_cast<std::uint32_t>(r.base));
  write(reg::TDBAH(q), static_cast<std::uint32_t>(r.base >> 32));
  write(reg::TDLEN(q), r.length * 16);
  write(reg::TDH(q), 0);
  write(reg::TDT(q), 0);
  const std::uint64_t head = queue_base(q) + kHeadWriteback;
  std::memset(at(head), 0, 4);
  write(reg::TDWBAH(q), static_cast<std::uint32_t>(head >> 32));
  write(reg::TDWBAL(q), static_cast<std::uint32_t>(head) | r.head_writeback);
  r.ever = r.enabled = true;
  bus_.forget_refused(sim::ReadKind::tx_descriptors, q);
  r.dctl = some_thresholds(24, 24);
  if (choices_.one_in(2)) r.dctl |= reg::txdctl::PRIORITY;
  write(reg::TXDCTL(q), r.dctl);
}

void PortExerciser::tx_disable(unsigned q) {
  if (!tx_[q].enabled) return;
  tx_[q].enabled = false;
  tx_[q].off_since = now_;
  write(reg::TXDCTL(q), 0);
}

void PortExerciser::tx_descriptor(unsigned q, const Descriptor& d, bool reports) {
  TxRing& r = tx_[q];
  d.store(at(r.base + r.tail * 16));
  if (reports) r.reports.push_back(r.tail);
  r.tail = r.next(r.tail);
  ++descriptors_;
}

/// Whether so many descriptors fit, beside what keeps a packet that never ended apart from the ring's end.
bool PortExerciser::tx_may_begin(unsigned q, unsigned descriptors, bool legacy) {
  TxRing& r = tx_[q];
  if (r.held() + descriptors + 1 > r.length) return false;
  if (r.open + descriptors > 32 || (r.open != 0 && r.open_legacy != legacy)) r.wrong = true;
  return true;
}

/// Whether the packet's last descriptor says that it is the last. If not, the next packet continues it: the
/// card must find that they do not fit, or wait for more.
bool PortExerciser::tx_ends(unsigned q, unsigned descriptors, bool legacy) {
  TxRing& r = tx_[q];
  const bool ends = !choices_.one_in(150);
  r.open = ends ? 0 : r.open + descriptors;
  r.open_legacy = legacy;
  return ends;
}

/// One packet, if there is room for it; every packet's last descriptor reports.
void PortExerciser::tx_packet(unsigned q) {
  TxRing& r = tx_[q];
  unsigned pieces = choices_.one_in(4) ? choices_.between(1, 6) : 1;
  if (choices_.one_in(64)) pieces = choices_.between(7, 40);
  const bool context = choices_.one_in(3);
  if (!tx_may_begin(q, pieces + context, false)) return;
  unsigned total = choices_.between(17, 200);
  if (choices_.one_in(4)) total = choices_.between(17, 1514);
  if (choices_.one_in(16)) total = choices_.between(17, 9724);
  total = std::max(total, pieces);
  const unsigned idx = choices_.below(2);
  if (context) {
    AdvTxContext c;
    const unsigned iplen = choices_.one_in(2) ? 20 : 40, l4len = choices_.one_in(2) ? 8 : 20;
    const std::uint32_t tucmd = choices_.below(3) << 11;
    c.set_lengths(14, iplen, l4len).set_idx(idx);
    c.set_tucmd(iplen == 20 ? txd::IPV4 | tucmd : tucmd);
    c.set_vlan(static_cast<std::uint16_t>(choices_.below(65536)));
    c.set_mss(choices_.between(64, 1460));
    r.headers[idx] = 14 + iplen + l4len;
    tx_descriptor(q, Descriptor::of(c), false);
  }
  const bool segment = choices_.one_in(12) && total > 100;
  if (segment && choices_.one_in(4)) total = choices_.between(1000, 16000);
  const bool own_fcs = !segment && total >= 18 && choices_.one_in(16);
  std::uint32_t cmd = (own_fcs ? 0 : txd::IFCS) | (choices_.one_in(8) ? txd::VLE : 0);
  cmd |= segment ? txd::TSE : 0;
  if (choices_.one_in(8)) cmd |= txd::MAC_TSTAMP;
  std::uint32_t popts = choices_.one_in(4) || segment ? txd::TXSM | (choices_.one_in(2) ? txd::IXSM : 0) : 0;
  std::uint32_t paylen = segment ? total - r.headers[idx] : total;
  if (choices_.one_in(100)) paylen = choices_.below(1 << 18);  // a driver's mistake
  const bool ends = tx_ends(q, pieces + context, false);
  for (unsigned i = 0; i < pieces; ++i) {
    const bool last = i + 1 == pieces;
    std::uint32_t n = last ? total : choices_.between(1, total - (pieces - i - 1));
    total -= n;
    const DmaAddress buffer{tx_data() + choices_.below(kTxDataBytes - 0x4000)};
    const bool rs = last || choices_.one_in(8);
    const std::uint32_t c = cmd | (last && ends ? txd::EOP : 0) | (rs ? txd::RS : 0);
    tx_descriptor(q,
                  Descriptor::of(AdvTxData::make(buffer, static_cast<std::uint16_t>(n), c,
                                                 i == 0 ? paylen : 0, popts, idx)),
                  rs);
  }
}

/// The same of legacy descriptors; none of no bytes but alone (3.2.2).
void PortExerciser::tx_legacy_packet(unsigned q) {
  const unsigned pieces = choices_.one_in(4) ? choices_.between(1, 6) : 1;
  if (!tx_may_begin(q, pieces, true)) return;
  unsigned total = choices_.between(18, choices_.one_in(4) ? 9800 : 300);
  if (pieces == 1 && choices_.one_in(8) && tx_[q].open == 0) total = 0;
  std::uint32_t cmd = (choices_.one_in(16) ? 0 : txd::IFCS) | (choices_.one_in(8) ? txd::VLE : 0);
  if (choices_.one_in(4)) cmd |= txd::LEGACY_IC;
  const std::uint32_t start = choices_.below(256), offset = choices_.below(256);
  const bool ends = total == 0 || tx_ends(q, pieces, true);
  for (unsigned i = 0; i < pieces; ++i) {
    const bool last = i + 1 == pieces;
    const std::uint32_t n = last ? total : choices_.between(1, total - (pieces - i - 1));
    total -= n;
    const DmaAddress buffer{tx_data() + choices_.below(kTxDataBytes - 0x4000)};
    const bool rs = last || choices_.one_in(8);
    LegacyTx d = LegacyTx::make(buffer, static_cast<std::uint16_t>(n),
                                cmd | (last && ends ? txd::EOP : 0) | (rs ? txd::RS : 0));
    d.dw[2] |= offset << 16;
    d.dw[3] |= start << 8 | choices_.below(65536) << 16;
    tx_descriptor(q, Descriptor::of(d), rs);
  }
}

void PortExerciser::tx_post(unsigned q, unsigned packets) {
  TxRing& r = tx_[q];
  if (!r.enabled) return;
  look_at_head(r, read(reg::TDH(q)), "TDH", q);
  tx_clean(q);
  const unsigned before = r.tail;
  const bool legacy = choices_.one_in(8);
  for (; packets != 0; --packets) legacy ? tx_legacy_packet(q) : tx_packet(q);
  if (choices_.one_in(300) && r.held() + 2 < r.length) {  // what is no descriptor of this chip
    Descriptor d;
    d.dw[2] = txd::DEXT | txd::RS | txd::EOP | (choices_.one_in(2) ? 0x00100000 : 0x00500000);
    tx_descriptor(q, d, false);
    r.wrong = true;
  }
  // Perhaps only a part, which may end in the middle of a packet; the rest goes with the next one.
  unsigned tell = r.distance(before, r.tail);
  if (tell != 0 && choices_.one_in(8)) tell = choices_.below(tell + 1);
  const unsigned tail = (before + tell) % r.length;
  if (tail != r.told && r.distance(r.told, tail) <= r.distance(r.told, r.tail)) tx_doorbell(q, tail);
}

void PortExerciser::tx_doorbell(unsigned q, unsigned tail) {
  tx_[q].told = tail;
  write(reg::TDT(q), tail);
}

/// What is told done is given back: up to a descriptor with DD, or to the head that was written.
void PortExerciser::tx_clean(unsigned q) {
  TxRing& r = tx_[q];
  if (!r.enabled) return;
  std::uint32_t head = 0;
  std::memcpy(&head, at(queue_base(q) + kHeadWriteback), 4);
  if (r.head_writeback && (head >= r.length || r.distance(r.clean, head) > r.given_away()))
    throw Violation("queue " + std::to_string(q) + ": a head of " + std::to_string(head) +
                    " was written back");
  while (!r.reports.empty()) {
    const unsigned i = r.reports.front();
    const bool done = r.head_writeback ? r.distance(r.clean, i) < r.distance(r.clean, head)
                                       : Descriptor::load(at(r.base + i * 16)).as<AdvTxData>().dd();
    if (!done) return;
    r.clean = r.next(i);
    r.reports.pop_front();
  }
}

// --- both ----------------------------------------------------------------------------------------

void PortExerciser::thresholds(unsigned q) {
  if (choices_.one_in(2)) {
    RxRing& r = rx_[q];
    if (!r.enabled || bus_.refused(sim::ReadKind::rx_descriptors, q)) return;
    r.dctl = some_thresholds(16, 15);
    write(reg::RXDCTL(q), r.dctl | (choices_.one_in(2) ? reg::rxdctl::SWFLUSH : 0));
  } else {
    TxRing& r = tx_[q];
    if (!r.enabled || r.wrong || bus_.refused(sim::ReadKind::tx_descriptors, q)) return;
    r.dctl = some_thresholds(24, 24);
    write(reg::TXDCTL(q), r.dctl | (choices_.one_in(2) ? reg::txdctl::SWFLUSH : 0));
  }
}

/// As of RXDCTL and TXDCTL, up to so many descriptors each.
std::uint32_t PortExerciser::some_thresholds(unsigned most, unsigned most_wthresh) {
  std::uint32_t dctl = reg::rxdctl::ENABLE;
  dctl |= reg::rxdctl::PTHRESH.put(choices_.between(0, most));
  dctl |= reg::rxdctl::HTHRESH.put(choices_.between(0, most));
  dctl |= reg::rxdctl::WTHRESH.put(choices_.between(0, most_wthresh));
  return dctl;
}

void PortExerciser::all_off() {
  for (RxRing& r : rx_) r.enabled = false, r.off_since = now_;
  for (TxRing& r : tx_) r.enabled = false, r.off_since = now_;
}

/// Each of the resets, and then as a driver sets the port up again.
void PortExerciser::reset() {
  all_off();
  broken_ = false;
  switch (choices_.below(6)) {
    case 0:  // function level
      config(0xA8, 0x8000, 0x3);
      set_up_configuration();
      break;
    case 1:  // the link to the host was lost
      function_.fundamental_reset(now_);
      pass(kDeviceClock);
      set_up_configuration();
      break;
    case 2:
      function_.surprise_reset(now_);
      pass(kDeviceClock);
      break;
    case 3: write(reg::CTRL, read(reg::CTRL) | reg::ctrl::DEV_RST); break;
    default: write(reg::CTRL, read(reg::CTRL) | reg::ctrl::RST); break;
  }
  for (unsigned q = 0; q < reg::kQueues; ++q) {  // queue 0 is on after a reset
    write(reg::RXDCTL(q), 0);
    write(reg::TXDCTL(q), 0);
  }
  write(reg::CTRL, read(reg::CTRL) | reg::ctrl::SLU);
  write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::BAM | reg::rctl::LPE);
  write(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
}

/// What no software does.
void PortExerciser::breakdown() {
  switch (choices_.below(6)) {
    case 0:
      function_.break_memory(now_);
      broken_ = true;
      break;
    case 1: function_.stall_transmit(now_, kDeviceClock * choices_.below(20000)); break;
    case 2:  // the cable is pulled, and perhaps plugged in again
      function_.partner_will_say(LinkSignal::nothing(), now_ + kDeviceClock);
      if (choices_.one_in(2)) pass(kDeviceClock * choices_.between(2, 20000));
      function_.partner_will_say(LinkSignal::everything(), now_ + kDeviceClock * 2);
      break;
    case 3: function_.damage_frames(choices_.between(1, 8)); break;
    case 4: function_.frame_truncated(); break;
    default:
      function_.bus_error(static_cast<PciError>(choices_.one_in(2) ? 12 + choices_.below(9) : 44),
                          choices_.one_in(2) ? ErrorRole::plain : ErrorRole::advisory, {}, now_);
      break;
  }
  pass(kDeviceClock);
}

void PortExerciser::step() {
  const unsigned q = choices_.one_in(2) ? 0 : choices_.below(reg::kQueues);
  switch (choices_.below(32)) {
    case 0: rx_enable(q); break;
    case 1: tx_enable(q); break;
    case 2:
      if (choices_.one_in(8)) rx_disable(q);
      break;
    case 3:
      if (choices_.one_in(8)) tx_disable(q);
      break;
    case 4:
    case 5: rx_post(q, choices_.between(1, 16)); break;
    case 6:
    case 7:
    case 8: tx_post(q, choices_.between(1, 8)); break;
    case 9:
    case 10:
    case 11: arrivals(choices_.between(1, 12)); break;
    case 12: thresholds(q); break;
    case 13: message_table(); break;
    case 14: configuration(); break;
    case 15:
      if (choices_.one_in(4)) control();
      break;
    case 16:
      if (choices_.one_in(16)) phy();
      break;
    case 17:
      if (choices_.one_in(32) || (broken_ && choices_.one_in(4))) reset();
      break;
    case 19:
      if (choices_.one_in(16)) breakdown();
      break;
    case 18:
      write(reg::RCTL,
            (read(reg::RCTL) & ~reg::rctl::LBM.mask()) | reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::BAM);
      write(reg::TCTL, reg::tctl::EN | choices_.below(2) << 3);
      break;
    default:
      for (unsigned n = choices_.between(1, 8); n != 0; --n) any_register();
      break;
  }
  switch (choices_.below(16)) {
    case 0: break;
    case 1: return pass(kDeviceClock * choices_.below(20000));
    case 2:
      if (choices_.one_in(16)) return pass(kDeviceClock * choices_.below(1'000'000));
      [[fallthrough]];
    default: return pass(kDeviceClock * choices_.below(100));
  }
}

// --- what must hold ------------------------------------------------------------------------------

void PortExerciser::look_at_head(Ring& r, std::uint32_t head, const char* name, unsigned q) {
  if (!r.enabled) return;
  if (head >= r.length || r.distance(r.head, head) > r.distance(r.head, r.told))
    throw Violation(std::string(name) + "(" + std::to_string(q) + ") went from " + std::to_string(r.head) +
                    " to " + std::to_string(head) + ", past the tail " + std::to_string(r.told));
  r.head = head;
}

void PortExerciser::look() {
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    look_at_head(rx_[q], read(reg::RDH(q)), "RDH", q);
    look_at_head(tx_[q], read(reg::TDH(q)), "TDH", q);
  }
  const sim::PortAccount a = function_.account();
  if (a.injected !=
      a.delivered + a.filtered + a.missed + a.queue_drops + a.error_drops + a.rx_control + a.rx_inside)
    throw Violation("the receive account does not close: " + state());
  if (a.handed_to_device != a.on_the_wire + a.tx_errors + a.tx_inside)
    throw Violation("the transmit account does not close: " + state());
  const Statistics& s = function_.statistics();
  std::uint64_t queue_drops = 0;
  for (unsigned q = 0; q < reg::kQueues; ++q) queue_drops += s.lifetime_rqdpc(q);
  if (s.lifetime(reg::MPC) != a.missed || queue_drops != a.queue_drops)
    throw Violation("counters of drops differ from the account: " + state());
}

/// As a driver would set it up that wants everything.
void PortExerciser::normal_operation() {
  bus_.refuse_one_in(0);
  config(0x04, 0x0006);
  write(reg::CTRL, (read(reg::CTRL) | reg::ctrl::SLU) &
                       ~(reg::ctrl::GIO_MASTER_DISABLE | reg::ctrl::RFCE | reg::ctrl::TFCE |
                         reg::ctrl::PHY_RST | reg::ctrl::RST | reg::ctrl::DEV_RST));
  write(reg::PHPM, 0);
  write(reg::MDIC, reg::mdic::OP_WRITE | reg::mdic::PHYADD.put(1) | reg::mdic::REGADD.put(4) | 0x0DE1);
  write(reg::MDIC, reg::mdic::OP_WRITE | reg::mdic::PHYADD.put(1) | 0x1340);
  write(reg::TIPG, 0x00601008);
  write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::BAM);
  write(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
}

bool PortExerciser::everything_done() {
  bool done = function_.account().rx_inside == 0 && function_.account().tx_inside == 0;
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    TxRing& t = tx_[q];
    rx_post(q, 8);
    if (!t.enabled || t.wrong || bus_.refused(sim::ReadKind::tx_descriptors, q)) continue;
    if (t.told != t.tail) tx_doorbell(q, t.tail);
    write(reg::TXDCTL(q), t.dctl | reg::txdctl::SWFLUSH);
    tx_clean(q);
    done = done && t.held() == 0 && read(reg::TDH(q)) == t.tail;
  }
  return done;
}

void PortExerciser::end() {
  if (broken_) reset();
  normal_operation();
  pass(1_ms);  // every read is answered or given up, and what was out of order for a while is not any more
  // A queue that was off, or whose descriptors the host refused, starts again: frames may wait for it.
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    if (bus_.refused(sim::ReadKind::rx_descriptors, q)) rx_disable(q);
    // A packet without its end holds up all queues: what a driver does whose transmitter hangs (4.11).
    const TxRing& t = tx_[q];
    const bool lost = t.wrong || bus_.refused(sim::ReadKind::tx_descriptors, q);
    if (t.open != 0 || (lost && t.told != t.tail)) tx_disable(q);
  }
  pass(30_us);
  for (unsigned q = 0; q < reg::kQueues; ++q) rx_enable(q);
  for (unsigned i = 0; i < 400; ++i) {
    look();
    if (everything_done() && now_ > wire_free_) {
      pass(100_us);
      look();
      const sim::PortAccount a = function_.account();
      if (looped_ ? a.injected < arrived_ : a.injected != arrived_)
        throw Violation("frames that arrived were not seen: " + state());
      if (looped_ ? a.on_the_wire + a.tx_control < bus_.transmitted()
                  : a.on_the_wire + a.tx_control != bus_.transmitted())
        throw Violation("frames sent were not counted: " + state());
      return;
    }
    pass(i < 300 ? 50_us : 100_ms);
  }
  throw Violation("something hangs: " + state());
}

std::string PortExerciser::state() {
  const sim::PortAccount a = function_.account();
  std::string s = "injected " + std::to_string(a.injected) + " delivered " + std::to_string(a.delivered) +
                  " filtered " + std::to_string(a.filtered) + " missed " + std::to_string(a.missed) +
                  " queue drops " + std::to_string(a.queue_drops) + " errors " +
                  std::to_string(a.error_drops) + " inside " + std::to_string(a.rx_inside) + "; handed " +
                  std::to_string(a.handed_to_device) + " wire " + std::to_string(a.on_the_wire) + " errors " +
                  std::to_string(a.tx_errors) + " inside " + std::to_string(a.tx_inside);
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    const auto ring = [&](const char* name, const Ring& r, std::uint32_t head) {
      if (r.enabled)
        s += "; " + std::string(name) + std::to_string(q) + " clean " + std::to_string(r.clean) + " head " +
             std::to_string(head) + " tail " + std::to_string(r.tail) + " of " + std::to_string(r.length);
    };
    ring("rx", rx_[q], read(reg::RDH(q)));
    ring("tx", tx_[q], read(reg::TDH(q)));
  }
  for (const std::string& f : function_.faults()) s += "\n  " + f;
  return s;
}

void PortExerciser::run() {
  unsigned i = 0;
  try {
    for (; i < options_.steps && !choices_.exhausted(); ++i) {
      step();
      if (i % 8 == 0) look();
    }
    end();
  } catch (const std::exception& e) {
    throw Violation(std::to_string(now_.ns()) + " ns, step " + std::to_string(i) + ": " + e.what());
  }
}

}  // namespace niclab::test
