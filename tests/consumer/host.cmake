# heapgate in the build of a host that has several configurations and its own mind of where files go
# and how they are called: each configuration measures with its own command and preload library, and
# keeps its own results. No libxml2 here: then the command has no reports, and says how to get them.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

find_program(NINJA ninja)
if(NOT NINJA AND NOT "$ENV{HEAPGATE_REQUIRE}" STREQUAL "")
  message(FATAL_ERROR "ninja is not installed, and HEAPGATE_REQUIRE asks for all there is")
elseif(NOT NINJA)
  message(NOTICE "skipped: ninja is not installed")
  return()
endif()
hide_packages(libxml-2.0)
set(GENERATOR "Ninja Multi-Config")
set(MAKE ${NINJA})
file(REMOVE_RECURSE ${SCRATCH}/host)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/c/ DESTINATION ${SCRATCH}/host)
set(build ${SCRATCH}/host/build)
run(WANT 0 DO ${CMAKE_COMMAND} -S ${SCRATCH}/host -B ${build} -G ${GENERATOR}
  -D CMAKE_MAKE_PROGRAM=${MAKE} -D CMAKE_C_COMPILER=${CC}
  "-DCMAKE_CONFIGURATION_TYPES=Debug;RelWithDebInfo;Asan"
  "-DCMAKE_C_FLAGS_ASAN=-g -fsanitize=address" -D CMAKE_EXE_LINKER_FLAGS_ASAN=
  -D CMAKE_DEBUG_POSTFIX=-debug -D CMAKE_SHARED_MODULE_PREFIX=host
  -D CMAKE_RUNTIME_OUTPUT_DIRECTORY_DEBUG=${build}/programs
  -D CONSUMER_FETCH=ON -D FETCHCONTENT_SOURCE_DIR_HEAPGATE=${SOURCE}
  -D FETCHCONTENT_FULLY_DISCONNECTED=ON)

foreach(config Debug RelWithDebInfo)
  run(WANT 0 DO ${CMAKE_COMMAND} --build ${build} --config ${config} --parallel 2)
  run(WANT 0 DO ${CMAKE_CTEST_COMMAND} --test-dir ${build} -C ${config} --output-on-failure
    --no-tests=error -R "^(streamed|both|wrapped|scope_measured)$")
  foreach(result heapgate-results/${config}/app/export/stream.json
          results/both/${config}/app/export/both.json)
    if(NOT EXISTS ${build}/${result})
      message(FATAL_ERROR "${config} has no result of its own: ${build}/${result}")
    endif()
  endforeach()
endforeach()

# The targets are of the configuration that is built; what another one measured is not taken for it.
file(REMOVE_RECURSE ${build}/heapgate-results/Debug ${build}/results/both/Debug)
run(WANT fail DO ${CMAKE_COMMAND} --build ${build} --config Debug --target heapgate-update)
expect("app/export/stream: not measured yet" "no case was measured: run ctest .* -C Debug")
run(WANT fail DO ${CMAKE_COMMAND} --build ${build} --config RelWithDebInfo --target heapgate-check)
expect("app/export/stream +count +peak [^\n]* ok" "app/export/both +massif +peak [^\n]* ok"
  "not within budget: app/export/buffer app/export/shrunk")

run(WANT 0 DO ${CMAKE_CTEST_COMMAND} --test-dir ${build} -C Asan --verbose -R "^(streamed|both)$")
expect("heapgate: skipped: CMAKE_C_FLAGS_ASAN has -fsanitize=address" "0 tests failed out of 2")

run(WANT fail DO ${CMAKE_COMMAND} --build ${build} --config RelWithDebInfo --target heapgate-report)
expect("this heapgate was built without reports, which need libxml2: install it \\(libxml2-dev\\), and configure with -DHEAPGATE_BUILD_REPORT=ON")
if(EXISTS ${build}/heapgate-report)
  message(FATAL_ERROR "a report was left behind")
endif()
