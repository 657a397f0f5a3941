# The library brings its allocator along, which a sanitizer's own stands in for.
if(NOT HEAPGATE_SANITIZE)
  heapgate_unit_test(api_test SOURCES api_test.c LINKS heapgate::heapgate heapgate_base)
endif()
