#include "lab/output_folder.hpp"

#include <system_error>

#include "lab/summary.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(fs::path folder) : folder_(std::move(folder)) {
  std::error_code ec;
  for (fs::path p = fs::absolute(folder_).lexically_normal(); !p.empty() && !fs::exists(p, ec);
       p = p.parent_path())
    first_created_ = p;
  fs::create_directories(folder_, ec);
  if (ec || !fs::is_directory(folder_, ec)) fail();
  const auto probe = folder_ / ".niclab-probe";
  try {
    write_text_file(probe, "");
  } catch (const UserError&) {
    fail();
  }
  fs::remove(probe, ec);
  for (const char* stale :
       {"summary.json", "scenario.json", "junit.xml", "kernel.log", "waves.fst", "trace.json"})
    fs::remove(folder_ / stale, ec);
}

OutputFolder::~OutputFolder() {
  if (!kept_) discard();
}

void OutputFolder::fail() {
  discard();
  throw UserError("--out " + folder_.string() +
                  ": cannot write there, expected a folder that can be created");
}

void OutputFolder::discard() {
  std::error_code ec;
  if (!first_created_.empty()) fs::remove_all(first_created_, ec);
}

}  // namespace niclab::lab
