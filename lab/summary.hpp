// summary.json: the machine-readable result of a run. Key names and order are a contract with scripts
// outside.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "lab/results.hpp"

namespace niclab::lab {

using Json = nlohmann::ordered_json;

/// The whole summary, keys in their order.
Json summary_json(const RunResult& r);

/// The value at a path such as "hosts.h1.proc.net/snmp.Udp.InDatagrams" or "hosts.h1.sockets[0].drops". Keys
/// may contain dots: at each step the longest key that lets the rest resolve wins. nullptr when there is
/// none.
const Json* find_metric(const Json& summary, std::string_view path);

/// The values at a path in which "[*]" stands for every element of an array and ".*" for every member of an
/// object, in their order; else as find_metric().
std::vector<const Json*> find_metrics(const Json& summary, std::string_view path);

/// Writes text to a file in one go. Throws UserError when it cannot.
void write_text_file(const std::filesystem::path& file, std::string_view text);

/// "0123456789abcdef".
std::string hex16(std::uint64_t v);

}  // namespace niclab::lab
