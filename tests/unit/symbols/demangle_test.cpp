#include "support/catch.hpp"

#include <loopscope/symbols/demangle.hpp>

using namespace loopscope;

TEST_CASE("A linker's name becomes readable, or stays as it is", "[symbols]") {
  auto const [name, readable] = GENERATE(table<std::string, std::string>({
      {"_ZN3lab4busyEi", "lab::busy(int)"},
      {"_ZN3lab12_GLOBAL__N_14busyEv", "lab::(anonymous namespace)::busy()"},
      {"_ZN3lab4busyEi.cold", "lab::busy(int) [clone .cold]"},
      {"epoll_wait", "epoll_wait"},
      {"_Z", "_Z"},
      {"_Znonsense", "_Znonsense"},
      {"", ""},
  }));

  CHECK(symbols::demangle(name) == readable);
}
