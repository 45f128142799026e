// The host's files: those of its stack, and /proc/interrupts, /proc/softirqs, /proc/stat.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/shell/host.hpp"
#include "stack/admin/files.hpp"

namespace niclab::lab::shell {

using File = stack::admin::AdminFile;

/// All files of `host`, sorted by path. They refer to the host.
std::vector<File> files(Host& host);

/// nullptr when there is no such file.
const File* find_file(const std::vector<File>& all, std::string_view path);
/// Names in a folder, each once, sorted; empty when it is no folder.
std::vector<std::string> list_folder(const std::vector<File>& all, std::string_view path);
/// The files a pattern with * or ? names (path-map E-40), or the pattern itself when there are none.
std::vector<std::string> expand(const std::vector<File>& all, const std::string& pattern);

}  // namespace niclab::lab::shell
