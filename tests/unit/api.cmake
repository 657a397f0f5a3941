heapgate_unit_test(api_test SOURCES api_test.c LINKS heapgate::heapgate heapgate_base)
