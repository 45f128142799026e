#include "lab/study/report_page.hpp"

#include <array>
#include <fstream>
#include <string_view>
#include <utility>

#include "lab/expect.hpp"
#include "lab/study/page/page.hpp"
#include "lab/study/report.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

std::string text_of(const Json& study, const char* key) {
  const auto it = study.find(key);
  return it != study.end() && it->is_string() ? it->get<std::string>() : std::string();
}

using Places = std::array<std::pair<std::string_view, std::string>, 8>;

/// The template with its places filled. What is put in is not looked at again.
std::string filled(std::string_view text, const Places& places) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    std::size_t taken = 1;
    for (const auto& [place, value] : places) {
      if (!text.starts_with(place)) continue;
      out.append(value);
      taken = place.size();
      break;
    }
    if (taken == 1) out += '@';
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace

std::string script_json(const Json& study) {
  const std::string json = study.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {  // "<" stands in strings only
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

std::string report_page(const Json& study) {
  const std::string title = text_of(study, "title");
  return filled(page::html(), {{{"@TITLE@", xml_escape(title.empty() ? text_of(study, "name") : title)},
                                {"@VERSION@", xml_escape(text_of(study, "version"))},
                                {"@LIBRARY_NAME@", xml_escape(page::library_name())},
                                {"@STYLE@", std::string(page::style())},
                                {"@STUDY@", script_json(study)},
                                {"@LIBRARY@", std::string(page::library())},
                                {"@CHARTS@", std::string(page::charts())},
                                {"@SCRIPT@", std::string(page::script())}}});
}

void write_report(const Json& study, const std::filesystem::path& dir, std::ostream& err) {
  const auto path = dir / "report.html";
  const std::string text = report_page(study);
  std::ofstream file(path, std::ios::binary);
  if (!file.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) {
    throw UserError("cannot write " + path.string());
  }
  write_pictures(study, dir, err);
}

}  // namespace niclab::lab::study
