// One client and the function it drives: answers requests, keeps its memory and its interrupt descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridge/vfio_user/client_memory.hpp"
#include "bridge/vfio_user/connection.hpp"

namespace niclab::vfio_user {

/// What a session serves: one PCI function. Errors are errno values, 0 is none.
class ServedFunction {
 public:
  virtual ~ServedFunction() = default;
  struct Region {
    std::uint64_t size = 0;  ///< 0: not there
    bool readable = false, writable = false;
  };
  virtual Region region(std::uint32_t index) const = 0;
  /// Vectors of an interrupt index.
  virtual std::uint32_t vectors(std::uint32_t index) const = 0;
  /// An access inside a region; its length may be anything.
  virtual int read(std::uint32_t region, std::uint64_t offset, std::span<std::byte> into) = 0;
  virtual int write(std::uint32_t region, std::uint64_t offset, std::span<const std::byte> from) = 0;
  virtual void reset() = 0;
  /// A vector of MSI-X got an eventfd, or lost it.
  virtual void bound(std::uint32_t vector, bool has_eventfd) = 0;
  /// An answer to ClientSession::ask_read(); empty: the client refused.
  virtual void dma_read_done(std::uint64_t token, std::span<const std::byte> data) = 0;
};

/// Counts of a session, for reports.
struct SessionCounters {
  std::uint64_t requests = 0, region_reads = 0, region_writes = 0, dma_read_messages = 0,
                dma_write_messages = 0, interrupts = 0;
};

class Session {
 public:
  Session(UniqueFd socket, ServedFunction& function);

  /// Handles what has arrived. False when the session is over; reason() says why.
  bool serve();
  /// Sends what is left to send; as serve().
  bool flush();
  bool wants_to_send() const { return connection_.unsent(); }
  int fd() const { return connection_.fd(); }
  /// Why it ended: "client closed the connection", or what was wrong, in one line.
  const std::string& reason() const { return reason_; }

  // --- the device's side -------------------------------------------------------------------------
  ClientMemory& memory() { return memory_; }
  /// DMA to memory that has to be asked for by message.
  void send_write(std::uint64_t iova, std::span<const std::byte> data);
  void ask_read(std::uint64_t iova, std::uint32_t bytes, std::uint64_t token);
  /// An MSI or MSI-X message, after all writes that went before it. Without a descriptor it waits for one.
  void trigger(std::uint32_t index, std::uint32_t vector);
  /// Level of the INTx pin. A rising level is told once, until the client unmasks.
  void set_intx(bool asserted);
  const SessionCounters& counters() const { return counters_; }

 private:
  struct Vector {
    UniqueFd eventfd;
    bool pending = false;
  };
  /// What must come in order: a write the client has not acknowledged, or an interrupt behind one.
  struct Ordered {
    std::optional<std::uint16_t> write;
    std::uint32_t index = 0, vector = 0;
  };
  struct Asked {
    bool read = false;
    std::uint64_t token = 0;
    std::uint32_t bytes = 0;
  };
  bool over(std::string reason);
  bool handle(Message& m);
  bool handle_reply(const Message& m);
  bool answer(const Header& request, std::span<const std::byte> body);
  bool refuse(const Header& request, int error);
  bool on(const Header& h, const Version& v, Message& m);
  bool on(const Header& h, const DmaMap& r, Message& m);
  bool on(const Header& h, const DmaUnmap& r, Message& m);
  bool on(const Header& h, const GetInfo& r, Message& m);
  bool on(const Header& h, const GetRegionInfo& r, Message& m);
  bool on(const Header& h, const GetIrqInfo& r, Message& m);
  bool on(const Header& h, const SetIrqs& r, Message& m);
  bool on(const Header& h, const RegionRead& r, Message& m);
  bool on(const Header& h, const RegionWrite& r, Message& m);
  bool on(const Header& h, const Reset& r, Message& m);
  bool on(const Header& h, const Unsupported& r, Message& m);
  bool inside(std::uint32_t region, std::uint64_t offset, std::uint64_t count, bool write) const;
  void bind(std::uint32_t index, std::uint32_t vector, UniqueFd fd);
  void signal(Vector& v);
  void deliver(std::uint32_t index, std::uint32_t vector);
  void deliver_intx();
  void deliver_ready();
  std::uint16_t ask(Command command, std::span<const std::byte> body, const Asked& what);

  Connection connection_;
  ServedFunction& function_;
  ClientMemory memory_;
  std::array<std::vector<Vector>, kIrqs> irqs_;
  bool intx_ = false, intx_masked_ = false;
  bool greeted_ = false;
  std::uint32_t max_transfer_ = kMaxTransfer;
  std::uint16_t next_id_ = 0;
  std::map<std::uint16_t, Asked> asked_;
  std::deque<Ordered> ordered_;
  bool broken_ = false;  // a send failed
  std::string reason_;
  SessionCounters counters_;
};

}  // namespace niclab::vfio_user
