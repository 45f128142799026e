#include "lab/shell/words.hpp"

#include <utility>

#include "lab/shell/command.hpp"

namespace niclab::lab::shell {
namespace {

[[noreturn]] void syntax_error(const std::string& what) {
  throw CommandError{"sh: 1: Syntax error: " + what + "\n", 2};
}

struct Token {
  std::string text;
  bool is_operator = false;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Lexer {
 public:
  explicit Lexer(std::string_view line) : rest_(line) {}

  std::vector<Token> all() {
    std::vector<Token> tokens;
    for (;;) {
      while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
      if (rest_.empty() || rest_[0] == '#') return tokens;
      if (const std::string_view op = take_operator(); !op.empty())
        tokens.push_back({std::string(op), true});
      else
        tokens.push_back({word(), false});
    }
  }

 private:
  std::string_view take_operator() {
    for (const std::string_view op : {"&&", "|", ";", ">"})
      if (rest_.starts_with(op)) {
        const std::string_view taken = rest_.substr(0, op.size());
        rest_.remove_prefix(op.size());
        return taken;
      }
    return {};
  }

  std::string word() {
    std::string w;
    while (!rest_.empty() && !is_blank(rest_[0]) && rest_[0] != '|' && rest_[0] != ';' && rest_[0] != '>' &&
           !rest_.starts_with("&&")) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '\'' || c == '"') {
        quoted(w, c);
      } else if (c == '\\' && !rest_.empty()) {
        w += rest_[0];
        rest_.remove_prefix(1);
      } else {
        w += c;
      }
    }
    return w;
  }

  void quoted(std::string& w, char quote) {
    while (!rest_.empty() && rest_[0] != quote) {
      const bool escape =
          quote == '"' && rest_[0] == '\\' && rest_.size() > 1 && (rest_[1] == '"' || rest_[1] == '\\');
      if (escape) rest_.remove_prefix(1);
      w += rest_[0];
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) syntax_error("Unterminated quoted string");
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

std::vector<RawPipeline> split_line(std::string_view line) {
  std::vector<RawPipeline> script;
  RawPipeline pipeline;
  std::vector<std::string> command;
  const auto end_command = [&](const std::string& before) {
    if (command.empty()) syntax_error("\"" + before + "\" unexpected");
    pipeline.commands.push_back(std::move(command));
    command.clear();
  };
  const auto end_pipeline = [&](const std::string& before) {
    end_command(before);
    script.push_back(std::move(pipeline));
    pipeline = {};
  };
  const std::vector<Token> tokens = Lexer(line).all();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (!t.is_operator) {
      command.push_back(t.text);
    } else if (t.text == "|") {
      end_command("|");
    } else if (t.text == ">") {
      if (i + 1 == tokens.size() || tokens[i + 1].is_operator) syntax_error("newline unexpected");
      pipeline.redirect = tokens[++i].text;
    } else {
      end_pipeline(t.text);
      pipeline.only_if_good = t.text == "&&";
    }
  }
  if (!command.empty()) {
    end_pipeline("newline");
  } else if (!pipeline.commands.empty() || pipeline.only_if_good || !pipeline.redirect.empty()) {
    syntax_error("end of file unexpected");
  }
  return script;
}

}  // namespace niclab::lab::shell
