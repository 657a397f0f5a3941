# The verbs that only read and judge, as a part of their own: their tests call them directly.
heapgate_part(heapgate_verbs
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/check.c
    ${CMAKE_CURRENT_LIST_DIR}/cli.c
    ${CMAKE_CURRENT_LIST_DIR}/compare.c
    ${CMAKE_CURRENT_LIST_DIR}/explain.c
    ${CMAKE_CURRENT_LIST_DIR}/report.c
    ${CMAKE_CURRENT_LIST_DIR}/terminal.c
    ${CMAKE_CURRENT_LIST_DIR}/update.c
    ${CMAKE_CURRENT_LIST_DIR}/update_phases.c
  LINKS heapgate_html heapgate_compare heapgate_report heapgate_massif)
