#include "support/catch.hpp"

#include <loopscope/base/descriptor_limit.hpp>

#include <sys/resource.h>

using namespace loopscope;

namespace {

// What the process has, and gets back.
struct kept_limit {
  rlimit before{};

  kept_limit() { REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0); }
  ~kept_limit() { setrlimit(RLIMIT_NOFILE, &before); }

  void lower_to(rlim_t soft) const {
    auto lowered = before;
    lowered.rlim_cur = soft;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  }
  static rlim_t now() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }
};

}  // namespace

TEST_CASE("The limit of open files", "[base]") {
  kept_limit const process;
  constexpr rlim_t soft = 200;
  process.lower_to(soft);

  SECTION("is raised to what is wanted") {
    CHECK(raise_descriptor_limit(soft + 1) == soft + 1);
    CHECK(kept_limit::now() == soft + 1);
  }

  SECTION("is not touched where it is enough") {
    CHECK(raise_descriptor_limit(soft) == soft);
    CHECK(raise_descriptor_limit(1) == soft);
    CHECK(kept_limit::now() == soft);
  }

  SECTION("ends at the hard limit") {
    CHECK(raise_descriptor_limit(process.before.rlim_max) == process.before.rlim_max);
    if (process.before.rlim_max != RLIM_INFINITY)
      CHECK(raise_descriptor_limit(process.before.rlim_max + 1) == process.before.rlim_max);
  }
}
