#include "support/catch.hpp"
#include "support/stepped_walks.hpp"
#include "support/varied_code.hpp"

#include <loopscope/unwind/map_publisher.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <tuple>

#ifndef __SANITIZE_THREAD__  // it delivers signals late: there is no stack to speak of

using namespace loopscope;
using test::stepped_walks;

namespace {

using varied_code = void (*)(void (*)());

#ifdef PLT_CALLERS

/// A library whose calls are bound when they are made first.
class lazy_library {
 public:
  explicit lazy_library(char const* style)
      : handle_{dlopen((std::string{PLT_CALLERS} + "/plt-" + style + ".so").c_str(), RTLD_LAZY),
                dlclose} {
    REQUIRE(handle_);
    call_all_ = reinterpret_cast<double (*)(double)>(dlsym(handle_.get(), "call_all"));
    REQUIRE(call_all_);
  }

  [[nodiscard]] double call_all(double x) const { return call_all_(x); }
  [[nodiscard]] std::uintptr_t address() const {
    return reinterpret_cast<std::uintptr_t>(call_all_);
  }

 private:
  std::unique_ptr<void, int (*)(void*)> handle_;
  double (*call_all_)(double) = nullptr;
};

#endif

// The last jump of a throw has its return address in a register. In a sanitizer's build nothing of
// the frame that it leaves leads on.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t jumps_of_a_throw = 1;
#else
constexpr std::size_t jumps_of_a_throw = 0;
#endif

}  // namespace

TEST_CASE("A walk is right after every instruction of varied code", "[unwind]") {
  auto const run = GENERATE(as<varied_code>{}, test::with_frame_pointers::run_varied_code,
                            test::without_frame_pointers::run_varied_code);
  CAPTURE(run == test::with_frame_pointers::run_varied_code);
  run([] {});  // what is bound lazily is bound here
  auto const map = unwind::unwind_map::make(nullptr);
  stepped_walks walks{*map};

  stepped_walks::begin();
  run(stepped_walks::begin);
  stepped_walks::end();

  CAPTURE(walks.steps, walks.broken, walks.different, walks.deepest, walks.elsewhere,
          walks.changed);
  CHECK(walks.steps > 5'000);
  CHECK(walks.elsewhere > 500);
  CHECK(walks.broken <= jumps_of_a_throw);
  CHECK(walks.different == 0);
  CHECK(walks.changed == 0);
}

#ifdef PLT_CALLERS

TEST_CASE("A walk is right after every instruction of a call that is bound lazily", "[unwind]") {
  auto const [style, binds] =
      GENERATE(table<char const*, bool>({{"lazy", true}, {"now", false}, {"ibt", true}}));
  CAPTURE(style);
  lazy_library const library{style};
  auto const map = unwind::unwind_map::make(nullptr);
  auto const steps_of_call = [&] {
    stepped_walks walks{*map};
    stepped_walks::begin();
    auto const result = library.call_all(0.5);
    stepped_walks::end();
    CAPTURE(walks.steps, walks.deepest);
    CHECK(result > std::log1p(0.5));
    CHECK(walks.broken == 0);
    CHECK(walks.different == 0);
    return walks.steps;
  };

  auto const first = steps_of_call();
  auto const second = steps_of_call();

  CHECK(second > 50);
  // Between them lies the dynamic linker, which looks three functions up.
  CHECK((first > second + 500) == binds);
}

TEST_CASE("A library that was loaded meanwhile is walked from the next refresh on", "[unwind]") {
  unwind::map_publisher maps;
  maps.refresh();
  lazy_library const library{"lazy"};
  auto const map = unwind::unwind_map::make(nullptr);
  auto const text = map->object_at(library.address())->text;
  auto const shallowest = [&] {
    stepped_walks walks{*maps.current(), text};
    stepped_walks::begin();
    std::ignore = library.call_all(0.5);
    stepped_walks::end();
    CHECK(walks.different == 0);
    return walks.shallowest;
  };

  // Its code keeps no frame pointer: that of its caller leads past the caller.
  auto const before = shallowest();
  CHECK(maps.refresh());
  auto const after = shallowest();

  CHECK(before == after - 1);
}

#endif
#endif
