// Where the shell's lines come from: a terminal with editing, history and completion, or anything else.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lab/shell/complete.hpp"

namespace niclab::lab::shell {

class LineReader {
 public:
  virtual ~LineReader() = default;
  /// The next line without its end; nullopt at the end of input. A line that was cancelled by Ctrl-C is
  /// empty.
  virtual std::optional<std::string> read(const std::string& prompt) = 0;
  /// Somebody sits at a terminal.
  virtual bool interactive() const = 0;
};

/// Lines as they stand in `in`; the prompt is not shown.
std::unique_ptr<LineReader> plain_reader(std::istream& in);

/// libedit on standard input and output; history in ~/.niclab_history.
std::unique_ptr<LineReader> terminal_reader(std::function<Completion(std::string_view)> completer);

}  // namespace niclab::lab::shell
