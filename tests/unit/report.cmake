heapgate_unit_test(result_test SOURCES result_test.c LINKS heapgate_result)
