#include "lab/fst_sink.hpp"

#include <gtkwave/fstapi.h>

#include <cstring>

#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

static_assert(static_cast<int>(WaveScopeKind::function) == FST_ST_VCD_FUNCTION);
static_assert(static_cast<int>(WaveScopeKind::generate) == FST_ST_VCD_GENERATE);
static_assert(static_cast<int>(WaveScopeKind::joint) == FST_ST_VCD_UNION);
static_assert(static_cast<int>(WaveScopeKind::program) == FST_ST_VCD_PROGRAM);
static_assert(static_cast<int>(WaveDirection::input) == FST_VD_INPUT);
static_assert(static_cast<int>(WaveDirection::inout) == FST_VD_INOUT);

fstVarType type_of(WaveKind kind) {
  switch (kind) {
    case WaveKind::integer: return FST_VT_VCD_INTEGER;
    case WaveKind::parameter: return FST_VT_VCD_PARAMETER;
    case WaveKind::real: return FST_VT_VCD_REAL;
    case WaveKind::event: return FST_VT_VCD_EVENT;
    case WaveKind::text: return FST_VT_GEN_STRING;
    case WaveKind::logic: break;
  }
  return FST_VT_SV_LOGIC;
}

unsigned bits_of(const WaveTree::Signal& s) {
  switch (s.kind) {
    case WaveKind::text: return 0;  // as long as each value
    case WaveKind::real: return 64;
    case WaveKind::event: return 1;
    default: return s.bits;
  }
}

/// "tdt [15:0]": viewers show the range of a vector that its name tells them.
std::string shown_name(const WaveTree::Signal& s) {
  const bool range = s.kind == WaveKind::logic && s.bits > 1 && s.name.find('[') == std::string::npos;
  return range ? s.name + " [" + std::to_string(s.bits - 1) + ":0]" : s.name;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> p;
  for (const std::string& t : texts) p.push_back(t.c_str());
  return p;
}

std::size_t signals_in(void* reader) {
  std::size_t n = 0;
  while (const fstHier* h = fstReaderIterateHier(reader)) n += h->htyp == FST_HT_VAR;
  return n;
}

}  // namespace

FstSink::FstSink(const std::filesystem::path& file) : file_(file), fst_(fstWriterCreate(file.c_str(), 1)) {
  if (fst_ == nullptr)
    throw UserError(file.string() + ": cannot be created, expected a file that can be written");
  fstWriterSetPackType(fst_, FST_WR_PT_LZ4);
  fstWriterSetTimescaleFromString(fst_, "1ps");
  fstWriterSetDate(fst_, "");  // the same run, the same bytes
  fstWriterSetVersion(fst_, "niclab");
}

FstSink::~FstSink() {
  if (fst_ != nullptr) fstWriterClose(fst_);
}

std::vector<std::uint32_t> FstSink::begin(const WaveTree& tree) {
  std::vector<std::uint32_t> types(1);
  for (std::size_t i = 1; i < tree.enumerations.size(); ++i) {
    const WaveTree::Enumeration& e = tree.enumerations[i];
    auto names = pointers(e.names), values = pointers(e.values);
    types.push_back(fstWriterCreateEnumTable(fst_, e.type.c_str(), static_cast<std::uint32_t>(names.size()),
                                             0, names.data(), values.data()));
  }
  std::vector<std::uint32_t> numbers(tree.signals.size());
  declare(tree, 0, types, numbers);
  signals_ = tree.signals.size() - 1;
  return numbers;
}

void FstSink::declare(const WaveTree& tree, std::uint32_t scope, const std::vector<std::uint32_t>& types,
                      std::vector<std::uint32_t>& numbers) {
  for (const std::uint32_t i : tree.scopes[scope].signals) {
    const WaveTree::Signal& s = tree.signals[i];
    if (s.type != 0) fstWriterEmitEnumTableRef(fst_, types[s.type]);
    numbers[i] = fstWriterCreateVar(fst_, type_of(s.kind), static_cast<fstVarDir>(s.direction), bits_of(s),
                                    shown_name(s).c_str(), numbers[s.alias]);
  }
  for (const std::uint32_t i : tree.scopes[scope].scopes) {
    const WaveTree::Scope& s = tree.scopes[i];
    fstWriterSetScope(fst_, static_cast<fstScopeType>(s.kind), s.name.c_str(), nullptr);
    declare(tree, i, types, numbers);
    fstWriterSetUpscope(fst_);
  }
}

void FstSink::write(std::span<const std::byte> record) {
  while (!record.empty()) {
    FstRecorder::Item item{};
    std::memcpy(&item, record.data(), sizeof item);
    record = record.subspan(sizeof item);
    if (item.number == 0) {
      fstWriterEmitTimeChange(fst_, last_ps_ = item.value);
    } else if ((item.bits & FstRecorder::kText) != 0) {
      fstWriterEmitVariableLengthValueChange(fst_, item.number, record.data(),
                                             static_cast<std::uint32_t>(item.value));
      record = record.subspan((item.value + 7) / 8 * 8);
    } else if ((item.bits & FstRecorder::kWide) != 0) {
      words_.resize(item.value / sizeof(std::uint32_t) +
                    1);  // the library looks at the word behind whole ones
      std::memcpy(words_.data(), record.data(), item.value);
      fstWriterEmitValueChangeVec32(fst_, item.number, item.bits & ~FstRecorder::kWide, words_.data());
      record = record.subspan((item.value + 7) / 8 * 8);
    } else if (item.bits == FstRecorder::kReal) {
      fstWriterEmitValueChange(fst_, item.number, &item.value);
    } else {
      fstWriterEmitValueChange64(fst_, item.number, item.bits, item.value);
    }
  }
}

void FstSink::finish() {
  fstWriterClose(fst_);
  fst_ = nullptr;
  // The library does not say whether the disk took everything; a file that is not whole does not read back.
  void* reader = fstReaderOpen(file_.c_str());
  const bool whole =
      reader != nullptr && fstReaderGetEndTime(reader) == last_ps_ && signals_in(reader) == signals_;
  if (reader != nullptr) fstReaderClose(reader);
  if (!whole) throw UserError(file_.string() + ": cannot write, expected room on the disk");
}

void FstRecorder::add(const Item& item, std::span<const std::byte> bytes) {
  if (batch_.size() + sizeof item + bytes.size() + 7 > kBatch) flush();
  const auto head = std::as_bytes(std::span(&item, 1));
  batch_.insert(batch_.end(), head.begin(), head.end());
  batch_.insert(batch_.end(), bytes.begin(), bytes.end());
  batch_.resize((batch_.size() + 7) / 8 * 8);
}

void FstRecorder::flush() {
  if (!batch_.empty()) thread_.put(sink_, batch_);
  batch_.clear();
}

}  // namespace niclab::lab
