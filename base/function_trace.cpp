#include "base/function_trace.hpp"

namespace niclab {

void FunctionSpan::enter(Kernel& k, std::string_view name, JourneyId packet) {
  const Time at = k.moment();
  k.functions()->enters(k.smp_processor_id(), name, packet, at);
}

void FunctionSpan::enter(Kernel& k, std::initializer_list<std::string_view> names, JourneyId packet) {
  const Time at = k.moment();
  for (const std::string_view name : names) {
    k.functions()->enters(k.smp_processor_id(), name, packet, at);
    packet = JourneyId::none;  // the others serve whom their caller serves
  }
}

void FunctionSpan::leave(Kernel& k, unsigned depth) {
  const Time at = k.moment();
  for (; depth != 0; --depth) k.functions()->leaves(k.smp_processor_id(), at);
}

}  // namespace niclab
