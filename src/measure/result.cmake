# The result file is a part of its own: reports and updates read it and never measure.
heapgate_part(heapgate_result
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/file_id.c
    ${CMAKE_CURRENT_LIST_DIR}/growth.c
    ${CMAKE_CURRENT_LIST_DIR}/hold.c
    ${CMAKE_CURRENT_LIST_DIR}/identity.c
    ${CMAKE_CURRENT_LIST_DIR}/identity_json.c
    ${CMAKE_CURRENT_LIST_DIR}/result.c
    ${CMAKE_CURRENT_LIST_DIR}/result_environment.c
    ${CMAKE_CURRENT_LIST_DIR}/result_folder.c
    ${CMAKE_CURRENT_LIST_DIR}/result_growth.c
    ${CMAKE_CURRENT_LIST_DIR}/result_keep.c
    ${CMAKE_CURRENT_LIST_DIR}/result_read.c
    ${CMAKE_CURRENT_LIST_DIR}/result_write.c
    ${CMAKE_CURRENT_LIST_DIR}/utf8.c
  LINKS heapgate_base PkgConfig::JANSSON m)
