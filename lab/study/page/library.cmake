# cmake -DNPM=… -DSOURCE=<folder of package-lock.json> -DFOLDER=<where to> [-DGIVEN=<echarts.min.js>] -P library.cmake
#
# Leaves in FOLDER the chart library, echarts.min.js, and echarts.txt, which names it with version and licence. npm
# compares what it fetches with the hash in package-lock.json, and takes it from its own cache when it is there. Where
# there is no registry, GIVEN is a copy of the file (-DNICLAB_ECHARTS=FILE when configuring).
file(MAKE_DIRECTORY ${FOLDER})
file(READ ${SOURCE}/package-lock.json lock)
string(JSON version GET "${lock}" packages node_modules/echarts version)
string(JSON licence GET "${lock}" packages node_modules/echarts license)

if(GIVEN)
  file(READ ${GIVEN} text)
  string(FIND "${text}" "version=\"${version}\"" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "niclab: ${GIVEN} is not echarts.min.js of ECharts ${version}")
  endif()
  file(COPY_FILE ${GIVEN} ${FOLDER}/echarts.min.js)
else()
  file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${FOLDER})
  execute_process(
    COMMAND ${NPM} ci --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${FOLDER} OUTPUT_QUIET RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "niclab: npm could not fetch ECharts ${version} (chart library of the study report); "
      "without a registry, configure with -DNICLAB_ECHARTS=<echarts.min.js of that version>")
  endif()
  file(COPY_FILE ${FOLDER}/node_modules/echarts/dist/echarts.min.js ${FOLDER}/echarts.min.js)
  file(REMOVE_RECURSE ${FOLDER}/node_modules)  # 60 MB of which one is needed
endif()
file(WRITE ${FOLDER}/echarts.txt "Apache ECharts ${version} (${licence})")
