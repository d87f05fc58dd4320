# Third party, all from Debian 12. What is found here is found again by loopscope-config.cmake.in,
# but for libbacktrace, of which our libraries hold a copy, and for what only our sources include.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(libbacktrace REQUIRED)
find_package(libunwind REQUIRED)
find_package(protozero REQUIRED)
if(LOOPSCOPE_GPERFTOOLS)
  find_package(gperftools REQUIRED)
endif()
