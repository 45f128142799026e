// The readers of the single sections of a scenario (internal to lab/scenario*.cpp).
#pragma once

#include <filesystem>

#include "lab/scenario.hpp"
#include "lab/table_reader.hpp"

namespace niclab::lab {

void read_run(TableReader& root, Run& run);
void read_waves(TableReader& root, Waves& waves);
void read_cost(TableReader& root, CostModel& cost);
void read_pcie(TableReader& root, Pcie& pcie);
void read_fidelity(TableReader& root, std::map<std::string, std::string>& fidelity);
void read_trace(TableReader& root, TraceChoice& trace);
/// File names in the tree become absolute; those of the file are relative to `folder`.
void read_hosts(TableReader& root, Scenario& s, const std::filesystem::path& folder);
/// `[host.card]`.
void read_card(TableReader& host, sim::I350CardConfig& card, const std::filesystem::path& folder);
/// `[host.sysctl]`, whole names and values, known and in range.
void read_sysctl(TableReader& host, std::vector<std::pair<std::string, std::string>>& settings);
void read_apps(TableReader& root, Scenario& s);
/// The file that `key` names, absolute and there; its name in the tree becomes absolute. `what` it should be.
std::filesystem::path read_file_name(TableReader& t, std::string_view key,
                                     const std::filesystem::path& folder, const std::string& what);
/// Also puts the speed of a link into its NICs.
void read_links(TableReader& root, Scenario& s);
void read_wires(TableReader& root, Scenario& s);
/// File names in the tree become absolute; those of the file are relative to `folder`.
void read_traffic(TableReader& root, Scenario& s, const std::filesystem::path& folder);
void read_at(TableReader& root, Scenario& s);
void read_faults(TableReader& root, Scenario& s);
void read_expects(TableReader& root, Scenario& s);

/// What only shows when the sections are seen together: sockets twice, stations twice, runs without end.
void check_scenario(const Scenario& s);

}  // namespace niclab::lab
