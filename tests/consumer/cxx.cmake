# The C++ project against the install tree, and the headers under each C++ compiler there is.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

foreach(compiler g++ clang++)
  find_program(found_${compiler} ${compiler})
  foreach(standard 11 17 20)
    if(found_${compiler})
      run(WANT 0 DO ${found_${compiler}} -std=c++${standard} -fsyntax-only -Wall -Wextra
        -Wpedantic -Werror -I ${PREFIX}/include ${CMAKE_CURRENT_LIST_DIR}/cxx/headers.cc)
    endif()
  endforeach()
endforeach()

build_project(cxx cxx -D CMAKE_PREFIX_PATH=${PREFIX} -D CMAKE_CXX_COMPILER=${CXX})
run_test(cxx chunks 0)
run_test(cxx whole fail)
expect("OVER table/whole peak, by count measured 10,000,000 B .* budget 10,000 B"
  "at ${SCRATCH}/cxx/budgets/table.yaml:10 " "main \\(table.cc:")
