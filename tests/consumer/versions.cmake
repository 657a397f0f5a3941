# CMake 3.22 is enough: no file asks for a later one, or uses what a later one brought.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

set(later FILE_SET FILE_SETS IMPORTED_NO_SYSTEM # 3.23
  "\\$<PATH:" LINK_GROUP: LINK_LIBRARY: FIND_PACKAGE_ARGS OVERRIDE_FIND_PACKAGE # 3.24
  "block *\\(" "return *\\(PROPAGATE" SOURCE_FROM_ # 3.25
  BUILD_LOCAL_INTERFACE "\\$<LIST:" COMPILE_ONLY "cmake_language *\\(EXIT") # 3.26 and after
list(JOIN later "|" later)

file(GLOB_RECURSE files ${SOURCE}/cmake/* ${SOURCE}/src/CMakeLists.txt ${SOURCE}/src/*.cmake
  ${SOURCE}/tests/CMakeLists.txt ${SOURCE}/tests/*.cmake)
list(REMOVE_ITEM files ${CMAKE_CURRENT_LIST_FILE} ${SOURCE}/tests/consumer/versions.cmake)
foreach(file ${SOURCE}/CMakeLists.txt ${files})
  file(READ ${file} text)
  if(text MATCHES "(^|[^A-Za-z_])(${later})")
    message(FATAL_ERROR "${file} uses \"${CMAKE_MATCH_2}\", which CMake 3.22 does not know")
  endif()
  if(text MATCHES "cmake_minimum_required\\(VERSION ([0-9.]+)" AND CMAKE_MATCH_1 VERSION_GREATER 3.22)
    message(FATAL_ERROR "${file} asks for CMake ${CMAKE_MATCH_1}: 3.22 must be enough")
  endif()
endforeach()

# Presets of version 3 came with 3.21, of version 4 with 3.23.
file(READ ${SOURCE}/CMakePresets.json presets)
string(JSON version GET "${presets}" version)
string(JSON minor GET "${presets}" cmakeMinimumRequired minor)
if(version GREATER 3 OR minor GREATER 22)
  message(FATAL_ERROR "CMakePresets.json is of version ${version} and asks for CMake 3.${minor}: "
    "expected version 3 and CMake 3.22 at most")
endif()
