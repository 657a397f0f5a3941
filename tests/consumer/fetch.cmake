# The C project with heapgate's source tree in its own build, by FetchContent and without network:
# the same targets, the same function. pkg-config is watched: the gate alone asks for five
# libraries, of which libxml2 may be missing, and for none of rowstream's.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/adoption.cmake)

set(watched ${SCRATCH}/pkg-config-watched)
file(REMOVE ${watched}.log)
file(WRITE ${watched} "#!/bin/sh\necho \"$@\" >>${watched}.log\nexec ${PKG_CONFIG} \"$@\"\n")
file(CHMOD ${watched} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
build_project(c c-fetch -D CONSUMER_FETCH=ON -D FETCHCONTENT_SOURCE_DIR_HEAPGATE=${SOURCE}
  -D FETCHCONTENT_FULLY_DISCONNECTED=ON -D CMAKE_C_COMPILER=${CC}
  -D CMAKE_RELWITHDEBINFO_POSTFIX=-host -D PKG_CONFIG_EXECUTABLE=${watched})
file(STRINGS ${watched}.log asked REGEX "--exists")
if(NOT asked)
  message(FATAL_ERROR "pkg-config was asked for nothing: the check of its log is void")
endif()
foreach(line ${asked})
  string(REGEX REPLACE "(^| )-[^ ]*|yaml-0\\.1|jansson|libelf|libdw|libxml-2\\.0|cmocka| " "" other "${line}")
  if(NOT other STREQUAL "")
    message(FATAL_ERROR "asked pkg-config for \"${other}\": ${line}")
  endif()
endforeach()
check_adoption(c-fetch)

# What an adopter installs holds nothing of heapgate, unless asked for.
run(WANT 0 DO ${CMAKE_COMMAND} --install ${SCRATCH}/c-fetch/build --prefix ${SCRATCH}/c-fetch/out)
file(GLOB installed ${SCRATCH}/c-fetch/out/*)
if(installed)
  message(FATAL_ERROR "installed with the adopter: ${installed}")
endif()
