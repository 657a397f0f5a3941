heapgate_unit_test(result_test SOURCES result_test.c LINKS heapgate_result)
heapgate_unit_test(report_test SOURCES report_test.c LINKS heapgate_report)
heapgate_unit_test(report_failure_test SOURCES report_failure_test.c LINKS heapgate_report)
heapgate_unit_test(report_verbs_test SOURCES report_verbs_test.c ../support/call.c
  LINKS heapgate_verbs)
heapgate_unit_test(compare_test SOURCES compare_test.c ../support/call.c LINKS heapgate_verbs)
foreach(target report_verbs_test compare_test)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
endforeach()
heapgate_unit_test(phases_test SOURCES phases_test.c LINKS heapgate_report)
heapgate_unit_test(assertions_test SOURCES assertions_test.c assertions_elsewhere.c
  LINKS heapgate_build)
