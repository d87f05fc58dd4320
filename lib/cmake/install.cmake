# The aggregate loopscope::loopscope, and the package that find_package(loopscope) finds.
include(CMakePackageConfigHelpers)

get_property(exported GLOBAL PROPERTY LOOPSCOPE_EXPORTED)
add_library(loopscope INTERFACE)
add_library(loopscope::loopscope ALIAS loopscope)
target_link_libraries(loopscope INTERFACE ${exported})
loopscope_export(loopscope)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/loopscope")
configure_package_config_file(
  lib/cmake/loopscope-config.cmake.in loopscope-config.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(loopscope-config-version.cmake COMPATIBILITY SameMinorVersion)

install(
  EXPORT loopscope-targets
  NAMESPACE loopscope::
  DESTINATION "${package_dir}")
install(
  FILES "${PROJECT_BINARY_DIR}/loopscope-config.cmake"
        "${PROJECT_BINARY_DIR}/loopscope-config-version.cmake" lib/cmake/Findgperftools.cmake
        lib/cmake/Findlibdw.cmake
  DESTINATION "${package_dir}")
