// The entry of every SystemC suite: SystemC owns main() and calls sc_main, in which GoogleTest then runs.
// ctest starts one process a test, since a process can elaborate only one SystemC design.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <systemc>

int sc_main(int argc, char** argv) {
  sc_core::sc_report_handler::set_actions("/IEEE_Std_1666/deprecated", sc_core::SC_DO_NOTHING);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
