# heapgate_add_test: a ctest that measures a command and holds it to its budget.
#
#   heapgate_add_test(NAME name CASE group/name BUDGETS path
#                     [ENGINES count massif profile] [RESULTS folder] [UNITS n] [SWEEP n1 n2...]
#                     [PROCESS glob] [ALLOW_UNCOUNTED] [NOTES name=value...]
#                     [ENVIRONMENT name=value...] [INPUTS file...]
#                     COMMAND command [argument...])
#
#   NAME     the test's name, as for add_test
#   CASE     what is measured; its first part names the budget file, group.yaml
#   BUDGETS  a budget file, or a folder of them; relative to the current source folder
#   ENGINES  count (the default), massif, or both, which must agree; with profile beside them the
#            call stacks are kept too, which heapgate update --sites takes into the budget
#   RESULTS  where the result goes; relative to the current binary folder, where
#            heapgate-results is the default. With a generator of several configurations each has
#            a folder of its own in it
#   UNITS    how many units of work (rows, ...) the command does
#   SWEEP    sizes to run it at, ascending, {N} in its arguments, which one must have, standing
#            for the size: the budget's growth and allocation_growth are held to how the peak and
#            the allocations rise from one to the next
#   PROCESS  of several processes the name of the program whose figures are taken, such as
#            worker*; with a slash the whole path is held against it
#   ALLOW_UNCOUNTED
#            leaves out child processes that cannot be counted (statically linked, ...) instead of
#            refusing the measurement
#   NOTES    what the result's environment says beside what heapgate finds out itself, for the
#            conditions (when) of budgets
#   ENVIRONMENT
#            environment variables of the command, as the test property of that name has them: no
#            semicolon in a value
#   INPUTS   files that the figures depend on and the command only reads; relative to the current
#            source folder. A result does not stand for another content of them
#   COMMAND  comes last: all that follows is the command's, unchanged. An executable target
#            stands for its file; generator expressions work
#
# The test gets the label heapgate and is skipped where an engine is not installed, and where
# CMAKE_C_FLAGS or CMAKE_CXX_FLAGS, or those of the build type, have a sanitizer with an allocator of
# its own (-fsanitize=address, thread or memory): it prints why.
#
# Four targets are for what the tests measured last, of all cases of the build:
#   heapgate-update  lowers figures in the budgets, and names those that it would have to raise
#   heapgate-raise   raises figures too, and adds cases that have no budget yet
#   heapgate-check   holds the results to the budgets again, without measuring
#   heapgate-report  writes them as pages: heapgate-report/index.html in the top binary folder
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
  cmake_parse_arguments(TEST "ALLOW_UNCOUNTED" "NAME;CASE;BUDGETS;RESULTS;UNITS;PROCESS"
    "ENGINES;SWEEP;NOTES;ENVIRONMENT;INPUTS" ${options})
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
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    string(APPEND results "/$<CONFIG>")
  endif()
  _heapgate_check_budgets("${budgets}")
  if(NOT TARGET heapgate::command)
    _heapgate_refuse("the heapgate command is missing: call find_package(heapgate) first")
  endif()

  _heapgate_add_targets()
  _heapgate_find_sanitizers()
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
  if(TEST_ALLOW_UNCOUNTED)
    string(APPEND process " --allow-uncounted")
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
  set(heapgate heapgate::command)
  if(skips)
    set(heapgate "sh -c [==[${skips}exec \"$@\"]==] - $<TARGET_FILE:heapgate::command>")
  endif()
  cmake_language(EVAL CODE "add_test(NAME [==[${TEST_NAME}]==]
    COMMAND ${heapgate} run --case ${TEST_CASE} --engine ${engines}
      --budgets [==[${budgets}]==] --results [==[${results}]==] ${units} ${process} ${inputs}
      -- [==[${command}]==] ${arguments})")
  set_tests_properties("${TEST_NAME}" PROPERTIES LABELS heapgate SKIP_RETURN_CODE 77)
  if(DEFINED TEST_ENVIRONMENT)
    set_tests_properties("${TEST_NAME}" PROPERTIES ENVIRONMENT "${TEST_ENVIRONMENT}")
  endif()
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
      "RESULTS, UNITS, SWEEP, PROCESS, ALLOW_UNCOUNTED, NOTES, ENVIRONMENT, INPUTS and last COMMAND")
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
    if(NOT engine MATCHES "^(count|massif|profile)$")
      _heapgate_refuse("unknown engine \"${engine}\": expected count, massif, profile or several")
    endif()
  endforeach()
  if("${TEST_ENGINES}" STREQUAL "profile")
    _heapgate_refuse("ENGINES is profile alone, of which no budget can be made: expected "
      "count profile")
  endif()
  foreach(variable IN LISTS TEST_ENVIRONMENT)
    if(NOT variable MATCHES "^[^=]+=")
      _heapgate_refuse("ENVIRONMENT has \"${variable}\": expected NAME=VALUE, without a semicolon")
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
  get_property(registered TARGET heapgate-update PROPERTY HEAPGATE_KEYS)
  string(FIND ";${registered};" ";${results};${key};" found)
  if(NOT found EQUAL -1)
    _heapgate_refuse("the case ${key} is measured by another test already: give one of them "
      "another CASE, or its own RESULTS")
  endif()
  set_property(TARGET heapgate-update APPEND PROPERTY HEAPGATE_KEYS "${results}" "${key}")
  foreach(line "${budgets}" "${results}" "${key}")
    if(skips)
      set(line "$<$<NOT:${skipped}>:${line}>")
    endif()
    set_property(TARGET heapgate-update APPEND PROPERTY HEAPGATE_CASES "${line}")
  endforeach()
