#pragma once
#include <loopscope/base/read_file.hpp>
#include <loopscope/base/waiting_word.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/symbols/names.hpp>
#include <loopscope/symbols/symbolizer.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/stack_ring.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <ucontext.h>
#include <vector>

namespace loopscope::test {

/// Takes the stack of its caller, with the coroutines that wait.
class stack_taker {
 public:
  stack_taker() : frames_(unwind::max_depth), stack_{unwind::own_stack()} {}

  /// \param room  words, at most.
  [[gnu::noinline]] std::vector<std::uint64_t> take(std::size_t room = unwind::max_depth) {
    ucontext_t here{};
    getcontext(&here);
    auto const walked = unwind::walk_stack(*map_, stack_, here, frames_);
    std::vector<std::uint64_t> words(room);
    auto const physical = std::span{frames_}.first(walked.depth);
    last_ = coroutines::splice(physical, stack_, words);
    words.resize(last_.depth);
    return words;
  }

  [[nodiscard]] coroutines::spliced_stack last() const noexcept { return last_; }
  [[nodiscard]] unwind::address_range stack() const noexcept { return stack_; }

 private:
  std::unique_ptr<unwind::unwind_map const> map_ = unwind::unwind_map::make(nullptr);
  std::vector<unwind::stack_frame> frames_;
  unwind::address_range stack_;
  coroutines::spliced_stack last_;
};

/// The short names of a stack's functions whose full name begins with `scope`, innermost first,
/// without their marks; a coroutine that waits has a `*` in front.
inline std::vector<std::string> names_in(std::string_view scope,
                                         std::vector<std::uint64_t> const& words) {
  static symbols::symbolizer names{*model::parse_maps(*read_file("/proc/self/maps")), {}};
  std::vector<std::string> found;
  for (auto const word : words) {
    auto const waits = waiting_word::is(word);
    for (auto const& frame : names.at(waits ? word : word - 1).frames) {
      auto name = symbols::short_name(frame.system_name, {}, 0);
      if (!name.starts_with(scope)) continue;
      name = name.substr(scope.size(), name.find(" [") - scope.size());
      found.push_back((waits ? "*" : "") + name);
    }
  }
  return found;
}

}  // namespace loopscope::test
