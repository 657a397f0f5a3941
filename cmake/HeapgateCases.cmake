# What the scripts of the targets heapgate-update, -raise, -check and -report share: their arguments,
# after the script's own name and a verb: CASES BUILD HEAPGATE [CONFIGURATION].
file(STRINGS ${CMAKE_ARGV4} cases LENGTH_MINIMUM 1)
set(build ${CMAKE_ARGV5})
set(heapgate ${CMAKE_ARGV6})
set(build_configuration "")
set(test_configuration "")
if(NOT "${CMAKE_ARGV7}" STREQUAL "")
  set(build_configuration " --config ${CMAKE_ARGV7}")
  set(test_configuration " -C ${CMAKE_ARGV7}")
endif()
if(NOT cases)
  message(FATAL_ERROR "no case of this build is measured: its flags have a sanitizer, whose "
    "allocator takes the place of the one that counts")
endif()

function(refuse_unmeasured)
  message(FATAL_ERROR "no case was measured: "
    "run ctest --test-dir ${build}${test_configuration} -L heapgate first")
endfunction()
