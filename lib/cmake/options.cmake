# loopscope_codegen: how code is generated, for every target, third party too.
# loopscope_options: that, and the warnings, for our own code.
add_library(loopscope_codegen INTERFACE)
target_compile_features(loopscope_codegen INTERFACE cxx_std_20)
target_compile_options(loopscope_codegen INTERFACE -fno-omit-frame-pointer)
target_link_options(loopscope_codegen INTERFACE LINKER:--build-id=sha1)

if(LOOPSCOPE_SANITIZE)
  list(JOIN LOOPSCOPE_SANITIZE "," sanitizers)
  target_compile_options(loopscope_codegen INTERFACE -fsanitize=${sanitizers})
  target_link_options(loopscope_codegen INTERFACE -fsanitize=${sanitizers})
  if("undefined" IN_LIST LOOPSCOPE_SANITIZE)
    target_compile_options(
      loopscope_codegen INTERFACE -fno-sanitize-recover=undefined
                                  $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  endif()
  if("thread" IN_LIST LOOPSCOPE_SANITIZE)
    # gcc warns of every fence, Asio's among them: ThreadSanitizer does not model fences.
    target_compile_options(loopscope_codegen INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
if(LOOPSCOPE_COVERAGE)
  # Atomic, because gcov derives counts from others: after a race the sums do not come out.
  target_compile_options(loopscope_codegen INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(loopscope_codegen INTERFACE --coverage)
endif()

add_library(loopscope_options INTERFACE)
target_link_libraries(loopscope_options INTERFACE loopscope_codegen)
target_compile_options(
  loopscope_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
                              -Wold-style-cast)
