#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <vector>

#include "lab/child_run.hpp"
#include "lab/study/page/page.hpp"
#include "lab/study/report_page.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

constexpr int kNotThere = 127;

struct Tool {
  const char* name;
  const char* package;  ///< Debian's
};
constexpr Tool kNode{"node", "nodejs"}, kConvert{"rsvg-convert", "librsvg2-bin"};

/// Why there are no pictures, as the end of a sentence.
struct NoPictures {
  std::string why;
};

/// Replaces the process by the tool, with `input` to read and `output` to write to.
int become(const Tool& tool, const std::vector<const char*>& arguments, std::string_view input, int output) {
  const int in = memfd_create("niclab", MFD_CLOEXEC);
  if (in < 0 || !write_all(in, input.data(), input.size()) || lseek(in, 0, SEEK_SET) != 0) return 1;
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(in, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  std::vector<char*> words{const_cast<char*>(tool.name)};
  for (const char* a : arguments) words.push_back(const_cast<char*>(a));
  words.push_back(nullptr);
  execvp(tool.name, words.data());
  return kNotThere;
}

/// What the tool prints when it reads `input`.
std::string output_of(const Tool& tool, const std::vector<const char*>& arguments, std::string_view input) {
  ChildRun child([&](int fd) { return become(tool, arguments, input, fd); });
  std::string text = child.read_all();
  const int code = child.wait();
  if (code == kNotThere) {
    throw NoPictures{std::string(tool.name) + " is not there (Debian package " + tool.package + ")"};
  }
  if (code != 0) throw NoPictures{std::string(tool.name) + " failed with exit code " + std::to_string(code)};
  return text;
}

std::string program(const Json& study) {
  std::string text = "const LIBRARY = (() => { const exports = {}, module = {exports};\n";
  text.append(page::library()).append("\nreturn module.exports; })();\n");
  text.append(page::charts()).append("\nconst STUDY = ").append(script_json(study)).append(";\n");
  return text.append(page::render());
}

std::filesystem::path picture(const std::filesystem::path& dir, std::size_t n) {
  return dir / ("plot-" + std::to_string(n) + ".png");
}

void draw(const Json& study, const std::filesystem::path& dir) {
  const Json pictures = Json::parse(output_of(kNode, {"-"}, program(study)), nullptr, false);
  if (!pictures.is_array()) throw NoPictures{"node printed something else"};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (!pictures[i].is_string()) continue;  // the page says why it cannot be drawn
    const std::string bytes = output_of(kConvert, {"--zoom=1.5"}, pictures[i].get_ref<const std::string&>());
    const auto path = picture(dir, i + 1);
    std::ofstream file(path, std::ios::binary);
    if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush()) {
      throw UserError("cannot write " + path.string());
    }
  }
}

}  // namespace

void write_pictures(const Json& study, const std::filesystem::path& dir, std::ostream& err) {
  for (std::size_t n = 1; std::filesystem::remove(picture(dir, n)); ++n) {
  }
  if (!study.contains("plots") || study["plots"].empty()) return;
  try {
    draw(study, dir);
  } catch (const NoPictures& reason) {
    err << "niclab: no pictures of the plots: " << reason.why << "; report.html has them all\n";
  } catch (const UserError&) {
    throw;
  } catch (const std::runtime_error& e) {
    err << "niclab: no pictures of the plots: " << e.what() << "; report.html has them all\n";
  }
}

}  // namespace niclab::lab::study
