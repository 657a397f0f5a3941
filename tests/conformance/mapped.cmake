# What programs map themselves, and what they have in memory that nothing counted.
add_library(slow_map SHARED slow_map.c)
target_link_libraries(slow_map PRIVATE heapgate_build)
set_target_properties(slow_map PROPERTIES C_VISIBILITY_PRESET default)
target_compile_options(slow_map PRIVATE -fno-builtin)

foreach(program mapper mapper_linked)
  add_executable(${program} mapper.c)
  target_link_libraries(${program} PRIVATE heapgate_build Threads::Threads)
  target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR}/src/include)
  target_compile_options(${program} PRIVATE -fno-builtin)
  target_link_libraries(${program} PRIVATE -Wl,--no-as-needed slow_map)
endforeach()
target_compile_definitions(mapper PRIVATE MAPPER_PLAIN)
target_link_libraries(mapper_linked PRIVATE heapgate_library)

heapgate_unit_test(mapped_test LABEL conformance SOURCES mapped_test.c LINKS heapgate_measure)
target_compile_definitions(mapped_test PRIVATE
  MAPPER="$<TARGET_FILE:mapper>" MAPPER_LINKED="$<TARGET_FILE:mapper_linked>"
  MAPPER_ALLOCATORS="${allocators}" SUBJECT_FOLDER="$<TARGET_FILE_DIR:subject>")
add_dependencies(mapped_test mapper mapper_linked ${subjects} heapgate_preload heapgate_capture)

add_executable(taker taker.c)
target_link_libraries(taker PRIVATE heapgate_build Threads::Threads)
target_compile_options(taker PRIVATE -fno-builtin)
add_test(NAME conformance/outside
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/outside.sh $<TARGET_FILE:heapgate> $<TARGET_FILE:taker>)
set_tests_properties(conformance/outside PROPERTIES LABELS conformance TIMEOUT 600)
add_test(NAME conformance/ordinary
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/ordinary.sh $<TARGET_FILE:heapgate> ${PROJECT_SOURCE_DIR})
set_tests_properties(conformance/ordinary PROPERTIES LABELS conformance TIMEOUT 600)
