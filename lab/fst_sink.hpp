// An FST file (the format of GTKWave), written by a writer thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/waves.hpp"
#include "lab/writer_thread.hpp"

namespace niclab::lab {

/// What a file will hold: a tree of scopes with signals. Handles are those of base/waves.hpp; the first of
/// each is for none (the top scope).
struct WaveTree {
  struct Enumeration {
    std::string type;
    std::vector<std::string> names, values;
  };
  struct Signal {
    std::string name;
    WaveKind kind = WaveKind::logic;
    unsigned bits = 1;
    std::uint32_t type = 0;   ///< index of an enumeration
    std::uint32_t alias = 0;  ///< index of a signal
    WaveDirection direction = WaveDirection::implicit;
    bool known = true;
  };
  struct Scope {
    std::string name;
    WaveScopeKind kind = WaveScopeKind::module;
    std::vector<std::uint32_t> scopes, signals;
  };
  std::vector<Enumeration> enumerations{1};
  std::vector<Signal> signals{1};
  std::vector<Scope> scopes{1};
};

/// Time unit 1 ps. begin() declares everything, then records may come. The same records give the same bytes.
class FstSink final : public WriterThread::Sink {
 public:
  /// Creates the file. Throws UserError when it cannot.
  explicit FstSink(const std::filesystem::path& file);
  ~FstSink() override;
  FstSink(const FstSink&) = delete;
  FstSink& operator=(const FstSink&) = delete;

  /// Declares the tree, before the first record is put. Returns each signal's number in the file.
  std::vector<std::uint32_t> begin(const WaveTree& tree);

  void write(std::span<const std::byte> record) override;
  void finish() override;

 private:
  void declare(const WaveTree& tree, std::uint32_t scope, const std::vector<std::uint32_t>& types,
               std::vector<std::uint32_t>& numbers);
  const std::filesystem::path file_;
  void* fst_;
  std::uint64_t last_ps_ = 0;
  std::size_t signals_ = 0;
  std::vector<std::uint32_t> words_;
};

/// Collects changes into records of an FstSink.
class FstRecorder {
 public:
  FstRecorder(WriterThread& thread, FstSink& sink) : thread_(thread), sink_(sink) { batch_.reserve(kBatch); }
  /// What follows happens at `ps`; times increase strictly.
  void time(std::uint64_t ps) { add({0, 0, ps}, {}); }
  /// `number` as begin() gave it.
  void value(std::uint32_t number, unsigned bits, std::uint64_t v) { add({number, bits, v}, {}); }
  void real(std::uint32_t number, std::uint64_t bits_of_double) { add({number, kReal, bits_of_double}, {}); }
  void text(std::uint32_t number, std::span<const std::byte> t) { add({number, kText, t.size()}, t); }
  /// Words of 32 bits, lowest first.
  void wide(std::uint32_t number, unsigned bits, std::span<const std::byte> words) {
    add({number, kWide | bits, words.size()}, words);
  }
  /// Hands over what is collected.
  void flush();

  struct Item {
    std::uint32_t number;  ///< 0: a time
    std::uint32_t bits;    ///< or what it is
    std::uint64_t value;   ///< or the number of bytes that follow, filled up to a multiple of 8
  };
  static constexpr std::uint32_t kText = 1u << 31, kWide = 1u << 30, kReal = 1u << 29;

 private:
  static constexpr std::size_t kBatch = std::size_t{1} << 16;
  void add(const Item& item, std::span<const std::byte> bytes);
  WriterThread& thread_;
  FstSink& sink_;
  std::vector<std::byte> batch_;
};

}  // namespace niclab::lab
