heapgate_unit_test(base_test SOURCES base_test.c LINKS heapgate_base)
