# Where files go in the build tree, and how they are called. It has the shape of an install tree, so
# that the command finds the preload library the same way in both; with a generator of several
# configurations each has such a tree. What a project that includes this one has decided for its own
# files must not move or rename these: all is set for this folder and those below it.
get_property(HEAPGATE_MULTI_CONFIG GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
set(tree ${PROJECT_BINARY_DIR})
if(HEAPGATE_MULTI_CONFIG)
  set(tree ${PROJECT_BINARY_DIR}/$<CONFIG>)
elseif(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  # What measures must be optimized, and what is measured have lines.
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "The kind of build" FORCE)
endif()
foreach(suffix "" ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
  if(suffix)
    string(TOUPPER ${suffix} suffix)
    set(CMAKE_${suffix}_POSTFIX "")
    string(PREPEND suffix _)
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY${suffix} ${tree}/bin)
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY${suffix} ${tree}/lib)
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY${suffix} ${tree}/lib)
endforeach()
