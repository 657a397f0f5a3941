# heapgate_add_test: a ctest that measures a command and holds it to its budget.
#
#   heapgate_add_test(NAME name CASE group/name BUDGETS path
#                     [ENGINES count massif] [RESULTS folder] [UNITS n] [SWEEP n1 n2...]
#                     [PROCESS glob] [NOTES name=value...]
#                     [INPUTS file...]
#                     COMMAND command [argument...])
#
#   NAME     the test's name, as for add_test
#   CASE     what is measured; its first part names the budget file, group.yaml
#   BUDGETS  a budget file, or a folder of them; relative to the current source folder
#   ENGINES  count (the default), massif, or both, which must agree
#   RESULTS  where the result goes; relative to the current binary folder, where
#            heapgate-results is the default
#   UNITS    how many units of work (rows, ...) the command does
#   SWEEP    sizes to run it at, ascending, {N} in its arguments, which one must have, standing
#            for the size: the budget's growth and allocation_growth are held to how the peak and
#            the allocations rise from one to the next
#   PROCESS  of several processes the name of the program whose figures are taken, such as
#            worker*; with a slash the whole path is held against it
#   NOTES    what the result's environment says beside what heapgate finds out itself, for the
#            conditions (when) of budgets
#   INPUTS   files that the figures depend on and the command only reads; relative to the current
#            source folder. A result does not stand for another content of them
#   COMMAND  comes last: all that follows is the command's, unchanged. An executable target
#            stands for its file; generator expressions work
#
# The test gets the label heapgate and is skipped where an engine is not installed.
#
# Two targets take what the tests measured last into the budgets of all cases of the build:
#   heapgate-update  lowers figures, and names those that it would have to raise
#   heapgate-raise   raises figures too, and adds cases that have no budget yet
#
# The same file serves an install tree and a build tree that includes heapgate.

