#pragma once

#include "support/made_heap.hpp"

#include <loopscope/formats/heap_capture.hpp>

#include <string>
#include <utility>

namespace loopscope::test {

/// A heap capture with names, of `small_heap` or what a test makes of it:
/// `lab::fill()`, which `main` calls, allocates 1 in cache.cpp:30; and in line 25
/// `lab::cache_entry`.
class named_heap {
 public:
  explicit named_heap(made_heap const& made = small_heap())
      : bytes_{made.bytes()},
        raw_{model::read_raw_heap(bytes_).value()},
        reach_{model::reach_of(raw_)} {
    names_.functions = {{"main", "main", "/src/main.cpp", 10},
                        {"lab::fill", "_ZN3lab4fillEv", "/src/cache.cpp", 20}};
    names_.locations = {{0x1200, model::code_location::no_module, true, {{0, 12}}},
                        {0x1100, model::code_location::no_module, true, {{1, 25}}},
                        {0x1300, model::code_location::no_module, true, {{1, 30}}}};
    names_.stacks = {{{1, 0}}, {{2, 0}}};
    names_.stacks.resize(raw_.heap.stacks.size());
    names_.sites = {{"", "(unknown allocation site)", "", 0},
                    {"lab::cache_entry", "lab::fill (cache.cpp:25)", "/src/cache.cpp", 25},
                    {"", "lab::fill (cache.cpp:30)", "/src/cache.cpp", 30}};
    names_.types = {"lab::session", "lab::session::run() [coroutine]"};
    names_.statics = {{"lab::g_list", 24}};
    names_.static_of = {{0x5010, 0}};
    if (raw_.node_count == 0) names_.statics.clear();
  }

  [[nodiscard]] formats::heap_capture capture() const { return {raw_, names_, reach_}; }
  [[nodiscard]] model::symbolized_heap const& names() const { return names_; }

 private:
  std::string bytes_;
  model::heap_sections raw_;
  model::heap_reach reach_;
  model::symbolized_heap names_;
};

}  // namespace loopscope::test
