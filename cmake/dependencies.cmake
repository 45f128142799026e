find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS context)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)

# SystemC as packaged was compiled as C++17; its headers want to be told so.
add_library(niclab_systemc INTERFACE)
target_link_libraries(niclab_systemc INTERFACE PkgConfig::SYSTEMC)
target_compile_definitions(niclab_systemc INTERFACE SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)
