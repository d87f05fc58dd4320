#include <profiling_lab/gperftools_walk.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

namespace lab {

#ifdef LOOPSCOPE_WITH_GPERFTOOLS

// NOLINTBEGIN(concurrency-mt-unsafe): called before there is another thread

namespace {

constexpr char const* method_variable = "TCMALLOC_STACKTRACE_METHOD";
// Set for the new image only: it ends a loop, and holds the name of the process, which would
// otherwise be that of the link that is executed.
constexpr char const* name_variable = "PROFILING_LAB_PROCESS_NAME";

// gperftools marks in its first image, by the highest bit, which profiles have begun, so that a
// child writes files of its own. The new image is no child: it writes those that were asked for.
void forget_begun_profiles() {
  for (char const* const variable : {"CPUPROFILE", "HEAPPROFILE"})
    if (auto* const path = std::getenv(variable)) path[0] = static_cast<char>(path[0] & 0x7f);
}

std::string execute_again(char* const* argv) {
  std::array<char, 16> name{};  // the size that the kernel asks for
  prctl(PR_GET_NAME, name.data());
  if (setenv(name_variable, name.data(), 1) != 0 || setenv(method_variable, "libgcc", 1) != 0)
    return std::generic_category().message(errno);
  forget_begun_profiles();
  // The link leads to the file that is running, even if another lies at its path by now.
  execv("/proc/self/exe", argv);
  auto const error = errno;
  unsetenv(name_variable);
  unsetenv(method_variable);
  return std::generic_category().message(error);
}

}  // namespace

std::string choose_gperftools_walk(char* const* argv) {
  auto const* const chosen = std::getenv(method_variable);
  auto const* const name = std::getenv(name_variable);
  if (!name) return chosen ? std::string{} : execute_again(argv);
  prctl(PR_SET_NAME, name);
  unsetenv(name_variable);
  return chosen ? "" : "the new image lost the variable";
}

// NOLINTEND(concurrency-mt-unsafe)

#else

std::string choose_gperftools_walk(char* const*) {
  return {};
}

#endif

}  // namespace lab
