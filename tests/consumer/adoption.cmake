# What an adopter of the C project sees, built as `copy`, wherever its heapgate is from: what is
# within passes, what is not fails and says why, the update targets mend the budgets, and the other
# two show what was measured.
function(check_adoption copy)
  set(budgets ${SCRATCH}/${copy}/budgets/app.yaml)
  run_test(${copy} streamed 0)
  run_test(${copy} both 0)
  run_test(${copy} wrapped 0)
  run_test(${copy} scope_within 0)
  run_test(${copy} scope_measured 0)

  # clang leaves out what elfutils finds a line by.
  run_test(${copy} buffered fail)
  expect("OVER app/export/buffer peak, by count measured 1,048,576 B \\(1.0 MiB\\) budget 16,384 B"
    "at ${budgets}:10 " "1 main (\\(export.c:10\\)|in export)"
    "heapgate update --budgets ${budgets} --results [^ ]*/build/heapgate-results --case app/export/buffer --raise")
  run_test(${copy} shrunk fail)
  expect("STALE app/export/shrunk peak, by count measured 8,192 B" "at ${budgets}:14 ")
  run_test(${copy} scope_over fail)
  expect("OVER app/scope/sum peak, by count measured 1,010 B budget 1,000 B" "at ${budgets}:22 ")

  # All of it again, without measuring.
  set(update ${CMAKE_COMMAND} --build ${SCRATCH}/${copy}/build --target)
  run(WANT fail DO ${update} heapgate-check)
  expect("app/export/stream +count +peak [^/]* ok" "app/export/both +massif +peak [^/]* ok"
    "not within budget: app/export/buffer app/export/shrunk")

  # What can be lowered is; what would be raised is named, and waits for the other target.
  run(WANT fail DO ${update} heapgate-update)
  expect("not raised: app/export/buffer. If it is meant: .*--target heapgate-raise")
  changed_lines(c ${copy} budgets/app.yaml changed)
  if(NOT changed STREQUAL "peak: 64 KiB|peak: 8 KiB")
    message(FATAL_ERROR "heapgate-update changed: ${changed}")
  endif()
  file(STRINGS ${budgets} measured REGEX "^    measured: { .*compiler: ")
  list(LENGTH measured count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "heapgate-update recorded of one changed case: ${measured}")
  endif()
  run_test(${copy} shrunk 0)

  run(WANT 0 DO ${update} heapgate-raise)
  expect("app.yaml:10 app/export/buffer peak 16 KiB → (1 MiB|1024 KiB)")
  changed_lines(c ${copy} budgets/app.yaml changed)
  list(GET changed 0 raised)
  list(LENGTH changed count)
  if(NOT count EQUAL 2 OR NOT raised MATCHES
     "^peak: 16 KiB          # as if it streamed.peak: (1 MiB|1024 KiB) +# as if it streamed$")
    message(FATAL_ERROR "heapgate-raise changed: ${changed}")
  endif()
  run_test(${copy} buffered 0)
  file(SHA256 ${budgets} before)
  run(WANT 0 DO ${update} heapgate-raise)
  run(WANT 0 DO ${update} heapgate-update)
  file(SHA256 ${budgets} after)
  if(NOT before STREQUAL after)
    message(FATAL_ERROR "a second update changed ${budgets}")
  endif()

  # Of several folders of results one report, which is written anew each time.
  run(WANT 0 DO ${update} heapgate-check)
  expect("all within budget: 5")
  foreach(time first second)
    run(WANT 0 DO ${update} heapgate-report)
    expect("${SCRATCH}/${copy}/build/heapgate-report/index.html: [0-9]+ cases: 5 within budget")
  endforeach()
  foreach(case stream buffer shrunk both wrapped)
    if(NOT EXISTS ${SCRATCH}/${copy}/build/heapgate-report/cases/app~export~${case}.html)
      message(FATAL_ERROR "the report of ${copy} has no app/export/${case}")
    endif()
  endforeach()
endfunction()
