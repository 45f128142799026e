// The files of the report's page, as compiled into the command (page.cmake).
#pragma once

#include <string_view>

namespace niclab::lab::study::page {

std::string_view html();          ///< the template, with places such as @STUDY@
std::string_view style();         ///< CSS
std::string_view charts();        ///< from the study to the chart library's options
std::string_view script();        ///< sections, tables, what a click does
std::string_view render();        ///< for node: the plots as SVG
std::string_view library();       ///< the chart library
std::string_view library_name();  ///< "Apache ECharts 6.1.0 (Apache-2.0)"

}  // namespace niclab::lab::study::page
