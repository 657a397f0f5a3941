heapgate_unit_test(massif_test SOURCES massif_test.c massif_errors_test.c LINKS heapgate_massif)
target_compile_definitions(massif_test PRIVATE
  MASSIF_FILES="${CMAKE_CURRENT_SOURCE_DIR}/massif")
heapgate_unit_test(massif_writer_test SOURCES massif_writer_test.c LINKS heapgate_massif)
target_compile_definitions(massif_writer_test PRIVATE
  MASSIF_FILES="${CMAKE_CURRENT_SOURCE_DIR}/massif")
