find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

# loopscope_python_tests(<label> TIMEOUT <seconds>)
#
# Registers every <label>/test_*.py as one test, <label>.<name>, where the preset wants that label.
# An e2e test has the machine to itself.
function(loopscope_python_tests label)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "")
  if(NOT label IN_LIST LOOPSCOPE_TEST_LABELS)
    return()
  endif()
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${label}/test_*.py")
  foreach(file IN LISTS files)
    cmake_path(GET file STEM module)
    string(REGEX REPLACE "^test_" "" name ${module})
    add_test(
      NAME ${label}.${name}
      COMMAND Python3::Interpreter -B -m unittest -v ${module}
      WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/${label}")
    set_tests_properties(
      ${label}.${name}
      PROPERTIES
        LABELS ${label}
        TIMEOUT ${arg_TIMEOUT}
        RUN_SERIAL $<STREQUAL:${label},e2e>
        ENVIRONMENT
        "LAB_BINARY=$<TARGET_FILE:profiling-lab>;LAB_BUILD_DIR=${PROJECT_BINARY_DIR};PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}"
    )
  endforeach()
endfunction()
