#include "tlm/rtl/rtl_world.hpp"

#include <verilated.h>

namespace niclab::sim {

RtlWorld::RtlWorld(bool clocked) : context_(std::make_unique<VerilatedContext>()), clocked_(clocked) {}
RtlWorld::~RtlWorld() = default;

}  // namespace niclab::sim
