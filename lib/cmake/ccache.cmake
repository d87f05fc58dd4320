# Compiles through ccache where it is installed. The sloppiness is what ccache needs to cache a
# translation unit that uses a precompiled header; a header that is newer than the compilation is
# not cached, because it may change under it.
find_program(LOOPSCOPE_CCACHE ccache)
mark_as_advanced(LOOPSCOPE_CCACHE)
if(LOOPSCOPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros "${LOOPSCOPE_CCACHE}")
endif()
