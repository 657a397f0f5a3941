heapgate_unit_test(budget_test SOURCES budget_test.c LINKS heapgate_budget)
