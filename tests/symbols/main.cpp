// Prints the stacks of culprit.cpp and the memory map, and stays until its input ends. With LIBRARY
// the culprit is in a library that is opened at run time.
#include <cstdio>
#include <cstdlib>

#ifdef LIBRARY
#include <dlfcn.h>
#else
extern "C" int call_culprit(int n);
#endif

int main(int argc, char**) {
#ifdef LIBRARY
  auto* const library = dlopen(LIBRARY, RTLD_NOW);
  if (!library) return EXIT_FAILURE;
  auto* const call_culprit = reinterpret_cast<int (*)(int)>(dlsym(library, "call_culprit"));
#endif
  auto const result = call_culprit(argc);
  std::puts("maps");
  auto* const maps = std::fopen("/proc/self/maps", "r");
  for (int c = 0; (c = std::fgetc(maps)) != EOF;) std::putchar(c);
  std::puts("end");
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  return result == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
