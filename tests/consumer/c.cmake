# The C project against the install tree.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/adoption.cmake)

build_project(c c-package -D CMAKE_PREFIX_PATH=${PREFIX} -D CMAKE_C_COMPILER=${CC})
check_adoption(c-package)

# Nothing was measured yet: an update that did nothing must not look like one.
file(REMOVE_RECURSE ${SCRATCH}/c-package/build/heapgate-results
  ${SCRATCH}/c-package/build/results)
run(WANT fail DO ${CMAKE_COMMAND} --build ${SCRATCH}/c-package/build --target heapgate-update)
expect("app/export/stream: not measured yet" "no case was measured: run ctest --test-dir")
run(WANT fail DO ${CMAKE_COMMAND} --build ${SCRATCH}/c-package/build --target heapgate-report)
expect("no case was measured: run ctest --test-dir")
