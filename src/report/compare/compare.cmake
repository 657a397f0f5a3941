# Two folders of results side by side: a part of its own, which only the command links.
heapgate_part(heapgate_compare
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/compare.c
    ${CMAKE_CURRENT_LIST_DIR}/markdown.c
    ${CMAKE_CURRENT_LIST_DIR}/sites.c
    ${CMAKE_CURRENT_LIST_DIR}/tables.c
    ${CMAKE_CURRENT_LIST_DIR}/text.c
    ${CMAKE_CURRENT_LIST_DIR}/view.c
  LINKS heapgate_report m)
