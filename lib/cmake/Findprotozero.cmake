# Finds protozero, headers alone, which come without a CMake package. Target: protozero::protozero.
include(FindPackageHandleStandardArgs)

find_path(protozero_INCLUDE_DIR protozero/version.hpp)
mark_as_advanced(protozero_INCLUDE_DIR)

find_package_handle_standard_args(protozero REQUIRED_VARS protozero_INCLUDE_DIR)

if(protozero_FOUND AND NOT TARGET protozero::protozero)
  add_library(protozero::protozero INTERFACE IMPORTED)
  set_target_properties(
    protozero::protozero PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${protozero_INCLUDE_DIR}")
endif()
