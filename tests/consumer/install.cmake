# Installs this build, looks at what is there, and moves it: all other tests use the moved tree.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

file(REMOVE_RECURSE ${SCRATCH}/first ${PREFIX})
run(WANT 0 DO ${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/first)
file(GLOB headers RELATIVE ${SOURCE}/src ${SOURCE}/src/include/heapgate/*.h)
foreach(file ${headers} bin/heapgate ${LIBDIR}/libheapgate.a ${LIBDIR}/libheapgate_preload.so
        ${LIBDIR}/libheapgate_capture.so ${LIBDIR}/pkgconfig/heapgate.pc
        ${LIBDIR}/cmake/heapgate/heapgate-config.cmake
        ${LIBDIR}/cmake/heapgate/heapgate-config-version.cmake
        ${LIBDIR}/cmake/heapgate/HeapgateAddTest.cmake)
  if(NOT EXISTS ${SCRATCH}/first/${file})
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()

# The command measures from where it was installed, and from where it was moved to.
run(WANT 0 DO ${SCRATCH}/first/bin/heapgate run --results ${SCRATCH}/first/results -- ls /)
file(RENAME ${SCRATCH}/first ${PREFIX})
run(WANT 0 DO ${PREFIX}/bin/heapgate run --results ${PREFIX}/results --max 64MiB -- ls /)
expect("peak [0-9,]+ B.* within budget")
run(WANT 0 DO ${PREFIX}/bin/heapgate --version)
expect("^heapgate ${VERSION}")

# What names the folder that it was made for would break in another.
file(GLOB_RECURSE texts ${PREFIX}/*.cmake ${PREFIX}/*.pc ${PREFIX}/*.h)
foreach(file ${texts})
  file(READ ${file} text)
  foreach(folder ${SCRATCH} ${BUILD} ${SOURCE})
    string(FIND "${text}" "${folder}" found)
    if(NOT found EQUAL -1)
      message(FATAL_ERROR "${file} names ${folder}")
    endif()
  endforeach()
endforeach()

# An adopter's program gets no names but these.
run(WANT 0 DO ${NM} --extern-only --defined-only --format=posix ${PREFIX}/${LIBDIR}/libheapgate.a)
string(REGEX MATCHALL "\n[^ \n:]+ [A-Za-z] " symbols "${output}")
list(LENGTH symbols count)
if(count LESS 40)
  message(FATAL_ERROR "only ${count} symbols in libheapgate.a:\n${output}")
endif()
foreach(symbol ${symbols})
  if(NOT symbol MATCHES "^\n(heapgate_[a-z_]+|_Zn[aw][A-Za-z0-9_]+|_Zd[al]P[A-Za-z0-9_]+|(m|c|re|v|pv)alloc|reallocarray|(posix_)?memalign|aligned_alloc|malloc_usable_size|free(_sized|_aligned_sized)?|f?execve|execveat|syscall|dlm?open|dlclose|mlockall|execv(p|pe)?|execl(e|p)?|posix_spawnp?|_[eE]xit|prctl|mmap(64)?|mremap|munmap|(pkey_)?mprotect|s?brk) ")
    message(FATAL_ERROR "libheapgate.a brings${symbol}")
  endif()
endforeach()
