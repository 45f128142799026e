#include "lab/capture.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kArpReply = 2;
constexpr int kSnapLength = 262144;

struct PcapClose {
  void operator()(pcap_t* p) const { pcap_close(p); }
};
struct DumpClose {
  void operator()(pcap_dumper_t* d) const { pcap_dump_close(d); }
};
using Pcap = std::unique_ptr<pcap_t, PcapClose>;
using Dump = std::unique_ptr<pcap_dumper_t, DumpClose>;

UserError file_error(const std::filesystem::path& file, const std::string& what,
                     const std::string& expected) {
  return UserError(file.string() + ": " + what + ", expected " + expected);
}

std::uint64_t stamp_ns(const pcap_pkthdr& h) {
  return static_cast<std::uint64_t>(h.ts.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(h.ts.tv_usec);
}

void check_frame(const std::filesystem::path& file, std::size_t number, const pcap_pkthdr& h) {
  const std::string frame = "frame " + std::to_string(number) + " ";
  if (h.caplen < h.len)
    throw file_error(file,
                     frame + "holds " + std::to_string(h.caplen) + " of " + std::to_string(h.len) + " bytes",
                     "a capture of whole frames");
  if (h.caplen < kEthernetHeader || h.caplen > CaptureWriter::kLongestFrame)
    throw file_error(file, frame + "has " + std::to_string(h.caplen) + " bytes",
                     "Ethernet frames of 14 to " + std::to_string(CaptureWriter::kLongestFrame) + " bytes");
}

}  // namespace

std::vector<CapturedFrame> read_capture(const std::filesystem::path& file) {
  char message[PCAP_ERRBUF_SIZE] = "";
  const Pcap pcap(pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, message));
  if (!pcap) throw file_error(file, std::string("not a capture: ") + message, "an Ethernet capture (pcap)");
  if (const int link = pcap_datalink(pcap.get()); link != DLT_EN10MB) {
    const char* name = pcap_datalink_val_to_name(link);
    throw file_error(file, "link type " + (name != nullptr ? std::string(name) : std::to_string(link)),
                     "Ethernet (EN10MB)");
  }
  std::vector<CapturedFrame> frames;
  std::uint64_t first = 0, last = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int status = 0;
  while ((status = pcap_next_ex(pcap.get(), &header, &data)) == 1) {
    check_frame(file, frames.size() + 1, *header);
    if (frames.empty()) first = last = stamp_ns(*header);
    last = std::max(last, stamp_ns(*header));
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    frames.push_back({Duration::from_ns(last - first), {bytes, bytes + header->caplen}});
  }
  if (status == PCAP_ERROR)
    throw file_error(file, std::string("damaged: ") + pcap_geterr(pcap.get()), "a complete capture");
  return frames;
}

bool is_injected(std::span<const std::byte> frame, MacAddress host) {
  if (frame.size() < kEthernetHeader) return false;
  const auto destination = MacAddress::load(frame.data());
  if (MacAddress::load(frame.data() + 6) == host) return false;
  if (destination != host && !destination.is_group()) return false;
  const bool arp = load_be16(frame.data() + 12) == kEtherTypeArp;
  return !(arp && frame.size() >= 22 && load_be16(frame.data() + 20) == kArpReply);
}

namespace {

/// What stands before a frame's bytes in a record.
struct FrameHead {
  std::uint64_t time_ns;
};

class CaptureSink final : public WriterThread::Sink {
 public:
  explicit CaptureSink(const std::filesystem::path& file) : file_(file) {
    pcap_.reset(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO));
    dump_.reset(pcap_dump_open(pcap_.get(), file.c_str()));
    if (!dump_) throw file_error(file, pcap_geterr(pcap_.get()), "a file that can be written");
  }

  void write(std::span<const std::byte> record) override {
    FrameHead head{};
    std::memcpy(&head, record.data(), sizeof head);
    record = record.subspan(sizeof head);
    pcap_pkthdr header{};
    header.ts.tv_sec = static_cast<time_t>(head.time_ns / 1'000'000'000);
    header.ts.tv_usec = static_cast<suseconds_t>(head.time_ns % 1'000'000'000);
    header.caplen = header.len = static_cast<bpf_u_int32>(record.size());
    pcap_dump(reinterpret_cast<u_char*>(dump_.get()), &header,
              reinterpret_cast<const u_char*>(record.data()));
    if (std::ferror(pcap_dump_file(dump_.get())) != 0) throw not_written();
  }

  void finish() override {
    const bool written = pcap_dump_flush(dump_.get()) == 0 && std::ferror(pcap_dump_file(dump_.get())) == 0;
    dump_.reset();
    if (!written) throw not_written();
  }

 private:
  UserError not_written() const { return file_error(file_, "cannot write", "room on the disk"); }

  const std::filesystem::path file_;
  Pcap pcap_;
  Dump dump_;
};

}  // namespace

CaptureWriter::CaptureWriter(WriterThread& thread, const std::filesystem::path& file)
    : thread_(thread), file_(thread.add(std::make_unique<CaptureSink>(file))) {}

void CaptureWriter::frame(Time t, std::span<const std::byte> bytes) {
  const FrameHead head{t.ns()};
  thread_.put(file_, std::as_bytes(std::span(&head, 1)), bytes.first(std::min(bytes.size(), kLongestFrame)));
}

}  // namespace niclab::lab
