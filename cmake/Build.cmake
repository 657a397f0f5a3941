# What every target of this project is compiled with: an interface library, so that nothing is
# set globally and nothing leaks into a project that includes this one.
#
# A named whole number is an enumerator here, and a double takes it as it is: clang 19 would warn.
# -gdwarf-4: on what clang makes of version 5, valgrind 3.19 gives up.
add_library(heapgate_build INTERFACE)
target_compile_features(heapgate_build INTERFACE c_std_11)
target_compile_definitions(heapgate_build INTERFACE _GNU_SOURCE)
target_include_directories(heapgate_build INTERFACE
  ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/src/include)
target_compile_options(heapgate_build INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:C>:-Wconversion -Wstrict-prototypes -Wmissing-prototypes>
  $<$<COMPILE_LANG_AND_ID:C,Clang>:-Wno-enum-float-conversion>
  -fno-omit-frame-pointer
  $<$<AND:$<COMPILE_LANG_AND_ID:C,Clang>,$<CONFIG:Debug,RelWithDebInfo>>:-gdwarf-4>
  $<$<BOOL:${HEAPGATE_WERROR}>:-Werror>)

if(HEAPGATE_SANITIZE)
  target_compile_options(heapgate_build INTERFACE
    -fsanitize=${HEAPGATE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(heapgate_build INTERFACE -fsanitize=${HEAPGATE_SANITIZE})
endif()
if(HEAPGATE_COVERAGE)
  target_compile_options(heapgate_build INTERFACE --coverage)
  target_link_options(heapgate_build INTERFACE --coverage)
endif()

# A static part of the project: heapgate_part(NAME SOURCES... LINKS ...). Position independent,
# because the same objects serve executables and the libraries that others link.
function(heapgate_part name)
  cmake_parse_arguments(PART "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${PART_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:heapgate_build> PUBLIC ${PART_LINKS})
endfunction()
