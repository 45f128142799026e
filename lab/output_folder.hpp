// The folder a command leaves its results in.
#pragma once

#include <filesystem>

namespace niclab::lab {

/// Made when input has proven valid; unmade, as far as it was ours, when the run is refused after all.
class OutputFolder {
 public:
  /// Makes `folder` and removes what an earlier run left there. Throws UserError "--out FOLDER: …" when
  /// nothing can be written there.
  explicit OutputFolder(std::filesystem::path folder);
  /// Unmakes it unless keep() was called.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  void keep() { kept_ = true; }
  const std::filesystem::path& path() const { return folder_; }

 private:
  [[noreturn]] void fail();
  void discard();

  std::filesystem::path folder_;
  std::filesystem::path first_created_;  ///< the outermost folder that was not there before
  bool kept_ = false;
};

}  // namespace niclab::lab
