# Reports as pages: a part of its own, which the command links and the library does not, so that an
# adopter's program never needs libxml2.
set(report_files ${CMAKE_CURRENT_LIST_DIR}/style.css ${CMAKE_CURRENT_LIST_DIR}/icon.svg
  ${CMAKE_CURRENT_LIST_DIR}/heapgate-report.txt)
set(report_files_source ${CMAKE_CURRENT_BINARY_DIR}/report_files.c)
set(embed ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake)
add_custom_command(OUTPUT ${report_files_source}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${report_files_source} "-DFILES=${report_files}" -P ${embed}
  DEPENDS ${report_files} ${embed} VERBATIM
  COMMENT "Taking in the report's style sheet")

# Without libxml2 everything is there but the writer.
set(xml_source xml_none.c)
set(xml_library "")
if(HEAPGATE_BUILD_REPORT)
  set(xml_source xml.c)
  set(xml_library PkgConfig::XML)
endif()

heapgate_part(heapgate_html
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/call_tree.c
    ${CMAKE_CURRENT_LIST_DIR}/callers.c
    ${CMAKE_CURRENT_LIST_DIR}/case.c
    ${CMAKE_CURRENT_LIST_DIR}/case_plots.c
    ${CMAKE_CURRENT_LIST_DIR}/case_sites.c
    ${CMAKE_CURRENT_LIST_DIR}/compare.c
    ${CMAKE_CURRENT_LIST_DIR}/compare_case.c
    ${CMAKE_CURRENT_LIST_DIR}/folder.c
    ${CMAKE_CURRENT_LIST_DIR}/html.c
    ${CMAKE_CURRENT_LIST_DIR}/icicle.c
    ${CMAKE_CURRENT_LIST_DIR}/overview.c
    ${CMAKE_CURRENT_LIST_DIR}/page.c
    ${CMAKE_CURRENT_LIST_DIR}/plot.c
    ${CMAKE_CURRENT_LIST_DIR}/plot_text.c
    ${CMAKE_CURRENT_LIST_DIR}/rows.c
    ${CMAKE_CURRENT_LIST_DIR}/scale.c
    ${CMAKE_CURRENT_LIST_DIR}/svg.c
    ${CMAKE_CURRENT_LIST_DIR}/${xml_source}
    ${report_files_source}
  LINKS heapgate_compare heapgate_report ${xml_library} m)
target_compile_definitions(heapgate_html PRIVATE HEAPGATE_VERSION="${PROJECT_VERSION}")
