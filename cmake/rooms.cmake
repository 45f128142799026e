# The house: which room may be linked to which (docs/architecture.md). tests/house enforces the same for #includes.
set(NICLAB_MAY_USE_base "")
set(NICLAB_MAY_USE_hw base)
set(NICLAB_MAY_USE_stack base)
set(NICLAB_MAY_USE_driver base hw stack)
set(NICLAB_MAY_USE_core base)  # tlm/core: the calendar and the CPUs, without SystemC
set(NICLAB_MAY_USE_rtl base hw)  # its generators; blocks are targets niclab_rtl_<block>, room "rtl" in the table
set(NICLAB_MAY_USE_i350 base hw core rtl)  # tlm/i350 but for its SystemC module
set(NICLAB_MAY_USE_tlm base hw core i350 rtl)
set(NICLAB_MAY_USE_firmware base hw)
set(NICLAB_MAY_USE_bridge base hw core tlm driver)
set(NICLAB_MAY_USE_lab base hw stack driver core i350 tlm rtl firmware bridge)

# niclab_room(NAME SOURCES … USES …): the static library of a room. USES names rooms; nothing else may be linked
# but third-party libraries, given as LIBRARIES.
function(niclab_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  string(REGEX REPLACE "^(tlm_core)$" "core" row ${name})
  if(NOT DEFINED NICLAB_MAY_USE_${row})
    message(FATAL_ERROR "${name} is not a room of the house (cmake/rooms.cmake)")
  endif()
  add_library(niclab_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(niclab_${name} PUBLIC niclab_options)
  target_compile_options(niclab_${name} PRIVATE ${NICLAB_LTO_COMPILE})
  foreach(used IN LISTS ROOM_USES)
    string(REGEX REPLACE "^(tlm_core)$" "core" column ${used})
    string(REGEX REPLACE "^rtl_.*$" "rtl" column ${column})
    if(NOT column IN_LIST NICLAB_MAY_USE_${row})
      message(FATAL_ERROR "room ${name} may not use room ${used} (cmake/rooms.cmake)")
    endif()
    target_link_libraries(niclab_${name} PUBLIC niclab_${used})
  endforeach()
  target_link_libraries(niclab_${name} PUBLIC ${ROOM_LIBRARIES})
endfunction()
