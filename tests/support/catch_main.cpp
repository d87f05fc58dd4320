#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>

int main(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#ifdef __SANITIZE_THREAD__
// An exception that is passed to another thread is destroyed by whichever lets go of it last. Their
// order lies in a reference count in libstdc++, which is not instrumented.
// NOLINTNEXTLINE(bugprone-reserved-identifier): as the sanitizer calls it
extern "C" char const* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n"
         "race:std::runtime_error::~runtime_error\n"
         "race:std::logic_error::~logic_error\n"
         "race:__cxa_free_exception\n";
}
#endif
