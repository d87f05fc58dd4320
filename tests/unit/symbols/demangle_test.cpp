#include "support/catch.hpp"

#include <loopscope/symbols/demangle.hpp>

using namespace loopscope;

TEST_CASE("A linker's name becomes readable, or stays as it is", "[symbols]") {
  auto const [name, readable] = GENERATE(table<std::string, std::string>({
      {"_ZN3lab4busyEi", "lab::busy(int)"},
      {"_ZN3lab12_GLOBAL__N_14busyEv", "lab::(anonymous namespace)::busy()"},
      {"_ZN3lab4busyEi.cold", "lab::busy(int) [clone .cold]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor",
       "lab::service::shut_down() [coroutine]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor."
       "cold",
       "lab::service::shut_down() [coroutine] [clone .cold]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.destroy",
       "lab::service::shut_down() [coroutine] [clone .destroy]"},
      {"_ZN3lab4busyEi.Frame", "_ZN3lab4busyEi.Frame"},
      {"_Z_Z.Frame.actor", "_Z_Z.Frame.actor"},
      {"epoll_wait", "epoll_wait"},
      {"_Z", "_Z"},
      {"_Znonsense", "_Znonsense"},
      {"", ""},
  }));

  CHECK(symbols::demangle(name) == readable);
}
