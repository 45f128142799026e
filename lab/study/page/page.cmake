# The report of a study, compiled into the command: the page's own files and the chart library, which is fetched into the
# build folder at build time (library.cmake).
set(NICLAB_ECHARTS "" CACHE FILEPATH "echarts.min.js to take instead of the npm registry's")
find_program(NICLAB_NPM npm)
if(NOT NICLAB_NPM AND NOT NICLAB_ECHARTS)
  message(FATAL_ERROR "niclab: npm, which fetches the chart library of the study report, is missing (make deps installs "
    "it); or configure with -DNICLAB_ECHARTS=<echarts.min.js>")
endif()

set(page ${PROJECT_SOURCE_DIR}/lab/study/page)
set(library ${PROJECT_BINARY_DIR}/echarts)
add_custom_command(OUTPUT ${library}/echarts.min.js ${library}/echarts.txt
  COMMAND ${CMAKE_COMMAND} -DNPM=${NICLAB_NPM} -DGIVEN=${NICLAB_ECHARTS} -DSOURCE=${page} -DFOLDER=${library} -P ${page}/library.cmake
  DEPENDS ${page}/package.json ${page}/package-lock.json ${page}/library.cmake ${NICLAB_ECHARTS}
  COMMENT "Fetching the chart library" VERBATIM)

niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::html FILE ${page}/page.html)
niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::style FILE ${page}/page.css)
niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::charts FILE ${page}/charts.js)
niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::script FILE ${page}/page.js)
niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::render FILE ${page}/render.js)
niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::library FILE ${library}/echarts.min.js)
niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::page::library_name FILE ${library}/echarts.txt)
