# heapgate_unit_test(NAME SOURCES ... LINKS ... [LABEL unit]): one cmocka executable, one test.
# Every test has a time limit.
function(heapgate_unit_test name)
  cmake_parse_arguments(TEST "" "LABEL" "SOURCES;LINKS" ${ARGN})
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE heapgate_build ${TEST_LINKS} PkgConfig::CMOCKA)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/include)
  add_test(NAME ${TEST_LABEL}/${name} COMMAND ${name})
  set_tests_properties(${TEST_LABEL}/${name} PROPERTIES LABELS ${TEST_LABEL} TIMEOUT 400)
endfunction()
