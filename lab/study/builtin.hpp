// The studies that come with the command: the files of studies/.
#pragma once

#include <span>
#include <string_view>

namespace niclab::lab::study {

struct BuiltinFile {
  std::string_view name;  ///< without folder and ".toml"
  std::string_view (*text)();
};

/// Sorted by name. Those whose name ends in "_base" are scenarios, the others studies.
std::span<const BuiltinFile> builtin_files();

/// nullptr when there is none of that name.
const BuiltinFile* find_builtin(std::string_view name);

}  // namespace niclab::lab::study
