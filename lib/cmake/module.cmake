# loopscope_module(<name> [PCH] [DEPENDS ...] [PRIVATE_DEPENDS ...] [SOURCES ...])
#
# Makes the library loopscope_<name>, alias and export loopscope::<name>, of the sources in this
# folder; without sources an interface library. Every *.hpp of the folder is public and installed,
# but *_impl.hpp. PCH: it, and every module that depends on it, shares the precompiled Asio headers.
function(loopscope_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PCH" "" "DEPENDS;PRIVATE_DEPENDS;SOURCES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "loopscope_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(target loopscope_${name})
  if(arg_SOURCES)
    set(scope PUBLIC)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(
      ${target}
      PUBLIC ${arg_DEPENDS}
      PRIVATE ${arg_PRIVATE_DEPENDS} $<BUILD_INTERFACE:loopscope_options>)
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_DEPENDS})
  endif()
  add_library(loopscope::${name} ALIAS ${target})

  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.hpp")
  list(FILTER headers EXCLUDE REGEX "_impl\\.hpp$")
  target_sources(
    ${target} ${scope} FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/lib" FILES ${headers})
  target_compile_features(${target} ${scope} cxx_std_20)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})

  loopscope_uses_pch(uses_pch ${arg_PCH} ${arg_DEPENDS} ${arg_PRIVATE_DEPENDS})
  set_target_properties(${target} PROPERTIES LOOPSCOPE_PCH ${uses_pch})
  if(uses_pch AND arg_SOURCES)
    loopscope_reuse_pch(${target})
  endif()
  loopscope_export(${target})
endfunction()

# Whether a module asked for the precompiled header, or depends on one that did.
function(loopscope_uses_pch result asked)
  foreach(target IN LISTS ARGN)
    if(NOT asked AND TARGET ${target})
      get_target_property(asked ${target} LOOPSCOPE_PCH)
    endif()
  endforeach()
  if(asked)
    set(${result} ON PARENT_SCOPE)
  else()
    set(${result} OFF PARENT_SCOPE)
  endif()
endfunction()

# Installs and exports a target of the library, and adds it to what loopscope::loopscope links.
function(loopscope_export target)
  get_target_property(sets ${target} INTERFACE_HEADER_SETS)
  if(sets)
    set(headers FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  endif()
  install(
    TARGETS ${target}
    EXPORT loopscope-targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" ${headers})
  set_property(GLOBAL APPEND PROPERTY LOOPSCOPE_EXPORTED ${target})
endfunction()

# Lets a target that links loopscope::boost share the one precompiled header of Asio and Beast.
function(loopscope_reuse_pch target)
  target_precompile_headers(${target} REUSE_FROM loopscope_pch)
endfunction()