endfunction()

# In the caller: `skips`, the shell's commands that skip the test in each configuration that has a
# sanitizer, and `skipped`, whether a configuration has; without any `skips` is empty.
function(_heapgate_find_sanitizers)
  set(skips "")
  set(sanitized "")
  set(configurations ${CMAKE_CONFIGURATION_TYPES})
  if(NOT multi_config)
    set(configurations ${CMAKE_BUILD_TYPE})
    if(NOT configurations)
      set(configurations none)
    endif()
  endif()
  foreach(configuration IN LISTS configurations)
    string(TOUPPER "${configuration}" suffix)
    foreach(name C_FLAGS CXX_FLAGS C_FLAGS_${suffix} CXX_FLAGS_${suffix})
      if("${CMAKE_${name}}" MATCHES "-fsanitize=[a-z,-]*(address|thread|memory)[a-z,-]*")
        string(CONCAT skip "echo 'heapgate: skipped: CMAKE_${name} has ${CMAKE_MATCH_0}, whose "
          "allocator takes the place of the one that counts'; exit 77; ")
        if(multi_config)
          set(skip "$<$<CONFIG:${configuration}>:${skip}>")
        endif()
        string(APPEND skips "${skip}")
        list(APPEND sanitized ${configuration})
        break()
      endif()
    endforeach()
  endforeach()
  set(skips "${skips}" PARENT_SCOPE)
  list(JOIN sanitized "," sanitized)
  if(multi_config)
    set(skipped "$<CONFIG:${sanitized}>" PARENT_SCOPE)
  else()
    set(skipped 1 PARENT_SCOPE)
  endif()
endfunction()

function(_heapgate_add_targets)
  if(TARGET heapgate-update)
    return()
  endif()
  set(cases ${CMAKE_BINARY_DIR}/heapgate-cases.txt)
  set(configuration "")
  if(multi_config)
    set(cases ${CMAKE_BINARY_DIR}/heapgate-cases-$<CONFIG>.txt)
    set(configuration $<CONFIG>)
  endif()
  set(lines "$<GENEX_EVAL:$<TARGET_PROPERTY:heapgate-update,HEAPGATE_CASES>>")
  file(GENERATE OUTPUT ${cases} CONTENT "$<JOIN:${lines},\n>\n")
  set(script_update HeapgateUpdate)
  set(script_raise HeapgateUpdate)
  set(script_check HeapgateReport)
  set(script_report HeapgateReport)
  set(comment_update "Taking what the tests measured into the budgets")
  set(comment_raise "${comment_update}")
  set(comment_check "Holding what the tests measured to the budgets")
  set(comment_report "Writing what the tests measured as pages")
  foreach(verb update raise check report)
    add_custom_target(heapgate-${verb}
      COMMAND ${CMAKE_COMMAND}
        -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${script_${verb}}.cmake
        ${verb} ${cases} ${CMAKE_BINARY_DIR} $<TARGET_FILE:heapgate::command> ${configuration}
      USES_TERMINAL VERBATIM
      COMMENT "${comment_${verb}}")
  endforeach()
  # Tests do not build what they run: in a tree that includes heapgate its command and preload
  # library are built with all the rest, even where that tree is excluded from it.
  get_target_property(imported heapgate::command IMPORTED)
  if(NOT imported)
    add_custom_target(heapgate-tools ALL DEPENDS heapgate heapgate_preload heapgate_capture)
  endif()
endfunction()
