find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

# These e2e tests run beside others. Every other one has the machine to itself, because it measures
# time, load or shares of a profile (capture_lag, encode, profile_quality, soak, walkthrough and the
# viewer_* tests: two start Chromium and share node_modules), or because others could take
# the port that it chooses for a program (run_script).
set(loopscope_e2e_beside_others
    disk_full find_leaks handler_calls heap_command heap_corrupted heap_limits heapsnapshot layers
    linking look_up memory_limits metrics package unwind_tables)

# loopscope_python_tests(<label> TIMEOUT <seconds>)
#
# Registers every <label>/test_*.py as one test, <label>.<name>, where the preset wants that label.
function(loopscope_python_tests label)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "")
  if(NOT label IN_LIST LOOPSCOPE_TEST_LABELS)
    return()
  endif()
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${label}/test_*.py")
  foreach(file IN LISTS files)
    cmake_path(GET file STEM module)
    string(REGEX REPLACE "^test_" "" name ${module})
    set(serial OFF)
    if(label STREQUAL "e2e" AND NOT name IN_LIST loopscope_e2e_beside_others)
      set(serial ON)
    endif()
    add_test(
      NAME ${label}.${name}
      COMMAND Python3::Interpreter -B -m unittest -v ${module}
      WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/${label}")
    set_tests_properties(
      ${label}.${name}
      PROPERTIES
        LABELS ${label}
        TIMEOUT ${arg_TIMEOUT}
        RUN_SERIAL ${serial}
        ENVIRONMENT
        "LAB_BINARY=$<TARGET_FILE:profiling-lab>;LAB_BUILD_DIR=${PROJECT_BINARY_DIR};PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}"
    )
  endforeach()
  if(TEST e2e.soak)
    set_tests_properties(e2e.soak PROPERTIES TIMEOUT 900) # its long form takes ten minutes
  endif()
endfunction()
