// [host.card]: what the ports of a host's card share.
#include "lab/nvm_image.hpp"
#include "lab/scenario_sections.hpp"

namespace niclab::lab {
namespace {

void read_firmware_hold(TableReader& t, sim::I350CardConfig& card) {
  hw::FirmwareHold hold;
  const std::vector<std::string_view> names(hw::kSharedResources.begin(), hw::kSharedResources.end());
  hold.resource = static_cast<hw::SharedResource>(t.choice("resource", names, std::nullopt));
  hold.from = Time{} + t.duration("from").value_or(Duration{});
  hold.duration = t.duration("duration");
  hold.every = t.duration("every");
  if (hold.duration == Duration{}) throw t.error("duration", "is zero", "a time above 0");
  if (hold.every && (!hold.duration || *hold.every <= *hold.duration))
    throw t.error("every", "is not above duration",
                  "a time after which firmware comes again, above duration");
  card.firmware.push_back(hold);
}

unsigned read_ports(TableReader& t, const ConfigNode* nics) {
  const unsigned ports = t.one_of("ports", 4, {1, 2, 4});
  const std::size_t needed = nics != nullptr && nics->is_array() ? nics->array().size() : 0;
  if (ports < needed)
    throw t.error("ports", "is " + std::to_string(ports),
                  "at least one for each of the host's " + std::to_string(needed) + " NICs");
  return ports;
}

}  // namespace

std::filesystem::path read_file_name(TableReader& t, std::string_view key,
                                     const std::filesystem::path& folder, const std::string& what) {
  const auto name = t.required_text(key, "a " + what);
  if (name.empty()) return {};
  ConfigNode* node = t.node(key);
  std::filesystem::path file(name);
  if (file.is_relative()) file = (node->where.command_line ? std::filesystem::current_path() : folder) / file;
  file = file.lexically_normal();
  std::error_code ec;
  if (!std::filesystem::is_regular_file(file, ec))
    throw t.error(key, "cannot read \"" + name + "\"", "an existing " + what);
  node->value = file.string();
  return file;
}

void read_card(TableReader& host, sim::I350CardConfig& card, const std::filesystem::path& folder) {
  const ConfigNode* nics = host.node("nic");
  host.table("card", [&](TableReader& t) {
    if (t.node("ports") != nullptr) card.ports = read_ports(t, nics);
    if (t.node("nvm") != nullptr) card.nvm = read_nvm_image(read_file_name(t, "nvm", folder, "NVM image"));
    card.clock_ppb = t.integer("clock_ppb", -1'000'000, 1'000'000).value_or(0);
    card.pass_through = t.choice("manageability", {"none", "pass_through"}, 0) == 1;
    t.each("firmware", [&](TableReader& hold) { read_firmware_hold(hold, card); });
  });
}

}  // namespace niclab::lab
