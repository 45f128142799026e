// DIR/kernel.log: what the hosts' kernels say (printk), one line each, stamped with simulated time.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/time.hpp"

namespace spdlog {
class logger;
}

namespace niclab::lab {

class KernelLog {
 public:
  /// Creates the file. Throws UserError when it cannot.
  explicit KernelLog(const std::filesystem::path& file);
  ~KernelLog();
  /// "[    1.234567] h1: eth0: link up".
  void line(Time t, std::string_view host, std::string_view text);

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace niclab::lab
