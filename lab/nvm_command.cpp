// niclab nvm build, check, dump.
#include <cstdio>
#include <ostream>

#include "firmware/image.hpp"
#include "hw/nvm_fields.hpp"
#include "lab/commands.hpp"
#include "lab/nvm_image.hpp"
#include "lab/summary.hpp"

namespace niclab::lab {
namespace {

std::string hex(unsigned v) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%04X", v);
  return text;
}

std::string section_line(const hw::Nvm& nvm, unsigned port) {
  const firmware::SectionCheck c = firmware::check_section(nvm, port);
  std::string line =
      "port " + std::to_string(port) + ": " + (c.good() ? "OK" : "BAD") + ", sum " + hex(c.sum);
  if (!c.sum_good) line += ", expected " + hex(hw::Nvm::kChecksum);
  line += c.mac.is_zero() ? ", no address" : ", address " + c.mac.to_string();
  if (!c.mac_good) line += ", expected a station's address";
  return line;
}

std::string bits(const hw::NvmField& f) {
  if (f.kind == hw::NvmKind::mac) return "3 words";
  if (f.kind == hw::NvmKind::pba) return "2 words, text at " + hex(hw::kPbaBlock);
  return f.hi == f.lo ? std::to_string(f.lo) : std::to_string(f.hi) + ":" + std::to_string(f.lo);
}

}  // namespace

int nvm_build_command(const std::filesystem::path& image, const std::filesystem::path& out) {
  const std::vector<std::uint8_t> bytes = firmware::to_bytes(read_nvm_image(image));
  write_text_file(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return 0;
}

int nvm_check_command(const std::filesystem::path& image, std::ostream& out) {
  const hw::Nvm nvm = read_nvm_image(image);
  out << image.string() << ": " << nvm.size() << " words\n";
  bool good = true;
  for (unsigned port = 0; port < hw::Nvm::kSections; ++port) {
    out << section_line(nvm, port) << "\n";
    good = good && firmware::check_section(nvm, port).good();
  }
  return good ? 0 : 1;
}

int nvm_dump_command(const std::filesystem::path& image, std::ostream& out) {
  out << firmware::to_toml(read_nvm_image(image));
  return 0;
}

int nvm_fields_command(bool json, std::ostream& out) {
  Json all = Json::array();
  for (const hw::NvmField& f : hw::nvm_fields()) {
    const bool number = f.kind == hw::NvmKind::bits;
    all.push_back(Json{{"name", f.name},
                       {"table", f.per_port ? "port" : "card"},
                       {"word", f.word},
                       {"bits", bits(f)},
                       {"default", number ? Json(f.value) : Json()},
                       {"documented", f.source == hw::NvmSource::documented},
                       {"description", f.what}});
  }
  if (json) {
    out << all.dump(2) << "\n";
    return 0;
  }
  for (const Json& f : all)
    out << hex(f["word"].get<unsigned>()) << "  " << f["table"].get<std::string>() << "  "
        << f["name"].get<std::string>() << " (" << f["bits"].get<std::string>()
        << "): " << f["description"].get<std::string>() << "\n";
  return 0;
}

}  // namespace niclab::lab
