// LD_PRELOAD this into a program: it makes the unwind tables of all that the program has loaded,
// prints a line of JSON with what they cost, and ends the program before its main().
#include <loopscope/unwind/unwind_map.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <unistd.h>

namespace {

using loopscope::unwind::unwind_map;
using milliseconds = std::chrono::duration<double, std::milli>;

template <class F>
double milliseconds_of(F act) {
  auto const begin = std::chrono::steady_clock::now();
  act();
  return milliseconds{std::chrono::steady_clock::now() - begin}.count();
}

[[gnu::constructor]] void measure() {
  constexpr int tries = 5;
  std::unique_ptr<unwind_map const> map;
  auto const first = milliseconds_of([&] { map = unwind_map::make(nullptr); });
  auto best = first;
  for (int i = 0; i < tries; ++i)
    best = std::min(best, milliseconds_of([] { unwind_map::make(nullptr); }));
  auto const again = milliseconds_of([&] { unwind_map::make(map.get()); });
  std::size_t functions = 0;
  std::size_t rows = 0;
  std::size_t unsupported = 0;
  for (auto const& object : map->objects()) {
    functions += object.table->counts().functions;
    rows += object.table->rows().size();
    unsupported += object.table->counts().unsupported;
  }
  std::printf(
      R"({"objects": %zu, "functions": %zu, "rows": %zu, "unsupported": %zu, "memory": %zu, )"
      R"("first_ms": %.3f, "best_ms": %.3f, "nothing_new_ms": %.3f})"
      "\n",
      map->objects().size(), functions, rows, unsupported, map->memory(), first, best, again);
  std::fflush(stdout);
  _exit(0);
}

}  // namespace
