#include "lab/study/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>

#include "lab/child_run.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {

Journal::Journal(const std::filesystem::path& file) : file_(file) {
  fd_ = vfio_user::UniqueFd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd_.get() < 0)
    throw UserError(file.string() + ": cannot write, expected a folder with room and permission");
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0)
    throw UserError(file.string() +
                    ": another `niclab study` writes there, expected a folder of its own (--out)");
  const std::string text = read_text_file(file, "a journal");
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const Json line = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                  text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (line.is_discarded()) continue;
    try {
      const auto& hex = line.at("key").get_ref<const std::string&>();
      std::uint64_t key = 0;
      if (std::from_chars(hex.data(), hex.data() + hex.size(), key, 16).ec != std::errc{}) continue;
      runs_[key] = point_run_from_json(line.at("run"));
    } catch (const Json::exception&) {
      // Somebody else's line.
    }
  }
  // A line that was cut off must not become the beginning of the next.
  if (begin != text.size() && ::ftruncate(fd_.get(), static_cast<off_t>(begin)) != 0)
    throw UserError(file.string() + ": cannot write, expected a folder with room and permission");
}

const PointRun* Journal::find(std::uint64_t key) const {
  const auto it = runs_.find(key);
  return it == runs_.end() ? nullptr : &it->second;
}

void Journal::add(std::uint64_t key, const PointRun& run) {
  const std::string line = Json{{"key", hex16(key)}, {"run", to_json(run)}}.dump() + "\n";
  if (!write_all(fd_.get(), line.data(), line.size()))
    throw UserError(file_.string() + ": cannot write, expected a folder with room and permission");
  runs_[key] = run;
}

}  // namespace niclab::lab::study
