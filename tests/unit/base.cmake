heapgate_unit_test(base_test SOURCES base_test.c LINKS heapgate_base)
heapgate_unit_test(options_test SOURCES options_test.c LINKS heapgate_base)
