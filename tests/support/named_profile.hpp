#pragma once

#include <loopscope/model/symbolized_profile.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace loopscope::test {

/// A capture of ten samples, 10 ms apart: three of `busy()`, with `inlined()` inlined into it, for
/// one route and two for another, one in a library without names, three of the idle loop, one
/// without a stack.
inline model::symbolized_profile named_profile() {
  model::symbolized_profile p;
  p.period = std::chrono::milliseconds{10};
  p.start_ns = 5'000'000'000;
  p.end_ns = 5'130'000'000;
  p.start_unix_ns = 1'767'323'045'000'000'000;
  p.modules = {{0x1000, 0x9000, 0x1000, "/srv/bin/lab", "0123abcd"},
               {0x7f00, 0x8f00, 0, "/usr/lib/libc.so.6", ""}};
  p.functions = {
      {"main", "main", "/src/my app/main.cpp", 10},
      {"lab::busy(int)", "_ZN3lab4busyEi", "/src/my app/busy.cpp", 20},
      {"lab::inlined(char; int)", "_ZN3lab7inlinedEc", "/src/my app/busy.cpp", 5},
      {"epoll_wait", "epoll_wait", "", 0},
      {"0x120 (libc.so.6)", "0x120 (libc.so.6)", "", 0},
  };
  p.locations = {
      {0x1010, 0, true, {{0, 12}}},          // main
      {0x1020, 0, true, {{2, 7}, {1, 25}}},  // inlined in busy
      {0x1030, 0, true, {{1, 26}}},          // busy
      {0x7f10, 1, true, {{3, 0}}},           // epoll_wait
      {0x7f20, 1, false, {{4, 0}}},          // nameless
  };
  p.stacks = {{{1, 0}, false}, {{2, 0}, false}, {{3, 0}, true}, {{4, 2, 0}, false}, {{}, false}};
  p.labels = {"", "/api/a", "/api/\"b\""};
  auto const at = [&](std::uint64_t ms) { return p.start_ns + ms * 1'000'000; };
  p.samples = {
      {at(10), 2, 0, 0},  {at(20), 0, 1, 0},  {at(30), 0, 1, 0}, {at(40), 1, 1, 0},
      {at(50), 3, 1, 0},  {at(60), 1, 2, 0},  {at(90), 1, 2, 2}, {at(100), 4, 0, 0},
      {at(110), 2, 0, 0}, {at(120), 2, 1, 0},
  };
  return p;
}

}  // namespace loopscope::test
