#include "lab/nvm_image.hpp"

#include <vector>

#include "firmware/image.hpp"
#include "hw/nvm_fields.hpp"
#include "lab/table_reader.hpp"

namespace niclab::lab {
namespace {

using hw::Nvm;
using hw::NvmField;
using hw::NvmKind;

void read_address(TableReader& t, const NvmField& f, Nvm& nvm, unsigned port) {
  if (const auto mac = t.parsed(f.name, MacAddress::parse, "a MAC address", "\"02:00:00:00:00:01\""))
    set(nvm, f, *mac, port);
}

void read_part_number(TableReader& t, const NvmField& f, Nvm& nvm) {
  const std::string expected = "an even number of printable characters, at most " +
                               std::to_string(hw::kPbaCharacters) + ", without blanks and quotes";
  const auto text = t.text(f.name, expected);
  if (!text) return;
  if (!Nvm::is_pba(*text)) throw t.error(f.name, "\"" + *text + "\" is not a part number", expected);
  set(nvm, f, *text);
}

void read_number(TableReader& t, const NvmField& f, Nvm& nvm, unsigned port) {
  if (const auto n = t.integer(f.name, 0, f.limit())) set(nvm, f, static_cast<std::uint16_t>(*n), port);
}

void read_fields(TableReader& t, Nvm& nvm, bool per_port, unsigned port) {
  for (const NvmField& f : hw::nvm_fields()) {
    if (f.per_port != per_port) continue;
    switch (f.kind) {
      case NvmKind::bits: read_number(t, f, nvm, port); break;
      case NvmKind::mac: read_address(t, f, nvm, port); break;
      case NvmKind::pba: read_part_number(t, f, nvm); break;
    }
  }
}

/// One [[raw]]. `taken`: which words such a table has given already.
void read_raw(TableReader& t, Nvm& nvm, std::vector<bool>& taken) {
  const std::string expected = "a list of words from 0 to 0xFFFF";
  t.require(firmware::kRawAt, "the address of the first word");
  t.require(firmware::kRawWords, expected);
  const auto at = t.integer(firmware::kRawAt, 0, nvm.size() - 1);
  const ConfigNode* list = t.node(firmware::kRawWords);
  if (!at || list == nullptr) return;
  if (!list->is_array() || list->array().empty())
    throw t.error(firmware::kRawWords, "is " + shown(*list), expected);
  auto address = static_cast<unsigned>(*at);
  for (const ConfigNode& word : list->array()) {
    const auto* value = std::get_if<std::int64_t>(&word.value);
    if (value == nullptr || *value < 0 || *value > 0xFFFF)
      throw t.error(firmware::kRawWords, "holds " + shown(word), expected);
    if (address >= nvm.size())
      throw t.error(firmware::kRawWords, "goes beyond the part",
                    "at most " + std::to_string(nvm.size()) + " words in all");
    if (taken[address])
      throw t.error(firmware::kRawAt, "word " + std::to_string(address) + " is given twice",
                    "each word once");
    taken[address] = true;
    nvm.set_word(address++, static_cast<std::uint16_t>(*value));
  }
}

unsigned read_size(TableReader& root) {
  const unsigned words = root.number(firmware::kWordsKey, Nvm::kWords, 0, UINT32_MAX);
  if (!Nvm::is_size(words))
    throw root.error(
        firmware::kWordsKey, "is " + std::to_string(words),
        "a power of two from " + std::to_string(Nvm::kSmallest) + " to " + std::to_string(Nvm::kLargest));
  return words;
}

}  // namespace

Nvm nvm_from_toml(std::string_view text, const std::string& source) {
  ConfigNode tree = parse_toml(text, source, "an NVM image in TOML");
  TableReader root(tree, "");
  Nvm nvm = Nvm::make_plain(read_size(root));
  root.table(firmware::kCardTable, [&](TableReader& t) { read_fields(t, nvm, false, 0); });
  for (unsigned port = 0; port < Nvm::kSections; ++port)
    root.table(firmware::kPortTables[port], [&](TableReader& t) { read_fields(t, nvm, true, port); });
  nvm.fix_checksums();
  std::vector<bool> taken(nvm.size());
  root.each(firmware::kRawTables, [&](TableReader& t) { read_raw(t, nvm, taken); });
  root.finish();
  return nvm;
}

Nvm read_nvm_image(const std::filesystem::path& file) {
  const std::string text = read_text_file(file, "an NVM image");
  if (file.extension() == ".toml") return nvm_from_toml(text, file.string());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (auto nvm = firmware::from_bytes({bytes, text.size()})) return *std::move(nvm);
  throw UserError(file.string() + ": has " + std::to_string(text.size()) +
                  " bytes, expected an NVM image of " + std::to_string(2 * Nvm::kSmallest) + " to " +
                  std::to_string(2 * Nvm::kLargest) + " bytes, a power of two");
}

}  // namespace niclab::lab
