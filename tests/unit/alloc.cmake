heapgate_unit_test(counter_test SOURCES counter_test.c LINKS heapgate_counter Threads::Threads)
heapgate_unit_test(intervals_test SOURCES intervals_test.c LINKS heapgate_counter)
heapgate_unit_test(profile_test SOURCES profile_test.c LINKS heapgate_counter)

# The rest needs the interposed allocator, which a sanitizer's own stands in for.
if(NOT HEAPGATE_SANITIZE)
  heapgate_unit_test(heap_test SOURCES heap_test.c LINKS heapgate_alloc_objects Threads::Threads)
  target_compile_options(heap_test PRIVATE -fno-builtin)
endif()
