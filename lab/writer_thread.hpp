// Everything that is written while a simulation runs goes through here: one queue, one thread, any number of
// files.
//
// The simulation appends records; the thread takes them out in order and hands each to the sink it is for. A
// full queue makes the simulation wait: nothing is dropped and memory stays bounded. What is written depends
// only on what was put, never on how fast the thread is.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace niclab::lab {

class WriterThread {
 public:
  /// Where the records of one file go. Made and destroyed by the simulation's thread; called by the writer's
  /// only.
  class Sink {
   public:
    virtual ~Sink() = default;
    /// One record as it was put. Throws UserError when the file does not take it.
    virtual void write(std::span<const std::byte> record) = 0;
    /// Nothing follows: everything is in the file when this returns. Throws UserError when it is not.
    virtual void finish() = 0;
  };

  static constexpr std::size_t kQueueBytes = std::size_t{1} << 22;
  static constexpr std::size_t kLargestRecord = std::size_t{1} << 18;

  explicit WriterThread(std::size_t queue_bytes = kQueueBytes);
  ~WriterThread();  ///< close(), errors swallowed
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  /// Takes over a sink; what is returned stays valid as long as this object.
  template <class S>
  S& add(std::unique_ptr<S> sink) {
    S& added = *sink;
    keep(std::move(sink));
    return added;
  }
  /// Appends one record (head, then body; at most kLargestRecord bytes together) for a sink that was added.
  /// Waits while the queue is full. After an error, or after close(), the record is dropped.
  void put(Sink& sink, std::span<const std::byte> head, std::span<const std::byte> body = {});
  /// A sink has thrown: nothing is written any more, and the run may as well end. Wall-clock dependent.
  bool failed() const;
  /// Drains the queue, finishes every sink in the order of add(), joins the thread. Throws the first error
  /// any sink has thrown; a second call does nothing.
  void close();

 private:
  void keep(std::unique_ptr<Sink> sink);
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace niclab::lab
