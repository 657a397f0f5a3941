# What each keyword of heapgate_add_test gives the test, and what a sanitizer in the flags makes of it.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

set(package -D CMAKE_PREFIX_PATH=${PREFIX} -D CMAKE_C_COMPILER=${CC})
build_project(keywords keywords ${package})
run_test(keywords children 0)
run_test(keywords refused fail)
expect("--allow-uncounted")

# ENGINES profile keeps the call stacks that update lists.
run_test(keywords sites 0)
run(WANT 0 DO ${PREFIX}/bin/heapgate update --sites --case app/sites
  --budgets ${SCRATCH}/keywords/budgets --results ${SCRATCH}/keywords/build/heapgate-results)
file(READ ${SCRATCH}/keywords/budgets/app.yaml budgets)
if(NOT budgets MATCHES "sites:\n    peak: 8192 B\n    sites:[^:]*main[^:]*: 8 KiB\n")
  message(FATAL_ERROR "no call stack of app/sites in:\n${budgets}")
endif()

# sanitized(WHICH CMAKE-OPTION): every test is skipped, and says why.
function(sanitized which)
  set(build ${SCRATCH}/keywords/build-sanitized)
  file(REMOVE_RECURSE ${build})
  run(WANT 0 DO ${CMAKE_COMMAND} -S ${SCRATCH}/keywords -B ${build} -G ${GENERATOR}
    -D CMAKE_MAKE_PROGRAM=${MAKE} -D CMAKE_BUILD_TYPE=RelWithDebInfo ${package} ${ARGN})
  run(WANT 0 DO ${CMAKE_CTEST_COMMAND} --test-dir ${build} --verbose --no-tests=error)
  expect("heapgate: skipped: CMAKE_C[A-Z_]* has -fsanitize=${which}[^\n]*whose allocator takes the place of the one that counts"
    "0 tests failed out of 3" "sites \\(Skipped\\)")
  run(WANT fail DO ${CMAKE_COMMAND} --build ${build} --target heapgate-update)
  expect("no case of this build is measured: its flags have a sanitizer")
endfunction()
sanitized(address "-DCMAKE_C_FLAGS=-fsanitize=address")
sanitized(undefined,thread "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -fsanitize=undefined,thread -g")
sanitized(memory "-DCMAKE_CXX_FLAGS=-fsanitize=memory")

# Neither another configuration's sanitizer nor one with no allocator of its own is in the way.
run(WANT 0 DO ${CMAKE_COMMAND} -S ${SCRATCH}/keywords -B ${SCRATCH}/keywords/build
  -D CMAKE_C_FLAGS=-fsanitize=undefined -D CMAKE_C_FLAGS_DEBUG=-fsanitize=address)
run(WANT 0 DO ${CMAKE_CTEST_COMMAND} --test-dir ${SCRATCH}/keywords/build --show-only=json-v1)
expect("\"run\", \"--case\", \"app/sites\"")
if(output MATCHES "skipped:")
  message(FATAL_ERROR "skipped for no reason:\n${output}")
endif()
