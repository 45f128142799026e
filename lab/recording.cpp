#include "lab/recording.hpp"

#include <algorithm>

#include "lab/commands.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

constexpr std::string_view kBegin = "{\"recording\":1,";

std::string hex(std::span<const std::byte> data) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(data.size() * 2);
  for (const std::byte b : data) {
    text += kDigits[static_cast<unsigned>(b) >> 4];
    text += kDigits[static_cast<unsigned>(b) & 0xF];
  }
  return text;
}

ByteString unhex(const std::string& text) {
  const auto digit = [](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    throw UserError("\"" + std::string(1, c) + "\" is no hexadecimal digit");
  };
  if (text.size() % 2 != 0) throw UserError("half a byte");
  ByteString bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

TlpType tlp_type(const std::string& name) {
  for (const TlpType t :
       {TlpType::MRd, TlpType::MWr, TlpType::CfgRd, TlpType::CfgWr, TlpType::IORd, TlpType::IOWr})
    if (kTlpNames[static_cast<unsigned>(t)] == name) return t;
  throw UserError("\"" + name + "\" is no access");
}

void take_frame(const Json& j, std::vector<RecordedFrame>& wire) {
  RecordedFrame f{Time::from_ps(j.at("t").get<std::uint64_t>()), unhex(j.at("frame").get<std::string>())};
  if (!wire.empty() && f.t < wire.back().t) throw UserError("earlier than the line before");
  if (f.bytes.size() < kShortestOutsideFrame || f.bytes.size() > kLongestOutsideFrame)
    throw UserError("a frame of " + std::to_string(f.bytes.size()) + " bytes");
  wire.push_back(std::move(f));
}

/// One line of a recording into `r`. Throws whatever is wrong with it.
void take(const Json& j, Recording& r) {
  if (const auto end = j.find("end"); end != j.end()) {
    r.end = Time::from_ps(end->get<std::uint64_t>());
    return;
  }
  if (const auto wire = j.find("wire"); wire != j.end())
    return take_frame(j, r.wires.at(wire->get<std::size_t>()));
  HostInputs& host = r.hosts.at(j.at("host").get<std::size_t>());
  if (const auto fetch = j.find("fetch"); fetch != j.end()) {
    using Kind = RecordedFetch::Kind;
    if (fetch->is_null())
      host.fetches.push_back({Kind::refused, {}});
    else if (*fetch == "later")
      host.fetches.push_back({Kind::later, {}});
    else
      host.fetches.push_back({Kind::done, unhex(fetch->get<std::string>())});
    return;
  }
  const Time t = Time::from_ps(j.at("t").get<std::uint64_t>());
  if (!host.inputs.empty() && t < host.inputs.back().t) throw UserError("earlier than the line before");
  if (const auto token = j.find("answer"); token != j.end()) {
    host.inputs.push_back(
        {t, LateAnswer{token->get<std::uint32_t>(), unhex(j.at("data").get<std::string>())}});
    return;
  }
  CardAccess a{tlp_type(j.at("do").get<std::string>()), j.at("function").get<unsigned>(),
               j.at("address").get<std::uint64_t>(), j.at("bytes").get<unsigned>(),
               j.at("value").get<std::uint32_t>()};
  if (a.bytes == 0 || a.address % 4 + a.bytes > 4) throw UserError("not inside a DWORD");
  host.inputs.push_back({t, a});
}

Scenario scenario_of(const Json& j, const std::filesystem::path& file) {
  return scenario_from_tree(config_from_json(j.at("configuration").dump(), file.string()),
                            j.at("scenario").get<std::string>(), file.parent_path());
}

}  // namespace

Recorder::Recorder(const std::filesystem::path& file, const Scenario& scenario)
    : path_(file), file_(file, std::ios::trunc) {
  if (!file_)
    throw UserError("--record " + file.string() +
                    ": cannot be written, expected a file in a folder that can");
  const Json configuration = Json::parse(config_to_json(scenario.tree));
  file_ << kBegin << "\"niclab\":\"" << version() << "\",\"scenario\":" << Json(scenario.name).dump()
        << ",\"configuration\":" << configuration.dump() << "}\n";
}

void Recorder::access(Time t, std::size_t host, const CardAccess& a) {
  file_ << "{\"t\":" << t.ps() << ",\"host\":" << host << ",\"do\":\""
        << kTlpNames[static_cast<unsigned>(a.type)] << "\",\"function\":" << a.function
        << ",\"address\":" << a.address << ",\"bytes\":" << a.bytes << ",\"value\":" << a.value << "}\n";
}

void Recorder::fetch(std::size_t host, RecordedFetch::Kind kind, std::span<const std::byte> data) {
  file_ << "{\"host\":" << host << ",\"fetch\":";
  switch (kind) {
    case RecordedFetch::Kind::done: file_ << '"' << hex(data) << '"'; break;
    case RecordedFetch::Kind::later: file_ << "\"later\""; break;
    case RecordedFetch::Kind::refused: file_ << "null"; break;
  }
  file_ << "}\n";
}

void Recorder::answer(Time t, std::size_t host, std::uint32_t token, std::span<const std::byte> data) {
  file_ << "{\"t\":" << t.ps() << ",\"host\":" << host << ",\"answer\":" << token << ",\"data\":\""
        << hex(data) << "\"}\n";
}

void Recorder::frame(Time t, std::size_t wire, std::span<const std::byte> bytes) {
  file_ << "{\"t\":" << t.ps() << ",\"wire\":" << wire << ",\"frame\":\"" << hex(bytes) << "\"}\n";
}

void Recorder::end(Time t) {
  file_ << "{\"end\":" << t.ps() << "}\n" << std::flush;
  if (!file_) throw UserError("--record " + path_.string() + ": could not be written to its end");
}

bool is_recording(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string begin(kBegin.size(), '\0');
  return in.read(begin.data(), static_cast<std::streamsize>(begin.size())) && begin == kBegin;
}

Recording load_recording(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::optional<Recording> r;
  std::string text;
  for (unsigned line = 1; std::getline(in, text); ++line) {
    try {
      const Json j = Json::parse(text);
      if (r) {
        take(j, *r);
      } else {
        r = Recording{.scenario = scenario_of(j, file), .hosts = {}, .wires = {}, .end = {}};
        r->hosts.resize(r->scenario.hosts.size());
        r->wires.resize(r->scenario.wires.size());
      }
    } catch (const std::exception& e) {
      throw UserError(file.string() + ":" + std::to_string(line) + ": " + e.what() +
                      ", expected a line of `niclab serve --record`");
    }
  }
  if (!r || r->end == Time{})
    throw UserError(file.string() + ": has no end, expected a recording that `niclab serve` finished");
  return std::move(*r);
}

}  // namespace niclab::lab
