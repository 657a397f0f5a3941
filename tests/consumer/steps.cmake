# The steps that the scripts are made of. After each, `output` holds what was printed.

set(PREFIX ${SCRATCH}/prefix)

# run(WANT 0|fail DO command...): ends the test unless the command's success is as wanted.
function(run)
  cmake_parse_arguments(PARSE_ARGV 0 RUN "" "WANT" "DO")
  execute_process(COMMAND ${RUN_DO}
    RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
  set(output "${out}${err}" PARENT_SCOPE)
  if((RUN_WANT STREQUAL "fail" AND status EQUAL 0) OR
     (NOT RUN_WANT STREQUAL "fail" AND NOT status EQUAL RUN_WANT))
    list(JOIN RUN_DO " " line)
    message(FATAL_ERROR "${line}\nwanted: ${RUN_WANT}, came: ${status}\n${out}${err}")
  endif()
endfunction()

# expect(REGEX...): each must match the output; its blanks and line ends count as one blank.
function(expect)
  string(REGEX REPLACE "[ \t\n]+" " " one_line "${output}")
  foreach(wanted ${ARGN})
    if(NOT one_line MATCHES "${wanted}")
      message(FATAL_ERROR "wanted: ${wanted}\ncame:\n${output}")
    endif()
  endforeach()
endfunction()

# hide_packages(NAME...): from here on pkg-config finds all that it found but these.
function(hide_packages)
  get_filename_component(test ${CMAKE_SCRIPT_MODE_FILE} NAME_WE) # others may hide some meanwhile
  set(folder ${SCRATCH}/packages-${test})
  file(REMOVE_RECURSE ${folder})
  file(MAKE_DIRECTORY ${folder})
  unset(ENV{PKG_CONFIG_LIBDIR})
  run(WANT 0 DO ${PKG_CONFIG} --variable pc_path pkg-config)
  string(STRIP "${output}" places)
  string(REPLACE ":" ";" places "${places}")
  foreach(place ${places})
    file(GLOB files ${place}/*.pc)
    foreach(file ${files})
      get_filename_component(name ${file} NAME_WLE)
      if(NOT name IN_LIST ARGN AND NOT EXISTS ${folder}/${name}.pc)
        file(CREATE_LINK ${file} ${folder}/${name}.pc SYMBOLIC)
      endif()
    endforeach()
  endforeach()
  set(ENV{PKG_CONFIG_LIBDIR} ${folder})
endfunction()

# A project of this folder, in a copy whose budgets may be rewritten, configured and built.
function(build_project name copy)
  file(REMOVE_RECURSE ${SCRATCH}/${copy})
  file(COPY ${CMAKE_CURRENT_LIST_DIR}/${name}/ DESTINATION ${SCRATCH}/${copy})
  run(WANT 0 DO ${CMAKE_COMMAND} -S ${SCRATCH}/${copy} -B ${SCRATCH}/${copy}/build
    -G ${GENERATOR} -D CMAKE_MAKE_PROGRAM=${MAKE} -D CMAKE_BUILD_TYPE=RelWithDebInfo ${ARGN})
  run(WANT 0 DO ${CMAKE_COMMAND} --build ${SCRATCH}/${copy}/build --parallel 2)
endfunction()

# One test of a project, by its name: 0 or fail.
function(run_test copy name wanted)
  run(WANT ${wanted} DO ${CMAKE_CTEST_COMMAND} --test-dir ${SCRATCH}/${copy}/build
    --output-on-failure --no-tests=error -R "^${name}$")
  set(output "${output}" PARENT_SCOPE)
endfunction()

# The lines of a file that are not as they were in this folder, "old|new" each.
function(changed_lines name copy file result)
  file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/${name}/${file} before)
  file(STRINGS ${SCRATCH}/${copy}/${file} after)
  list(FILTER after EXCLUDE REGEX "^ *measured: ") # what update records of its environment
  list(LENGTH before length)
  list(LENGTH after length_after)
  if(NOT length EQUAL length_after)
    message(FATAL_ERROR "${file}: ${length} lines before, ${length_after} after the update")
  endif()
  set(changed "")
  foreach(old new IN ZIP_LISTS before after)
    if(NOT old STREQUAL new)
      string(STRIP "${old}" old)
      string(STRIP "${new}" new)
      list(APPEND changed "${old}|${new}")
    endif()
  endforeach()
  set(${result} "${changed}" PARENT_SCOPE)
endfunction()
