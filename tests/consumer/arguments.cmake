# Each way to call heapgate_add_test wrongly, with its whole message.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

set(folder ${SCRATCH}/arguments)
file(WRITE ${folder}/app.yaml "schema: 1\ncases: {}\n")
set(good "NAME t CASE app/a BUDGETS app.yaml")

function(refuses arguments message)
  file(WRITE ${folder}/call.cmake
    "include(${PREFIX}/${LIBDIR}/cmake/heapgate/HeapgateAddTest.cmake)\n"
    "heapgate_add_test(${arguments})\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -P call.cmake WORKING_DIRECTORY ${folder}
    RESULT_VARIABLE status ERROR_VARIABLE error)
  string(REGEX REPLACE "[ \n]+" " " error "${error}")
  string(REGEX REPLACE "^.*heapgate_add_test\\(" "" error "${error}")
  string(REGEX REPLACE " Call Stack.*$" "" error "${error}")
  string(FIND "CMake Error: ${error}" "${message}" found)
  if(status EQUAL 0 OR NOT "${error}" STREQUAL "${message}")
    message(FATAL_ERROR "heapgate_add_test(${arguments})\nwanted: ${message}\ncame:   ${error}")
  endif()
endfunction()

refuses("" "): NAME is missing")
refuses("CASE app/a BUDGETS app.yaml COMMAND x" "): NAME is missing")
refuses("NAME t BUDGETS app.yaml COMMAND x" "t): CASE is missing")
refuses("NAME t CASE app/a COMMAND x" "t): BUDGETS is missing")
refuses("${good}" "t): COMMAND is missing")
refuses("${good} COMMAND" "t): COMMAND is missing")
refuses("NAME t CASE BUDGETS app.yaml COMMAND x" "t): CASE has no value")
refuses("${good} ENGINES COMMAND x" "t): ENGINES has no value")
refuses("${good} MAX 4MiB COMMAND x"
  "t): unknown argument \"MAX\": expected NAME, CASE, BUDGETS, ENGINES, RESULTS, UNITS, SWEEP, PROCESS, ALLOW_UNCOUNTED, NOTES, ENVIRONMENT, INPUTS and last COMMAND")
refuses("${good} ENGINES count heaptrack COMMAND x"
  "t): unknown engine \"heaptrack\": expected count, massif, profile or several")
refuses("${good} ENGINES profile COMMAND x"
  "t): ENGINES is profile alone, of which no budget can be made: expected count profile")
refuses("${good} ENVIRONMENT COMMAND x" "t): ENVIRONMENT has no value")
refuses("${good} ENVIRONMENT A=1 \"B=2;C\" COMMAND x"
  "t): ENVIRONMENT has \"C\": expected NAME=VALUE, without a semicolon")
refuses("${good} PROCESS COMMAND x" "t): PROCESS has no value")
refuses("${good} NOTES COMMAND x" "t): NOTES has no value")
refuses("${good} INPUTS COMMAND x" "t): INPUTS has no value")
refuses("${good} UNITS 0 COMMAND x" "t): UNITS is \"0\": expected a whole number above 0")
refuses("${good} UNITS 1e3 COMMAND x" "t): UNITS is \"1e3\": expected a whole number above 0")
refuses("${good} SWEEP 10 20 COMMAND x 10"
  "t): SWEEP needs {N} in an argument of the command, where the size stands: without it every size does the same work")
refuses("${good} SWEEP 10 20 COMMAND x --rows={N}"
  "t): the heapgate command is missing: call find_package(heapgate) first")
foreach(case "app" "app/" "/a" "app/a b" "app/../a" "app/./a" "app//a" "app/ü")
  refuses("NAME t CASE \"${case}\" BUDGETS app.yaml COMMAND x"
    "t): \"${case}\" cannot be a case: expected GROUP/NAME, parts of letters, digits and \"_-.=\" joined by \"/\", at most 127 bytes")
endforeach()
refuses("NAME t CASE app/a BUDGETS no.yaml COMMAND x"
  "t): the budgets ${folder}/no.yaml do not exist: start the file with the two lines \"schema: 1\" and \"cases: {}\", and the test says how to add the case")
refuses("NAME t CASE web/a BUDGETS app.yaml COMMAND x"
  "t): the case web/a has its budget in web.yaml, but BUDGETS is ${folder}/app.yaml")
refuses("${good} COMMAND x"
  "t): the heapgate command is missing: call find_package(heapgate) first")

# In a project: two tests of one case.
file(WRITE ${folder}/CMakeLists.txt
  "cmake_minimum_required(VERSION 3.19)\nproject(twice C)\nfind_package(heapgate REQUIRED)\n"
  "heapgate_add_test(${good} COMMAND x)\n"
  "heapgate_add_test(NAME u CASE app/a BUDGETS . COMMAND y)\n")
run(WANT fail DO ${CMAKE_COMMAND} -S ${folder} -B ${folder}/build -G ${GENERATOR}
  -D CMAKE_MAKE_PROGRAM=${MAKE} -D CMAKE_C_COMPILER=${CC} -D CMAKE_PREFIX_PATH=${PREFIX})
expect("heapgate_add_test\\(u\\): the case app/a is measured by another test already: give one of them another CASE, or its own RESULTS")
