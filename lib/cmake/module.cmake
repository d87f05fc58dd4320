# loopscope_module(<name> [PCH] [DEPENDS ...] [PRIVATE_DEPENDS ...] [SOURCES ...])
#
# Makes the library loopscope_<name>, alias and export loopscope::<name>, of the sources in this
# folder; without sources an interface library. Every *.hpp of the folder is public and installed,
# but *_impl.hpp. PCH: it shares the precompiled Asio headers.
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

  if(arg_PCH)
    loopscope_precompile(${target})
  endif()
  loopscope_export(${target})
endfunction()

# Shares the precompiled Asio headers; the first of them is the hook for async stacks. Without
# precompiled headers the hook alone is put in front.
function(loopscope_precompile target)
  target_link_libraries(${target} PRIVATE loopscope::coroutines) # has what the hook declares
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    set(hook "${PROJECT_SOURCE_DIR}/lib/loopscope/coroutines/pump_hook.hpp")
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${hook}>")
  else()
    target_precompile_headers(${target} REUSE_FROM loopscope_pch)
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
