// The only file that includes spdlog.
#include "lab/kernel_log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "lab/user_error.hpp"

namespace niclab::lab {

KernelLog::KernelLog(const std::filesystem::path& file) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string(), true);
    logger_ = std::make_shared<spdlog::logger>("kernel", std::move(sink));
  } catch (const spdlog::spdlog_ex&) {
    throw UserError(file.string() + ": cannot write, expected a folder with room and permission");
  }
  logger_->set_pattern("%v");
}

KernelLog::~KernelLog() { logger_->flush(); }

void KernelLog::line(Time t, std::string_view host, std::string_view text) {
  const std::uint64_t us = t.ns() / 1000;
  logger_->info("[{:5}.{:06}] {}: {}", us / 1'000'000, us % 1'000'000, host, text);
}

}  // namespace niclab::lab
