# Finds libunwind, which comes without a CMake package. Target: libunwind::libunwind.
include(FindPackageHandleStandardArgs)

find_path(libunwind_INCLUDE_DIR libunwind.h)
find_library(libunwind_LIBRARY NAMES unwind)
mark_as_advanced(libunwind_INCLUDE_DIR libunwind_LIBRARY)

find_package_handle_standard_args(
  libunwind REQUIRED_VARS libunwind_LIBRARY libunwind_INCLUDE_DIR)

if(libunwind_FOUND AND NOT TARGET libunwind::libunwind)
  add_library(libunwind::libunwind UNKNOWN IMPORTED)
  set_target_properties(
    libunwind::libunwind PROPERTIES IMPORTED_LOCATION "${libunwind_LIBRARY}"
                                    INTERFACE_INCLUDE_DIRECTORIES "${libunwind_INCLUDE_DIR}")
endif()
