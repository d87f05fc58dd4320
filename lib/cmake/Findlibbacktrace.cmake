# Finds the libbacktrace that ships with gcc, in folders which only the compiler knows.
# Variables: libbacktrace_LIBRARY, libbacktrace_HEADER.
include(FindPackageHandleStandardArgs)

# libbacktrace_locate(<result> <file>): where the compiler has a file of its own.
function(libbacktrace_locate result file)
  execute_process(
    COMMAND "${CMAKE_CXX_COMPILER}" -print-file-name=${file}
    OUTPUT_VARIABLE path
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  # A file that it does not know comes back as it was asked for.
  if(IS_ABSOLUTE "${path}" AND EXISTS "${path}")
    file(REAL_PATH "${path}" path)
    set(${result} "${path}" CACHE FILEPATH "libbacktrace's ${file}")
    mark_as_advanced(${result})
  endif()
endfunction()

libbacktrace_locate(libbacktrace_LIBRARY libbacktrace.a)
libbacktrace_locate(libbacktrace_HEADER include/backtrace.h)
find_package_handle_standard_args(
  libbacktrace REQUIRED_VARS libbacktrace_LIBRARY libbacktrace_HEADER)
