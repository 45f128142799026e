// `niclab`: hands the command line to lab::command_line inside SystemC's frame.
#include <cstdlib>
#include <iostream>
#include <string>
#include <systemc>
#include <vector>

#include "lab/commands.hpp"

int sc_main(int argc, char* argv[]) {
  return niclab::lab::command_line(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
                                   std::cout, std::cerr);
}

// Instead of the library's main(), whose banner would reach standard error before us.
int main(int argc, char* argv[]) {
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
