#include "support/catch.hpp"

#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <memory>
#include <span>
#include <ucontext.h>
#include <vector>

#ifndef __SANITIZE_THREAD__  // it delivers signals late: there is no stack to speak of

using namespace loopscope;

namespace {

/// Walks the calling thread's stack twice in a handler of SIGUSR1: step by step, and knowing the
/// walk before.
class two_walks {
 public:
  explicit two_walks(std::size_t room) : stepped_(room), knowing_(room) {
    active = this;
    struct sigaction action {};
    action.sa_sigaction = [](int, siginfo_t*, void* context) {
      active->walk(*static_cast<ucontext_t const*>(context));
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, &before_);
  }
  ~two_walks() {
    sigaction(SIGUSR1, &before_, nullptr);
    active = nullptr;
  }
  two_walks(two_walks const&) = delete;
  two_walks& operator=(two_walks const&) = delete;

  [[nodiscard]] bool are_the_same() const {
    auto const same = [](auto const& a, auto const& b) { return a.pc == b.pc && a.sp == b.sp; };
    return all(stepped_, first_).size() == first_.depth && first_.end == second_.end &&
           std::ranges::equal(all(stepped_, first_), all(knowing_, second_), same);
  }
  [[nodiscard]] std::size_t depth() const { return first_.depth; }
  [[nodiscard]] unwind::walk_end end() const { return second_.end; }
  [[nodiscard]] std::size_t known() const { return last_.depth; }

 private:
  using frames = std::vector<unwind::stack_frame>;

  static std::span<unwind::stack_frame const> all(frames const& of, unwind::walk_result result) {
    return std::span{of}.first(result.depth);
  }

  void walk(ucontext_t const& interrupted) {
    first_ = unwind::walk_stack(*map_, stack_, interrupted, stepped_);
    second_ = unwind::walk_stack(*map_, stack_, interrupted, knowing_, &last_);
  }

  inline static two_walks* active = nullptr;

  std::unique_ptr<unwind::unwind_map const> map_ = unwind::unwind_map::make(nullptr);
  unwind::address_range stack_ = unwind::own_stack();
  frames stepped_;
  frames knowing_;
  unwind::last_walk last_;
  unwind::walk_result first_;
  unwind::walk_result second_;
  struct sigaction before_ {};
};

// NOLINTNEXTLINE(misc-no-recursion): the depth is what is tested
[[gnu::noinline]] std::size_t recurse(std::size_t frames) {
  if (frames == 0) {
    std::raise(SIGUSR1);
    return 0;
  }
  std::size_t const volatile below = recurse(frames - 1);
  return below + 1;
}

// Stands between the test and the recursion.
[[gnu::noinline]] std::size_t recurse_elsewhere(std::size_t frames) {
  std::size_t const volatile room[8] = {recurse(frames)};
  return room[0];
}

}  // namespace

TEST_CASE("A walk that knows the last one finds the same frames", "[unwind]") {
  two_walks walks{1024};

  for (std::size_t const frames : {0, 5, 5, 40, 3, 200, 200, 1, 90}) {
    CAPTURE(frames);
    recurse(frames);
    CHECK(walks.are_the_same());
    recurse_elsewhere(frames);
    CHECK(walks.are_the_same());
    CHECK(walks.end() == unwind::walk_end::outermost);
  }
  CHECK(walks.known() > 0);
}

TEST_CASE("A walk that knows the last one is cut where there is no room", "[unwind]") {
  std::size_t whole = 0;
  {
    two_walks walks{1024};
    recurse(0);
    whole = walks.depth();
  }
  auto const room = GENERATE_COPY(as<std::size_t>{}, 0, 1, 2, 3, whole - 1, whole, whole + 7);
  CAPTURE(room);
  two_walks walks{room};

  for (std::size_t const frames : {0, 7, 0, 6, 12, 0}) {
    CAPTURE(frames);
    recurse(frames);
    CHECK(walks.are_the_same());
  }
}

#endif
