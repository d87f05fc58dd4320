#include "support/catch.hpp"

#include <profiling_lab/faults/fault_library.hpp>

#include <set>
#include <string>

using lab::fault_library;

TEST_CASE("Every fault is described, and has a name of its own", "[profiling_lab][faults]") {
  fault_library const faults;
  std::set<std::string> names;

  for (auto const& each : faults.all()) {
    auto const& text = each->description();
    CAPTURE(text.name);
    CHECK(names.emplace(text.name).second);
    CHECK_FALSE(text.summary.empty());
    CHECK_FALSE(text.look_for.empty());
    CHECK(text.most > 0);
    CHECK(text.of_each.value > 0);
    CHECK(faults.find(text.name) == each.get());
    CHECK(each->objects() == 0);
  }
  CHECK(names.size() == 4);
  CHECK(faults.find("no-such-fault") == nullptr);
  CHECK(faults.find("") == nullptr);
}

TEST_CASE("A fault has the objects that were leaked until it is cleared",
          "[profiling_lab][faults]") {
  fault_library faults;
  auto const name =
      GENERATE("unbounded-cache", "listener-growth", "request-buffers", "lost-pointer");
  CAPTURE(name);
  auto& one = *faults.find(name);

  one.leak(10);
  one.leak(5);
  CHECK(one.objects() == 15);

  SECTION("alone") {
    auto const free = one.clear();
    CHECK(one.objects() == 0);
    free();
  }

  SECTION("with all others") {
    faults.find("lost-pointer")->leak(1);
    auto const free = faults.clear();
    for (auto const& each : faults.all()) CHECK(each->objects() == 0);
    free();
  }

  one.leak(1);
  CHECK(one.objects() == 1);
  one.clear()();
}

TEST_CASE("Faults that nobody cleared are freed with the lab", "[profiling_lab][faults]") {
  fault_library faults;  // a leak checker looks at it

  for (auto const& each : faults.all()) each->leak(3);
  faults.find("listener-growth")->clear()();  // that list is static

  CHECK(faults.find("lost-pointer")->objects() == 3);
}
