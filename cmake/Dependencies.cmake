# Every outside library by its pkg-config name, as an imported target PkgConfig::NAME.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(ELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw)
# What a program that links the library needs, in one target under a name of our own: a project
# that includes this one sees it, and the installed package makes the same one.
pkg_check_modules(HEAPGATE_DEPENDENCIES REQUIRED IMPORTED_TARGET GLOBAL
  yaml-0.1 jansson libelf libdw)
# libiberty's demangler becomes part of what links it: there is only an archive, and no package file.
find_path(IBERTY_INCLUDE_DIR demangle.h PATH_SUFFIXES libiberty REQUIRED)
find_library(IBERTY_LIBRARY iberty REQUIRED)
# Headers alone: libunwind itself is loaded by a process whose call stacks are walked.
find_path(VALGRIND_INCLUDE_DIR valgrind/valgrind.h REQUIRED)
find_path(UNWIND_INCLUDE_DIR libunwind.h REQUIRED)

# What is AUTO is asked for anew each time: a package may have been installed since.
if(HEAPGATE_BUILD_REPORT STREQUAL "AUTO")
  pkg_check_modules(XML IMPORTED_TARGET libxml-2.0)
  set(HEAPGATE_BUILD_REPORT "${XML_FOUND}")
endif()
if(HEAPGATE_BUILD_ROWSTREAM OR HEAPGATE_BUILD_REPORT)
  pkg_check_modules(XML REQUIRED IMPORTED_TARGET libxml-2.0)
endif()
if(HEAPGATE_BUILD_ROWSTREAM)
  pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
  pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
  # The servers' clients: each is built in where it is found, and must be where it is asked for.
  pkg_check_modules(POSTGRESQL IMPORTED_TARGET libpq>=14) # its pipeline mode
  pkg_search_module(MYSQL IMPORTED_TARGET libmariadb mysqlclient)
  foreach(client POSTGRESQL MYSQL)
    set(HEAPGATE_WITH_${client} AUTO CACHE STRING
      "Build rowstream with its ${client} source: ON, OFF, or AUTO, where its client is found")
    if(HEAPGATE_WITH_${client} STREQUAL "AUTO")
      set(HEAPGATE_WITH_${client} "${${client}_FOUND}")
    endif()
    if(HEAPGATE_WITH_${client} AND NOT ${client}_FOUND)
      message(FATAL_ERROR "HEAPGATE_WITH_${client} is ON, but pkg-config finds no client library "
        "(libpq-dev, default-libmysqlclient-dev): install it, or set it to OFF")
    endif()
  endforeach()
endif()
if(HEAPGATE_BUILD_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  if(CMOCKA_VERSION VERSION_GREATER_EQUAL 2) # what it deprecates has other names that 1.1 lacks
    target_compile_options(PkgConfig::CMOCKA INTERFACE -Wno-deprecated-declarations)
  endif()
endif()
