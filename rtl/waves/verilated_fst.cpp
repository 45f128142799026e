// The back end of Verilator's FST traces, written anew: it takes the place of the runtime's
// verilated_fst_c.cpp.
//
// Generated trace code declares its scopes, signals and enumerations on a VerilatedFst and tells changes to a
// VerilatedFstBuffer. Verilator's own members of these two classes write an FST file at once, in the
// simulation's thread, one file a VerilatedFst, all its models at each dump. Ours hand everything to a
// WaveSink: one file for all blocks and the models, ordered and written elsewhere, and a dump looks only at
// the block whose clock ticked. What is called `fst` in these classes, the void pointer to an open file, is
// our TraceFile.
//
// This leans on the internals of one version of Verilator, the one of Debian 12.
#include <verilated.h>
#include <verilated_fst_c.h>

#include <map>
#include <sstream>
#include <vector>

#include "rtl/waves/trace_file.hpp"

#define VL_SUB_T VerilatedFst
#define VL_BUF_T VerilatedFstBuffer
#include <verilated_trace_imp.h>
#undef VL_SUB_T
#undef VL_BUF_T

namespace {

using namespace niclab;

rtl::TraceFile& trace_file(void* fst) { return *static_cast<rtl::TraceFile*>(fst); }

WaveKind kind_of(fstVarType type) {
  switch (type) {
    case FST_VT_VCD_EVENT: return WaveKind::event;
    case FST_VT_VCD_INTEGER: return WaveKind::integer;
    case FST_VT_VCD_PARAMETER: return WaveKind::parameter;
    case FST_VT_VCD_REAL:
    case FST_VT_VCD_REAL_PARAMETER: return WaveKind::real;
    default: return WaveKind::logic;
  }
}

/// A word of a hierarchical name; a last character above 0x7F is the kind of its scope.
WaveScope enter(rtl::TraceFile& file, WaveScope parent, std::string word) {
  auto kind = WaveScopeKind::module;
  if ((word.back() & 0x80) != 0) {
    kind = static_cast<WaveScopeKind>(word.back() & 0x7F);
    word.pop_back();
  }
  return file.sink.scope(parent, word, kind);
}

void tell(void* fst, fstHandle signal, std::uint64_t value) {
  rtl::TraceFile& file = trace_file(fst);
  if (signal != file.clock.id) file.sink.set(file.now, {signal}, value);
}

}  // namespace

// --- the file ------------------------------------------------------------------------------------

VerilatedFst::VerilatedFst(void*) {}
VerilatedFst::~VerilatedFst() { delete[] m_symbolp; }

/// The name is the address of a TraceFile: only from now on there may be a file.
void VerilatedFst::open(const char* file) {
  const VerilatedLockGuard lock{m_mutex};
  m_fst = const_cast<char*>(file);
  fullDump(true);
  Super::traceInit();
  m_symbolp = new fstHandle[nextCode()]{};
  for (const auto& [code, signal] : m_code2symbol) m_symbolp[code] = signal;
}
void VerilatedFst::close() {}
void VerilatedFst::flush() {}
void VerilatedFst::emitTimeChange(uint64_t) {}
void VerilatedFst::configure(const VerilatedTraceConfig&) {}
VerilatedFst::Buffer* VerilatedFst::getTraceBuffer() { return new Buffer{*this}; }
void VerilatedFst::commitTraceBuffer(Buffer* buffer) { delete buffer; }

// --- declarations --------------------------------------------------------------------------------

void VerilatedFst::declDTypeEnum(int dtypenum, const char* name, uint32_t elements, unsigned int bits,
                                 const char** names, const char** values) {
  std::vector<std::string> padded;
  for (uint32_t i = 0; i < elements; ++i) {
    const std::string value = values[i];
    padded.push_back(std::string(bits > value.size() ? bits - value.size() : 0, '0') + value);
  }
  const std::vector<std::string_view> value_views(padded.begin(), padded.end());
  const std::vector<std::string_view> name_views(names, names + elements);
  m_local2fstdtype[dtypenum] = trace_file(m_fst).sink.enumeration(name, name_views, value_views).id;
}

