// An FST file read back whole, for tests: signals by their path, and every change.
#pragma once

#include <gtkwave/fstapi.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace niclab::test {

class FstFile {
 public:
  struct Change {
    std::uint64_t ps;
    std::string value;  ///< binary digits, or a text
    bool operator==(const Change&) const = default;
  };
  struct Signal {
    fstHandle handle = 0;
    unsigned bits = 0;
    bool event = false;
    std::map<std::string, std::string> names;  ///< of values (binary)
  };

  explicit FstFile(const std::filesystem::path& file) {
    void* const reader = fstReaderOpen(file.c_str());
    if (reader == nullptr) throw std::runtime_error(file.string() + ": not an FST file");
    timescale = fstReaderGetTimescale(reader);
    end_ps = fstReaderGetEndTime(reader);
    read_hierarchy(reader);
    fstReaderSetFacProcessMaskAll(reader);
    fstReaderIterBlocks2(reader, &FstFile::change, &FstFile::text_change, this, nullptr);
    fstReaderClose(reader);
  }

  /// "h1.eth0.tx.doorbell"
  const Signal& signal(const std::string& path) const {
    const auto it = signals.find(path);
    if (it == signals.end()) throw std::runtime_error("no signal " + path);
    return it->second;
  }
  const std::vector<Change>& changes(const std::string& path) const {
    return changes_.at(signal(path).handle - 1);
  }
  /// Instants of an event, or at which a signal takes this value.
  std::vector<std::uint64_t> times(const std::string& path, const std::string& value = "1") const {
    std::vector<std::uint64_t> t;
    for (const Change& c : changes(path))
      if (c.value == value) t.push_back(c.ps);
    return t;
  }
  /// The value at this instant, after all its changes.
  std::string at(const std::string& path, std::uint64_t ps) const {
    const auto& list = changes(path);
    const auto after = std::find_if(list.begin(), list.end(), [&](const Change& c) { return c.ps > ps; });
    return after == list.begin() ? "" : std::prev(after)->value;
  }
  std::uint64_t value_at(const std::string& path, std::uint64_t ps) const {
    return std::stoull(at(path, ps), nullptr, 2);
  }

  std::map<std::string, Signal> signals;
  int timescale = 0;  ///< power of ten of a second
  std::uint64_t end_ps = 0;
  bool in_order = true;  ///< times never went back while reading

 private:
  void read_hierarchy(void* reader) {
    std::vector<std::string> scopes;
    std::map<std::uint64_t, std::map<std::string, std::string>> tables;
    std::uint64_t table = 0;
    fstHandle handles = 0;
    while (const fstHier* h = fstReaderIterateHier(reader)) {
      if (h->htyp == FST_HT_SCOPE) scopes.emplace_back(h->u.scope.name);
      if (h->htyp == FST_HT_UPSCOPE) scopes.pop_back();
      if (h->htyp == FST_HT_ATTRBEGIN && h->u.attr.subtype == FST_MT_ENUMTABLE) {
        if (h->u.attr.name_length != 0) {
          fstETab* e = fstUtilityExtractEnumTableFromString(h->u.attr.name);
          for (unsigned i = 0; i < e->elem_count; ++i)
            tables[h->u.attr.arg][e->val_arr[i]] = e->literal_arr[i];
          fstUtilityFreeEnumTable(e);
        } else {
          table = h->u.attr.arg;
        }
      }
      if (h->htyp != FST_HT_VAR) continue;
      std::string path;
      for (const std::string& s : scopes) path += s + ".";
      path += std::string(h->u.var.name).substr(0, std::string(h->u.var.name).find(' '));
      handles = std::max(handles, h->u.var.handle);
      signals[path] = {h->u.var.handle, h->u.var.length, h->u.var.typ == FST_VT_VCD_EVENT,
                       table != 0 ? tables[table] : std::map<std::string, std::string>()};
      table = 0;
    }
    changes_.resize(handles);
  }
  void add(std::uint64_t ps, fstHandle handle, std::string value) {
    in_order = in_order && ps >= last_;
    last_ = ps;
    changes_.at(handle - 1).push_back({ps, std::move(value)});
  }
  static void change(void* self, std::uint64_t ps, fstHandle handle, const unsigned char* value) {
    static_cast<FstFile*>(self)->add(ps, handle, reinterpret_cast<const char*>(value));
  }
  static void text_change(void* self, std::uint64_t ps, fstHandle handle, const unsigned char* value,
                          std::uint32_t length) {
    static_cast<FstFile*>(self)->add(ps, handle, std::string(reinterpret_cast<const char*>(value), length));
  }
  std::vector<std::vector<Change>> changes_;
  std::uint64_t last_ = 0;
};

}  // namespace niclab::test
