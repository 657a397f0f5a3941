# How heapgate is configured by itself: with no build type, and again after packages were installed.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

set(build ${SCRATCH}/configure)
function(configure)
  run(WANT 0 DO ${CMAKE_COMMAND} -S ${SOURCE} -B ${build} -G ${GENERATOR}
    -D CMAKE_MAKE_PROGRAM=${MAKE} -D CMAKE_C_COMPILER=${CC} -D HEAPGATE_BUILD_TESTS=OFF
    -D CMAKE_EXPORT_COMPILE_COMMANDS=ON ${ARGN})
  file(READ ${build}/compile_commands.json commands)
  set(commands "${commands}" PARENT_SCOPE)
endfunction()
# clients(0|1): whether rowstream is built with the two servers' clients
function(clients wanted)
  foreach(client POSTGRESQL MYSQL)
    if(NOT commands MATCHES "ROWSTREAM_WITH_${client}=${wanted}")
      message(FATAL_ERROR "wanted: ROWSTREAM_WITH_${client}=${wanted}, in ${build}")
    endif()
  endforeach()
endfunction()

# No build type: what is measured is optimized, and has lines.
file(REMOVE_RECURSE ${build})
hide_packages(libpq libmariadb mysqlclient mariadb)
configure()
if(NOT commands MATCHES " -O2 -g ")
  message(FATAL_ERROR "without a build type nothing is compiled with -O2 -g")
endif()
clients(0)

# What was not there at first is found when it is.
unset(ENV{PKG_CONFIG_LIBDIR})
execute_process(COMMAND ${PKG_CONFIG} --exists libpq RESULT_VARIABLE no_postgresql)
execute_process(COMMAND ${PKG_CONFIG} --exists libmariadb RESULT_VARIABLE no_mysql)
if(no_postgresql OR no_mysql)
  message(NOTICE "skipped: libpq-dev and default-libmysqlclient-dev are not both here")
  return()
endif()
configure()
clients(1)

# What is said stays said, and a build type that is given too.
configure(-D HEAPGATE_WITH_POSTGRESQL=OFF -D HEAPGATE_WITH_MYSQL=OFF -D CMAKE_BUILD_TYPE=Debug)
clients(0)
configure()
clients(0)
if(commands MATCHES " -O2 -g ")
  message(FATAL_ERROR "the build type Debug was not kept")
endif()

# What is wanted and not there is named.
hide_packages(libpq)
file(REMOVE_RECURSE ${build})
run(WANT fail DO ${CMAKE_COMMAND} -S ${SOURCE} -B ${build} -G ${GENERATOR}
  -D CMAKE_MAKE_PROGRAM=${MAKE} -D CMAKE_C_COMPILER=${CC} -D HEAPGATE_BUILD_TESTS=OFF
  -D HEAPGATE_WITH_POSTGRESQL=ON)
expect("HEAPGATE_WITH_POSTGRESQL is ON, but pkg-config finds no client library")
