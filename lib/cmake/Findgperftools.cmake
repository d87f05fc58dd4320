# Finds the shared tcmalloc and CPU profiler of gperftools, which come without a CMake package.
# Targets: gperftools::tcmalloc, gperftools::profiler.
include(FindPackageHandleStandardArgs)

find_path(gperftools_INCLUDE_DIR gperftools/profiler.h)
find_library(gperftools_tcmalloc_LIBRARY NAMES tcmalloc)
find_library(gperftools_profiler_LIBRARY NAMES profiler)
mark_as_advanced(gperftools_INCLUDE_DIR gperftools_tcmalloc_LIBRARY gperftools_profiler_LIBRARY)

find_package_handle_standard_args(
  gperftools REQUIRED_VARS gperftools_tcmalloc_LIBRARY gperftools_profiler_LIBRARY
                           gperftools_INCLUDE_DIR)

if(gperftools_FOUND)
  foreach(part IN ITEMS tcmalloc profiler)
    if(NOT TARGET gperftools::${part})
      add_library(gperftools::${part} UNKNOWN IMPORTED)
      set_target_properties(
        gperftools::${part}
        PROPERTIES IMPORTED_LOCATION "${gperftools_${part}_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES "${gperftools_INCLUDE_DIR}")
    endif()
  endforeach()
endif()
