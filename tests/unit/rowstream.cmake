heapgate_unit_test(rowstream_test SOURCES rowstream_test.c LINKS rowstream_core)
target_compile_definitions(rowstream_test PRIVATE
  FIXTURES="${PROJECT_SOURCE_DIR}/fixtures" ROWSTREAM="$<TARGET_FILE:rowstream>")
add_dependencies(rowstream_test rowstream)

heapgate_unit_test(rowstream_text_test SOURCES rowstream_text_test.c LINKS rowstream_core)

heapgate_unit_test(rowstream_hostile_test SOURCES rowstream_hostile_test.c LINKS rowstream_core)
heapgate_unit_test(rowstream_url_test SOURCES rowstream_url_test.c LINKS rowstream_core)

heapgate_unit_test(rowstream_load_test SOURCES rowstream_load_test.c
  LINKS rowstream_core PkgConfig::SQLITE)
target_compile_definitions(rowstream_load_test PRIVATE
  FIXTURES="${PROJECT_SOURCE_DIR}/fixtures" ROWSTREAM="$<TARGET_FILE:rowstream>")
add_dependencies(rowstream_load_test rowstream)