void VerilatedFst::declare(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                           fstVarType type, bool array, int arraynum, bool bussed, int msb, int lsb) {
  const int bits = (msb > lsb ? msb - lsb : lsb - msb) + 1;
  if (!Super::declCode(code, name, static_cast<uint32_t>(bits), false)) return;
  rtl::TraceFile& file = trace_file(m_fst);
  // The words of the hierarchical name; the first scope is the model's own.
  std::istringstream words(namePrefix() + name);
  WaveScope scope = file.scope;
  std::string word, next;
  words >> word;
  for (bool own = true; words >> next; word = next, own = false)
    if (!own) scope = enter(file, scope, word);
  if (array) word += "[" + std::to_string(arraynum) + "]";
  if (bussed) word += " [" + std::to_string(msb) + ":" + std::to_string(lsb) + "]";
  const bool clock = scope.id == file.scope.id && word == "clk";
  const auto known = m_code2symbol.find(code);
  const WaveSignal signal = file.sink.declare(
      scope,
      {.name = word,
       .kind = kind_of(type),
       .bits = static_cast<unsigned>(bits),
       .type = {dtypenum > 0 ? m_local2fstdtype[dtypenum] : 0},
       .direction = static_cast<WaveDirection>(direction <= FST_VD_INOUT ? direction : FST_VD_IMPLICIT),
       .alias = {known != m_code2symbol.end() ? known->second : 0},
       .known = clock});
  if (known == m_code2symbol.end()) m_code2symbol[code] = signal.id;
  if (clock) file.clock = signal;
}

void VerilatedFst::declEvent(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                             fstVarType type, bool array, int arraynum) {
  declare(code, name, dtypenum, direction, type, array, arraynum, false, 0, 0);
}
void VerilatedFst::declBit(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                           fstVarType type, bool array, int arraynum) {
  declare(code, name, dtypenum, direction, type, array, arraynum, false, 0, 0);
}
void VerilatedFst::declBus(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                           fstVarType type, bool array, int arraynum, int msb, int lsb) {
  declare(code, name, dtypenum, direction, type, array, arraynum, true, msb, lsb);
}
void VerilatedFst::declQuad(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                            fstVarType type, bool array, int arraynum, int msb, int lsb) {
  declare(code, name, dtypenum, direction, type, array, arraynum, true, msb, lsb);
}
void VerilatedFst::declArray(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                             fstVarType type, bool array, int arraynum, int msb, int lsb) {
  declare(code, name, dtypenum, direction, type, array, arraynum, true, msb, lsb);
}
void VerilatedFst::declDouble(uint32_t code, const char* name, int dtypenum, fstVarDir direction,
                              fstVarType type, bool array, int arraynum) {
  declare(code, name, dtypenum, direction, type, array, arraynum, false, 63, 0);
}

// --- changes -------------------------------------------------------------------------------------

void VerilatedFstBuffer::emitEvent(uint32_t code, VlEvent) { tell(m_fst, m_symbolp[code], 1); }
void VerilatedFstBuffer::emitBit(uint32_t code, CData v) { tell(m_fst, m_symbolp[code], v); }
void VerilatedFstBuffer::emitCData(uint32_t code, CData v, int) { tell(m_fst, m_symbolp[code], v); }
void VerilatedFstBuffer::emitSData(uint32_t code, SData v, int) { tell(m_fst, m_symbolp[code], v); }
void VerilatedFstBuffer::emitIData(uint32_t code, IData v, int) { tell(m_fst, m_symbolp[code], v); }
void VerilatedFstBuffer::emitQData(uint32_t code, QData v, int) { tell(m_fst, m_symbolp[code], v); }
void VerilatedFstBuffer::emitWData(uint32_t code, const WData* v, int bits) {
  const rtl::TraceFile& file = trace_file(m_fst);
  file.sink.set_wide(file.now, {m_symbolp[code]}, {v, static_cast<std::size_t>(VL_WORDS_I(bits))});
}
void VerilatedFstBuffer::emitDouble(uint32_t code, double v) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &v, sizeof bits);
  tell(m_fst, m_symbolp[code], bits);
}
