# What the targets heapgate-update and heapgate-raise do:
#   cmake -P HeapgateUpdate.cmake update|raise CASES BUILD HEAPGATE [CONFIGURATION]
# CASES is a file of three lines a case: its budgets, its results folder, its key.
#
# Case by case, and only the cases that have a test: a result which a removed test left behind
# never comes back as a budget, and one figure that may not be raised does not hold up the others.
cmake_minimum_required(VERSION 3.19)
set(verb ${CMAKE_ARGV3})
include(${CMAKE_CURRENT_LIST_DIR}/HeapgateCases.cmake)
set(raise "")
if(verb STREQUAL "raise")
  set(raise --raise)
endif()

set(measured 0)
set(raises "")
set(failed "")
while(cases)
  list(POP_FRONT cases budgets results case)
  if(NOT EXISTS "${results}/${case}.json")
    message(NOTICE "${case}: not measured yet")
    continue()
  endif()
  math(EXPR measured "${measured} + 1")
  execute_process(
    COMMAND ${heapgate} update --budgets ${budgets} --results ${results} --case ${case} ${raise}
    RESULT_VARIABLE status)
  if(status EQUAL 1)
    list(APPEND raises ${case})
  elseif(NOT status EQUAL 0)
    list(APPEND failed ${case})
  endif()
endwhile()

if(measured EQUAL 0)
  refuse_unmeasured()
endif()
if(failed)
  list(JOIN failed " " failed)
  message(FATAL_ERROR "not updated: ${failed}")
endif()
if(raises)
  list(JOIN raises " " raises)
  message(FATAL_ERROR "not raised: ${raises}. If it is meant: "
    "cmake --build ${build}${build_configuration} --target heapgate-raise")
endif()