function(heapgate_add_test)
  # What follows COMMAND may be words of ours, empty, or hold semicolons: it is kept quoted.
  set(options "")
  set(command "")
  set(arguments "")
  set(in_command FALSE)
  set(index 0)
  while(index LESS ARGC)
    set(item "${ARGV${index}}")
    if(in_command AND command STREQUAL "")
      set(command "${item}")
    elseif(in_command)
      if(item MATCHES "^(NAME|COMMAND|CONFIGURATIONS|WORKING_DIRECTORY|COMMAND_EXPAND_LISTS)$")
        set(item "$<1:${item}>") # else add_test would take it for its own
      endif()
      string(APPEND arguments " [==[${item}]==]")
    elseif(item STREQUAL "COMMAND")
      set(in_command TRUE)
    else()
      list(APPEND options "${item}")
    endif()
    math(EXPR index "${index} + 1")
  endwhile()
  cmake_parse_arguments(TEST "" "NAME;CASE;BUDGETS;RESULTS;UNITS;PROCESS"
    "ENGINES;SWEEP;NOTES;INPUTS" ${options})
  set(TEST_COMMAND "${command}")
  _heapgate_check_arguments()
  # Without it every size would do the same work, and nothing could grow.
  if(TEST_SWEEP AND NOT "${command} ${arguments}" MATCHES "{N}")
    _heapgate_refuse("SWEEP needs {N} in an argument of the command, where the size stands: "
      "without it every size does the same work")
  endif()
  if(NOT DEFINED TEST_ENGINES)
    set(TEST_ENGINES count)
  endif()
  if(NOT DEFINED TEST_RESULTS)
    set(TEST_RESULTS heapgate-results)
  endif()

  get_filename_component(budgets "${TEST_BUDGETS}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  get_filename_component(results "${TEST_RESULTS}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
  _heapgate_check_budgets("${budgets}")
  if(NOT TARGET heapgate::command)
    _heapgate_refuse("the heapgate command is missing: call find_package(heapgate) first")
  endif()

  _heapgate_add_targets()
  _heapgate_add_case("${TEST_CASE}" "${budgets}" "${results}")

  string(REPLACE ";" "," engines "${TEST_ENGINES}")
  set(units "")
  if(TEST_UNITS)
    set(units --units ${TEST_UNITS})
  endif()
  if(TEST_SWEEP)
    list(JOIN TEST_SWEEP "," sizes)
    list(APPEND units --sweep ${sizes})
  endif()
  set(process "")
  if(DEFINED TEST_PROCESS)
    set(process "--process [==[${TEST_PROCESS}]==]")
  endif()
  foreach(note IN LISTS TEST_NOTES)
    string(APPEND process " --environment [==[${note}]==]")
  endforeach()
  # A result is of the files that were measured: one ctest is one run, whatever is typed.
  set(inputs "")
  foreach(input IN LISTS TEST_INPUTS)
    if(NOT input MATCHES "^\\$<")
      get_filename_component(input "${input}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    string(APPEND inputs " --input [==[${input}]==]")
  endforeach()
  if(TARGET "${command}")
    set(command "$<TARGET_FILE:${command}>")
  endif()
  cmake_language(EVAL CODE "add_test(NAME [==[${TEST_NAME}]==]
    COMMAND heapgate::command run --case ${TEST_CASE} --engine ${engines}
      --budgets [==[${budgets}]==] --results [==[${results}]==] ${units} ${process} ${inputs}
      -- [==[${command}]==] ${arguments})")
  set_tests_properties("${TEST_NAME}" PROPERTIES LABELS heapgate SKIP_RETURN_CODE 77)
endfunction()

# The functions below see the TEST_* of the call that they work for.

function(_heapgate_refuse)
  string(CONCAT message ${ARGV})
  message(FATAL_ERROR "heapgate_add_test(${TEST_NAME}): ${message}")
endfunction()

function(_heapgate_check_arguments)
  if(DEFINED TEST_UNPARSED_ARGUMENTS)
    list(GET TEST_UNPARSED_ARGUMENTS 0 unknown)
    _heapgate_refuse("unknown argument \"${unknown}\": expected NAME, CASE, BUDGETS, ENGINES, "
      "RESULTS, UNITS, SWEEP, PROCESS, NOTES, INPUTS and last COMMAND")
  endif()
  if(TEST_KEYWORDS_MISSING_VALUES)
    list(GET TEST_KEYWORDS_MISSING_VALUES 0 empty)
    _heapgate_refuse("${empty} has no value")
  endif()
  foreach(keyword NAME CASE BUDGETS COMMAND)
    if("${TEST_${keyword}}" STREQUAL "")
      _heapgate_refuse("${keyword} is missing")
    endif()
  endforeach()

  string(LENGTH "${TEST_CASE}" length)
  if(length GREATER 127 OR NOT TEST_CASE MATCHES "^[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)+$"
     OR "/${TEST_CASE}/" MATCHES "/\\.\\.?/")
    _heapgate_refuse("\"${TEST_CASE}\" cannot be a case: expected GROUP/NAME, parts of letters, "
      "digits and \"_-.=\" joined by \"/\", at most 127 bytes")
  endif()
  foreach(engine IN LISTS TEST_ENGINES)
    if(NOT engine MATCHES "^(count|massif)$")
      _heapgate_refuse("unknown engine \"${engine}\": expected count, massif or both")
    endif()
  endforeach()
  if(DEFINED TEST_UNITS AND NOT TEST_UNITS MATCHES "^[1-9][0-9]*$")
    _heapgate_refuse("UNITS is \"${TEST_UNITS}\": expected a whole number above 0")
  endif()
endfunction()

# A case is looked up in the file that its first part names: a wrong pair would fail at every run.
function(_heapgate_check_budgets path)
  if(NOT EXISTS "${path}")
    _heapgate_refuse("the budgets ${path} do not exist: start the file with the two lines "
      "\"schema: 1\" and \"cases: {}\", and the test says how to add the case")
  endif()
  get_filename_component(file "${path}" NAME)
  string(REGEX REPLACE "/.*" "" group "${TEST_CASE}")
  if(NOT IS_DIRECTORY "${path}" AND NOT file STREQUAL "${group}.yaml")
    _heapgate_refuse("the case ${TEST_CASE} has its budget in ${group}.yaml, but BUDGETS is "
      "${path}")
  endif()
endfunction()

# Two tests of one case would overwrite each other's result.
function(_heapgate_add_case key budgets results)
  get_property(registered TARGET heapgate-update PROPERTY HEAPGATE_CASES)
  string(FIND ";${registered};" ";${results};${key};" found)
  if(NOT found EQUAL -1)
    _heapgate_refuse("the case ${key} is measured by another test already: give one of them "
      "another CASE, or its own RESULTS")
  endif()
  set_property(TARGET heapgate-update APPEND PROPERTY HEAPGATE_CASES
    "${budgets}" "${results}" "${key}")
endfunction()

function(_heapgate_add_targets)
  if(TARGET heapgate-update)
    return()
  endif()
  set(cases ${CMAKE_BINARY_DIR}/heapgate-cases.txt)
  file(GENERATE OUTPUT ${cases}
    CONTENT "$<JOIN:$<TARGET_PROPERTY:heapgate-update,HEAPGATE_CASES>,\n>\n")
  foreach(verb update raise)
    add_custom_target(heapgate-${verb}
      COMMAND ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/HeapgateUpdate.cmake
        ${verb} ${cases} ${CMAKE_BINARY_DIR} $<TARGET_FILE:heapgate::command>
      USES_TERMINAL VERBATIM
      COMMENT "Taking what the tests measured into the budgets")
  endforeach()
  # Tests do not build what they run: in a tree that includes heapgate its command and preload
  # library are built with all the rest, even where that tree is excluded from it.
  get_target_property(imported heapgate::command IMPORTED)
  if(NOT imported)
    add_custom_target(heapgate-tools ALL DEPENDS heapgate heapgate_preload heapgate_capture)
  endif()
endfunction()
