heapgate_unit_test(result_test SOURCES result_test.c LINKS heapgate_result)
heapgate_unit_test(outside_test SOURCES outside_test.c LINKS heapgate_report)
heapgate_unit_test(report_test SOURCES report_test.c LINKS heapgate_report)
heapgate_unit_test(report_failure_test SOURCES report_failure_test.c LINKS heapgate_report)
heapgate_unit_test(report_verbs_test SOURCES report_verbs_test.c ../support/call.c
  ../support/measured.c
  LINKS heapgate_verbs)
heapgate_unit_test(compare_test SOURCES compare_test.c ../support/call.c ../support/measured.c
  LINKS heapgate_verbs)
heapgate_unit_test(explain_test SOURCES explain_test.c ../support/call.c LINKS heapgate_verbs)
foreach(target report_verbs_test compare_test explain_test)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
endforeach()
heapgate_unit_test(identity_unit_test SOURCES identity_test.c ../support/measured.c
  LINKS heapgate_result)
target_include_directories(identity_unit_test PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
heapgate_unit_test(phases_test SOURCES phases_test.c LINKS heapgate_report)
heapgate_unit_test(growth_report_test SOURCES growth_report_test.c LINKS heapgate_report)
heapgate_unit_test(assertions_test SOURCES assertions_test.c assertions_elsewhere.c
  LINKS heapgate_build)
heapgate_unit_test(lead_test SOURCES lead_test.c LINKS heapgate_report)
