# loopscope_private_libbacktrace(<result>)
#
# Makes an object file of gcc's libbacktrace for the sources of a target in this folder, and puts
# backtrace.h into ${CMAKE_CURRENT_BINARY_DIR}/libbacktrace: next to it lie headers that only gcc
# may see. In that copy dl_iterate_phdr is loopscope_dl_iterate_phdr, which the target defines, so
# that it can look into files of another process. Its other names are hidden: a program may link the
# original too.
function(loopscope_private_libbacktrace result)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/libbacktrace")
  set(object "${folder}/libbacktrace.o")
  configure_file("${libbacktrace_HEADER}" "${folder}/backtrace.h" COPYONLY)
  add_custom_command(
    OUTPUT "${object}"
    COMMAND "${CMAKE_LINKER}" -r --whole-archive "${libbacktrace_LIBRARY}" -o "${object}"
    COMMAND
      "${CMAKE_OBJCOPY}" --redefine-sym dl_iterate_phdr=loopscope_dl_iterate_phdr
      --keep-global-symbol=backtrace_create_state --keep-global-symbol=backtrace_pcinfo
      --keep-global-symbol=backtrace_syminfo "${object}"
    DEPENDS "${libbacktrace_LIBRARY}"
    COMMENT "Taking a private copy of libbacktrace"
    VERBATIM)
  set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  set(${result} "${object}" PARENT_SCOPE)
endfunction()
