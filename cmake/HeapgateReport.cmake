# What the targets heapgate-check and heapgate-report do:
#   cmake -P HeapgateReport.cmake check|report CASES BUILD HEAPGATE [CONFIGURATION]
# CASES is a file of three lines a case: its budgets, its results folder, its key.
cmake_minimum_required(VERSION 3.19)
set(verb ${CMAKE_ARGV3})
include(${CMAKE_CURRENT_LIST_DIR}/HeapgateCases.cmake)

# Case by case: other budgets of the same file may be of cases that no test measures.
function(check_cases)
  set(count 0)
  set(failed "")
  while(cases)
    list(POP_FRONT cases budgets results case)
    math(EXPR count "${count} + 1")
    execute_process(
      COMMAND ${heapgate} check --budgets ${budgets} --results ${results} --case ${case}
      RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
      list(APPEND failed ${case})
    endif()
  endwhile()
  if(failed)
    list(JOIN failed " " failed)
    message(FATAL_ERROR "not within budget: ${failed}")
  endif()
  message(NOTICE "all within budget: ${count}")
endfunction()

# One report is of one folder of results and one of budgets. Where the tests have several, links to
# the files stand in for them.
function(report_cases)
  set(gathered ${build}/heapgate-gathered)
  file(REMOVE_RECURSE ${gathered})
  set(budget_folders "")
  set(result_folders "")
  set(result_files "")
  while(cases)
    list(POP_FRONT cases budgets results case)
    string(REGEX REPLACE "/.*" "" group ${case})
    if(IS_DIRECTORY ${budgets})
      string(APPEND budgets /${group}.yaml)
    endif()
    get_filename_component(folder ${budgets} DIRECTORY)
    list(APPEND budget_folders ${folder})
    list(APPEND result_folders ${results})
    if(EXISTS ${results}/${case}.json)
      list(APPEND result_files ${results}/${case}.json)
      link(${results}/${case}.json ${gathered}/results/${case}.json)
    endif()
    if(EXISTS ${budgets})
      link(${budgets} ${gathered}/budgets/${group}.yaml)
    endif()
  endwhile()
  if(NOT result_files)
    refuse_unmeasured()
  endif()
  one_folder(budget_folders ${gathered}/budgets)
  one_folder(result_folders ${gathered}/results)
  execute_process(
    COMMAND ${heapgate} report --budgets ${budget_folders} --results ${result_folders}
      --out ${build}/heapgate-report
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "heapgate report ended with status ${status}")
  endif()
endfunction()

# A second file of one name cannot be in the same report.
function(link file place)
  if(IS_SYMLINK ${place})
    file(READ_SYMLINK ${place} other)
    if(NOT other STREQUAL file)
      message(FATAL_ERROR "a report has one file for each name, but here are two: ${other} and "
        "${file}: give one of them another group or case")
    endif()
    return()
  endif()
  get_filename_component(folder ${place} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(CREATE_LINK ${file} ${place} SYMBOLIC)
endfunction()

function(one_folder list gathered)
  list(REMOVE_DUPLICATES ${list})
  list(LENGTH ${list} count)
  if(count GREATER 1)
    set(${list} ${gathered})
  endif()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

cmake_language(CALL ${verb}_cases)
