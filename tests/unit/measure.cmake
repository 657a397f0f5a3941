heapgate_unit_test(growth_test SOURCES growth_test.c LINKS heapgate_result)
