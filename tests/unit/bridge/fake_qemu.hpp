// The other end of a qtest connection: a machine with one PCI function, whose registers interrupt when
// written.
#pragma once

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include "bridge/vfio_user/unique_fd.hpp"

namespace niclab::bridge::qtest {

/// BAR 0: 4 KB of registers, at 0x10 + 4v one that sends message v, at 0x80 one that raises (1) or lowers (0)
/// line 20. BAR 1: ports. BAR 3: the MSI-X table, four vectors. RAM begins at 1 MB. Configuration space may
/// be changed before the first connection.
class FakeQemu {
 public:
  static constexpr std::uint64_t kRam = 1 << 20, kRamSize = 1 << 20;

  FakeQemu() : ram_fd_(::memfd_create("ram", MFD_CLOEXEC)) {
    if (::ftruncate(ram_fd_.get(), kRam + kRamSize) != 0) throw std::bad_alloc();
    ram_ = static_cast<std::byte*>(
        ::mmap(nullptr, kRam + kRamSize, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd_.get(), 0));
    put(0x00, 0x10C98086);
    put(0x34, 0x70);
    put(0x70, 0x0003A011);  // MSI-X, four vectors
    put(0x74, 3);
    put(0xA0, 0x00020010);  // PCI Express, the last
  }
  ~FakeQemu() {
    if (thread_.joinable()) thread_.join();
    ::munmap(ram_, kRam + kRamSize);
  }
  FakeQemu(const FakeQemu&) = delete;
  FakeQemu& operator=(const FakeQemu&) = delete;

  /// Our end; the machine ends when it is closed.
  UniqueFd connect() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::bad_alloc();
    thread_ = std::thread([this, end = ends[1]] { serve(UniqueFd(end)); });
    return UniqueFd(ends[0]);
  }
  void put(unsigned offset, std::uint32_t value) { std::memcpy(&config_[offset], &value, 4); }
  int ram_fd() const { return ram_fd_.get(); }

  std::array<std::uint32_t, 6> bar_masks{0xFFFFF000, 0xFFE1, 0, 0xFFFFC004, 0xFFFFFFFF, 0};
  std::uint64_t clock = 1000;  ///< ns; while the machine runs, register 0x90 shows it

 private:
  void serve(UniqueFd fd) {
    std::string input;
    std::array<char, 512> some;
    for (ssize_t n = 0; (n = ::recv(fd.get(), some.data(), some.size(), 0)) > 0;) {
      input.append(some.data(), static_cast<std::size_t>(n));
      for (std::size_t end = 0; (end = input.find('\n')) != std::string::npos; input.erase(0, end + 1)) {
        const std::string answer = reply(input.substr(0, end)) + '\n';
        if (::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }
  static std::string ok(std::uint64_t value) {
    std::ostringstream text;
    text << "OK 0x" << std::hex << value;
    return text.str();
  }
  std::string reply(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t at = 0, value = 0;
    words >> name >> std::setbase(0) >> at >> value;
    if (name == "endianness") return "OK little";
    if (name == "irq_intercept_in") return "OK";
    if (name == "clock_step")
      return at == 0 ? "FAIL could not advance time" : "OK " + std::to_string(clock += at);
    const unsigned width = name.back() == 'b' ? 1 : name.back() == 'w' ? 2 : 4;
    name.pop_back();
    if (name == "out") return out(at, width, static_cast<std::uint32_t>(value));
    if (name == "in") return ok(in(at, width));
    if (name == "read") return ok(at == (get(0x10) & ~0xFull) + 0x90 ? clock : registers_[at]);
    if (name == "write") return write(at, static_cast<std::uint32_t>(value));
    return "FAIL Unknown command '" + line + "'";
  }
  std::uint32_t get(unsigned offset) const {
    std::uint32_t value = 0;
    std::memcpy(&value, &config_[offset], 4);
    return value;
  }
  bool selected() const { return (select_ & ~0xFFu) == (1u << 31 | 4u << 11); }  // 00:04.0
  std::string out(std::uint64_t port, unsigned width, std::uint32_t value) {
    if (port == 0xCF8) {
      select_ = value;
    } else if (port >= 0xCFC && port <= 0xCFF && selected()) {
      const unsigned offset = (select_ & 0xFC) + static_cast<unsigned>(port - 0xCFC);
      if (offset >= 0x10 && offset < 0x28) value &= bar_masks[(offset - 0x10) / 4];
      if (offset >= 0x10 && offset < 0x28) value |= bar_masks[(offset - 0x10) / 4] & 7;
      std::memcpy(&config_[offset], &value, width);
    }
    return "OK";
  }
  std::uint32_t in(std::uint64_t port, unsigned width) const {
    if (port < 0xCFC || port > 0xCFF || !selected()) return ~0u;
    std::uint32_t value = 0;
    std::memcpy(&value, &config_[(select_ & 0xFC) + (port - 0xCFC)], width);
    return value;
  }
  std::string write(std::uint64_t address, std::uint32_t value) {
    registers_[address] = value;
    const std::uint64_t base = get(0x10) & ~0xFull, table = get(0x1C) & ~0xFull;
    const std::uint64_t offset = address - base;
    if (offset >= 0x10 && offset < 0x20) {
      const std::uint64_t entry = table + 16 * ((offset - 0x10) / 4);
      const bool enabled = (config_[0x73] & 0x80) != 0 && (registers_[entry + 12] & 1) == 0;
      if (enabled) std::memcpy(ram_ + registers_[entry], &registers_[entry + 8], 4);
    }
    if (offset == 0x80) return std::string(value != 0 ? "IRQ raise 20\nOK" : "IRQ lower 20\nOK");
    return "OK";
  }

  UniqueFd ram_fd_;
  std::byte* ram_ = nullptr;
  std::array<std::uint8_t, 260> config_{};
  std::uint32_t select_ = 0;
  std::map<std::uint64_t, std::uint32_t> registers_;
  std::thread thread_;
};

}  // namespace niclab::bridge::qtest
