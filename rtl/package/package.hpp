// The constants of i350_pkg.sv, gathered from the tables of hw/ (rtl/README.md).
//
// SystemVerilog blocks know registers and descriptors only through this package, so that both are declared
// once.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace niclab::rtl {

/// One `localparam int unsigned NAME = value;`.
struct Constant {
  std::string name;
  std::uint32_t value = 0;
  bool hexadecimal = false;  ///< how it is printed
};

/// Constants that belong together, under one comment.
struct Group {
  std::string comment;
  std::vector<Constant> constants;
};

/// Everything the package says, always in the same order. A field has two constants: NAME_LSB, its first bit,
/// and NAME_BITS; a flag has one, its bit. Descriptor bits count from bit 0 of the byte at the lowest
/// address.
std::vector<Group> package_groups();

/// Writes the package as SystemVerilog that Verilator and yosys 0.23 both read.
void print_package(std::ostream& out, const std::vector<Group>& groups);

}  // namespace niclab::rtl
