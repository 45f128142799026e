// The page of a study.
#include "lab/study/report.hpp"

namespace niclab::lab::study {

void write_report(const Json& study, const std::filesystem::path& dir, std::ostream&) {
  write_text_file(dir / "report.json", study.dump(1) + "\n");
}

}  // namespace niclab::lab::study
