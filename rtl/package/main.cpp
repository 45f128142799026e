// print_i350_package FILE: writes the SystemVerilog package of the tables in hw/.
#include <cstdio>
#include <fstream>

#include "rtl/package/package.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "print_i350_package: expected one argument, the file to write\n");
    return 2;
  }
  std::ofstream file(arguments[1]);
  niclab::rtl::print_package(file, niclab::rtl::package_groups());
  file.close();
  if (!file) {
    std::fprintf(stderr, "print_i350_package: cannot write %s\n", arguments[1]);
    return 2;
  }
  return 0;
}
