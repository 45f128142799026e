// What a register access costs in wall time.
#pragma once

#include "lab/scenario.hpp"

namespace niclab::lab {

/// Nanoseconds of wall time, the median over batches of accesses.
struct RegisterTimes {
  double read_ns = 0, write_ns = 0;
};

/// Boots `scenario` in a child process and lets a task on CPU 0 of its first host access registers of the
/// first NIC: STATUS is read, FCTTV written, each 1,000,000 times. Everything between PciDevice and the
/// device's register is in the figure: charge and synchronisation, the TLPs over link and root complex, the
/// stall of the CPU that reads. Throws as ChildRun::wait().
RegisterTimes measure_registers(const Scenario& scenario);

}  // namespace niclab::lab
