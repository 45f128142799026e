#include "tlm/iommu.hpp"

#include <bit>
#include <cstring>

namespace niclab::sim {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kMaxPages = 1u << 19;  // 2 GiB of bus addresses

const char* base_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash != nullptr ? slash + 1 : path;
}

std::string hex(std::uint64_t v) {
  char s[32];
  std::snprintf(s, sizeof s, "0x%llx", static_cast<unsigned long long>(v));
  return s;
}

}  // namespace

std::string DmaFault::to_string() const {
  return "DMA fault at " + std::to_string(time.ns()) + " ns: port " + std::to_string(port) + " " +
         (write ? "writes " : "reads ") + std::to_string(length) + " B at " + hex(address) + ": " + reason;
}

Iommu::Iommu(HostMemory& memory, const PcieConfig& config)
    : memory_(memory),
      base_(config.iova_bits > 32 ? 0x1'0000'0000ull : 0x4000'0000ull),
      hit_(config.iommu_hit),
      miss_(config.iommu_miss),
      iotlb_(std::bit_ceil(config.iotlb_entries), ~std::uint64_t{0}),
      iotlb_mask_(iotlb_.size() - 1) {}

std::size_t Iommu::allocate(std::size_t pages) {
  if (pages == 1 && free_single_.size() > kQuarantine) {
    const std::size_t index = free_single_.front();
    free_single_.pop_front();
    return index;
  }
  const std::size_t index = fresh_;
  fresh_ += pages;
  if (fresh_ > kMaxPages)
    throw SimulationError("IOMMU: bus addresses exhausted: a driver maps and never unmaps");
  if (pages_.size() < fresh_) pages_.resize(std::max<std::size_t>(fresh_, pages_.size() * 2));
  return index;
}

DmaAddress Iommu::map(std::span<std::byte> memory, DmaDirection direction,
                      const std::source_location& where) {
  if (memory.empty() || !memory_.contains(memory.data(), memory.size()))
    throw SimulationError("dma_map of memory that is not host memory, at " + std::string(where.file_name()) +
                          ":" + std::to_string(where.line()));
  const std::uint64_t physical = memory_.physical(memory.data()).value;
  const std::uint64_t offset = physical % kPage;
  const std::size_t count = (offset + memory.size() + kPage - 1) / kPage;
  const std::size_t index = allocate(count);
  std::uint64_t left = memory.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t first = i == 0 ? offset : 0;
    const std::uint64_t n = std::min(left, kPage - first);
    pages_[index + i] = {memory.data() - offset + i * kPage,
                         static_cast<std::uint16_t>(first),
                         static_cast<std::uint16_t>(first + n),
                         true,
                         direction,
                         static_cast<std::uint32_t>(i == 0 ? count : 0),
                         where.file_name(),
                         where.line()};
    left -= n;
  }
  ++live_;
  return {base_ + index * kPage + offset};
}

Iommu::Page* Iommu::page_of(std::uint64_t address) {
  if (address < base_) return nullptr;
  const std::uint64_t index = (address - base_) / kPage;
  return index < fresh_ ? &pages_[index] : nullptr;
}

bool Iommu::unmap(DmaAddress address, std::size_t size, const std::source_location& where) {
  Page* first = page_of(address.value);
  const std::uint64_t offset = address.value % kPage;
  if (first == nullptr || !first->live || first->pages != (offset + size + kPage - 1) / kPage ||
      first->first != offset)
    return false;
  const std::uint32_t count = first->pages;
  for (std::uint32_t i = 0; i < count; ++i) {
    first[i].live = false;
    first[i].file = where.file_name();
    first[i].line = where.line();
  }
  --live_;
  if (count == 1) free_single_.push_back(static_cast<std::size_t>(first - pages_.data()));
  return true;
}

std::byte* Iommu::access(std::uint64_t address, std::uint32_t length, bool device_writes,
                         std::string& reason) {
  const std::uint64_t offset = address % kPage;
  Page* p = page_of(address);
  if (p == nullptr || p->file == nullptr) {
    reason = "never mapped";
    return nullptr;
  }
  const auto who = [p] { return std::string(base_name(p->file)) + ":" + std::to_string(p->line); };
  if (!p->live) {
    reason = "unmapped at " + who();
    return nullptr;
  }
  if (offset < p->first || offset + length > p->end) {
    reason = "outside the " + std::to_string(p->end - p->first) + " B mapped at " + who();
    return nullptr;
  }
  if (p->direction == (device_writes ? DmaDirection::to_device : DmaDirection::from_device)) {
    reason = std::string("wrong direction, mapped ") + (device_writes ? "to_device" : "from_device") +
             " at " + who();
    return nullptr;
  }
  return p->memory + offset;
}

}  // namespace niclab::sim
