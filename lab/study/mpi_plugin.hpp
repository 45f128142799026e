// The one door between the command and Open MPI: a table of plain functions, because MPI is loaded only when
// needed.
#pragma once

#include <cstddef>

extern "C" {

/// Messages are byte strings; they arrive whole and, from one rank to another, in order.
struct NiclabMpi {
  int rank, size;
  void (*send)(int to, const char* bytes, std::size_t size);
  /// Whether a message waits; its sender and size.
  bool (*probe)(int* from, std::size_t* size);
  /// The one that probe() announced.
  void (*receive)(int from, char* bytes, std::size_t size);
  /// Waits for all ranks.
  void (*finalize)();
  /// Ends all ranks at once.
  void (*abort)(int code);
};

/// Joins the ranks. Named "niclab_mpi_open" in niclab_mpi.so.
NiclabMpi niclab_mpi_open();
}
