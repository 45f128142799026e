// The only file that includes libedit.
#include "lab/shell/line_editor.hpp"

#include <histedit.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace niclab::lab::shell {
namespace {

class PlainReader final : public LineReader {
 public:
  explicit PlainReader(std::istream& in) : in_(in) {}
  std::optional<std::string> read(const std::string&) override {
    std::string line;
    if (!std::getline(in_, line)) return std::nullopt;
    return line;
  }
  bool interactive() const override { return false; }

 private:
  std::istream& in_;
};

struct CloseEditLine {
  void operator()(EditLine* e) const { el_end(e); }
};
struct CloseHistory {
  void operator()(History* h) const { history_end(h); }
};

/// What all candidates begin with.
std::string common_start(const std::vector<std::string>& names) {
  std::string start = names.front();
  for (const std::string& n : names)
    start.resize(static_cast<std::size_t>(
        std::mismatch(start.begin(), start.end(), n.begin(), n.end()).first - start.begin()));
  return start;
}

class TerminalReader final : public LineReader {
 public:
  explicit TerminalReader(std::function<Completion(std::string_view)> completer)
      : completer_(std::move(completer)),
        edit_(el_init("niclab", stdin, stdout, stderr)),
        history_(history_init()) {
    // SIGINT shall end the wait for a key, not the process: without SA_RESTART el_gets returns.
    struct sigaction cancel {};
    cancel.sa_handler = [](int) {};
    sigaction(SIGINT, &cancel, nullptr);
    HistEvent event;
    history(history_.get(), &event, H_SETSIZE, 1000);
    history(history_.get(), &event, H_SETUNIQUE, 1);
    if (const char* home = std::getenv("HOME")) file_ = std::string(home) + "/.niclab_history";
    if (!file_.empty()) history(history_.get(), &event, H_LOAD, file_.c_str());
    el_set(edit_.get(), EL_CLIENTDATA, this);
    el_set(edit_.get(), EL_PROMPT, &TerminalReader::prompt);
    el_set(edit_.get(), EL_EDITOR, "emacs");
    el_set(edit_.get(), EL_HIST, history, history_.get());
    el_set(edit_.get(), EL_ADDFN, "niclab-complete", "complete the word", &TerminalReader::complete);
    el_set(edit_.get(), EL_BIND, "^I", "niclab-complete", nullptr);
  }
  ~TerminalReader() override {
    HistEvent event;
    if (!file_.empty()) history(history_.get(), &event, H_SAVE, file_.c_str());
  }
  TerminalReader(const TerminalReader&) = delete;
  TerminalReader& operator=(const TerminalReader&) = delete;

  std::optional<std::string> read(const std::string& text) override {
    prompt_ = text;
    int length = 0;
    errno = 0;
    const char* line = el_gets(edit_.get(), &length);
    if (line == nullptr && errno == EINTR) {
      std::fputs("\n", stdout);
      el_reset(edit_.get());
      return std::string();
    }
    if (line == nullptr || length <= 0) {
      std::fputs("\n", stdout);
      return std::nullopt;
    }
    std::string s(line, static_cast<std::size_t>(length));
    while (s.ends_with('\n')) s.pop_back();
    HistEvent event;
    if (!s.empty()) history(history_.get(), &event, H_ENTER, s.c_str());
    return s;
  }
  bool interactive() const override { return true; }

 private:
  static TerminalReader& of(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return *static_cast<TerminalReader*>(self);
  }
  static char* prompt(EditLine* edit) { return of(edit).prompt_.data(); }

  static unsigned char complete(EditLine* edit, int) {
    const LineInfo* line = el_line(edit);
    const std::string_view before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
    const Completion c = of(edit).completer_(before);
    if (c.candidates.empty()) return CC_ERROR;
    std::string rest = common_start(c.candidates).substr(c.word.size());
    if (c.candidates.size() == 1 && !c.candidates[0].ends_with('/')) rest += " ";
    if (!rest.empty()) return el_insertstr(edit, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    std::fputs("\n", stdout);
    for (const std::string& name : c.candidates) std::printf("%s  ", name.c_str());
    std::fputs("\n", stdout);
    return CC_REDISPLAY;
  }

  std::function<Completion(std::string_view)> completer_;
  std::unique_ptr<EditLine, CloseEditLine> edit_;
  std::unique_ptr<History, CloseHistory> history_;
  std::string prompt_, file_;
};

}  // namespace

std::unique_ptr<LineReader> plain_reader(std::istream& in) { return std::make_unique<PlainReader>(in); }

std::unique_ptr<LineReader> terminal_reader(std::function<Completion(std::string_view)> completer) {
  return std::make_unique<TerminalReader>(std::move(completer));
}

}  // namespace niclab::lab::shell
