# A compiler and pkg-config are enough, with --static and without it.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

set(ENV{PKG_CONFIG_PATH} ${PREFIX}/${LIBDIR}/pkgconfig)
run(WANT 0 DO ${PKG_CONFIG} --modversion heapgate)
expect("^${VERSION} $")
foreach(static "" --static)
  run(WANT 0 DO ${PKG_CONFIG} --cflags --libs ${static} heapgate)
  separate_arguments(flags UNIX_COMMAND "${output}")
  set(program ${SCRATCH}/pkgconfig${static})
  run(WANT 0 DO ${CC} ${CMAKE_CURRENT_LIST_DIR}/pkgconfig/scope.c -o ${program} ${flags})
  run(WANT 0 DO ${program})
  expect("^peak 100 allocations 1 live 0")

  # A program that names neither heapgate nor malloc is counted too.
  run(WANT 0 DO ${CC} ${CMAKE_CURRENT_LIST_DIR}/pkgconfig/plain.c -o ${program}-plain ${flags})
  run(WANT 0 DO ${NM} --defined-only ${program}-plain)
  expect("T malloc " "T heapgate_scope_begin ")
  run(WANT 0 DO ${PREFIX}/bin/heapgate run --results ${SCRATCH}/pkgconfig-results
    -- ${program}-plain)
  expect("live 100 B")
endforeach()
