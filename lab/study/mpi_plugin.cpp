#include "lab/study/mpi_plugin.hpp"

#include <mpi.h>

extern "C" NiclabMpi niclab_mpi_open() {
  MPI_Init(nullptr, nullptr);
  NiclabMpi m{};
  MPI_Comm_rank(MPI_COMM_WORLD, &m.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &m.size);
  m.send = [](int to, const char* bytes, std::size_t size) {
    MPI_Send(bytes, static_cast<int>(size), MPI_BYTE, to, 0, MPI_COMM_WORLD);
  };
  m.probe = [](int* from, std::size_t* size) {
    int there = 0, n = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &there, &status);
    if (there == 0) return false;
    MPI_Get_count(&status, MPI_BYTE, &n);
    *from = status.MPI_SOURCE;
    *size = static_cast<std::size_t>(n);
    return true;
  };
  m.receive = [](int from, char* bytes, std::size_t size) {
    MPI_Recv(bytes, static_cast<int>(size), MPI_BYTE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  };
  m.finalize = [] { MPI_Finalize(); };
  m.abort = [](int code) { MPI_Abort(MPI_COMM_WORLD, code); };
  return m;
}
