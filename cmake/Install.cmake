# What an install tree holds. It can be moved: nothing in it names the folder it was made for but
# a last resort of the command. Under a sanitizer there is no library, and nothing to install.
if(HEAPGATE_SANITIZE OR NOT HEAPGATE_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/heapgate)

install(TARGETS heapgate heapgate_library heapgate_preload EXPORT heapgate-targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/include/heapgate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.h)
# The command finds it beside the preload library; nobody names it.
install(TARGETS heapgate_capture LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

install(EXPORT heapgate-targets NAMESPACE heapgate:: DESTINATION ${package_folder})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/heapgate-config.cmake.in ${PROJECT_BINARY_DIR}/heapgate-config.cmake
  INSTALL_DESTINATION ${package_folder}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/heapgate-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/heapgate-config.cmake
  ${PROJECT_BINARY_DIR}/heapgate-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/HeapgateAddTest.cmake
  ${CMAKE_CURRENT_LIST_DIR}/HeapgateCases.cmake
  ${CMAKE_CURRENT_LIST_DIR}/HeapgateReport.cmake
  ${CMAKE_CURRENT_LIST_DIR}/HeapgateUpdate.cmake
  DESTINATION ${package_folder})

# pkg-config knows where the file itself is, and from there the prefix.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" up ${up})
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
cmake_path(APPEND pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
list(TRANSFORM CMAKE_C_IMPLICIT_LINK_DIRECTORIES PREPEND -L OUTPUT_VARIABLE implicit)
set(pc_elfutils ${DW_LDFLAGS})
list(REMOVE_ITEM pc_elfutils ${implicit})
list(JOIN pc_elfutils " " pc_elfutils)
configure_file(${CMAKE_CURRENT_LIST_DIR}/heapgate.pc.in ${PROJECT_BINARY_DIR}/heapgate.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/heapgate.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
