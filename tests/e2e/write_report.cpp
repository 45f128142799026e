// write_report STUDY.json FOLDER: the report of a study that was not run, for report.py.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "lab/study/report.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[1]);
  std::filesystem::create_directories(argv[2]);
  niclab::lab::study::write_report(niclab::lab::Json::parse(file), argv[2], std::cerr);
}
