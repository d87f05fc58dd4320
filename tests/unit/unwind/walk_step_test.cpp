#include "support/catch.hpp"

#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <algorithm>
#include <alloca.h>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <ucontext.h>

#ifndef __SANITIZE_THREAD__  // it delivers signals late: there is no stack to speak of

using namespace loopscope;
using unwind::stack_frame;
using unwind::walk_end;

namespace {

constexpr greg_t trap_flag = 0x100;

/// Walks the stack after every instruction from `begin` to `end`. Everything that is run in between
/// is called by the one function that calls both, so that its callers end every stack.
class stepper {
 public:
  stepper() {
    active = this;
    struct sigaction action {};
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, &before_);
  }
  ~stepper() {
    sigaction(SIGTRAP, &before_, nullptr);
    active = nullptr;
  }
  stepper(stepper const&) = delete;
  stepper& operator=(stepper const&) = delete;

  // The flag is set in the context of a signal, and cleared there: the test case itself is not
  // stepped.
  static void begin() { raise(SIGTRAP); }
  static void end() {
    active->ending_ = true;
    raise(SIGTRAP);
  }

  std::size_t steps = 0;
  std::size_t broken = 0;     ///< walks that did not reach the thread's start
  std::size_t different = 0;  ///< whole walks that do not end with the known callers
  std::size_t deepest = 0;

 private:
  static void on_trap(int, siginfo_t*, void* raw) { active->step(*static_cast<ucontext_t*>(raw)); }

  void step(ucontext_t& context) {
    auto const result = unwind::walk_stack(*map_, stack_, context, frames_);
    auto const found = std::span{frames_}.first(result.depth);
    if (steps == 0) learn_callers(found);
    ++steps;
    deepest = std::max<std::size_t>(deepest, found.size());
    if (result.end != walk_end::outermost)
      ++broken;
    else if (!ends_with_callers(found))
      ++different;
    if (ending_)
      context.uc_mcontext.gregs[REG_EFL] &= ~trap_flag;
    else
      context.uc_mcontext.gregs[REG_EFL] |= trap_flag;
  }

  // raise() and what it calls come and go: the frames above the test case's own are what stays.
  void learn_callers(std::span<stack_frame const> found) {
    callers_ = std::min(found.size(), std::size_t{8});
    std::copy(found.end() - static_cast<std::ptrdiff_t>(callers_), found.end(), known_.begin());
  }
  [[nodiscard]] bool ends_with_callers(std::span<stack_frame const> found) const {
    if (found.size() < callers_) return false;
    return std::equal(
        found.end() - static_cast<std::ptrdiff_t>(callers_), found.end(), known_.begin(),
        [](stack_frame const& a, stack_frame const& b) { return a.pc == b.pc && a.sp == b.sp; });
  }

  inline static stepper* active = nullptr;

  std::unique_ptr<unwind::unwind_map const> map_ = unwind::unwind_map::make(nullptr);
  unwind::address_range stack_ = unwind::own_stack();
  std::array<stack_frame, 256> frames_{};
  std::array<stack_frame, 8> known_{};
  std::size_t callers_ = 0;
  bool ending_ = false;
  struct sigaction before_ {};
};

int volatile sink = 0;

#define VARIED [[gnu::noinline, gnu::optimize("O2")]]

VARIED void use_alloca(std::size_t size) {
  auto* const room = static_cast<char volatile*>(alloca(size));
  room[0] = 1;
  sink = sink + room[0];
}

// Room of unknown size beside an aligned object: the CFA is in memory.
VARIED void realign(std::size_t size) {
  alignas(64) int volatile room[16] = {};
  auto* const more = static_cast<unsigned char volatile*>(alloca(size));
  more[0] = static_cast<unsigned char>(size);
  room[size % 16] = more[0];
  use_alloca(size);
  sink = sink + room[3];
}

[[noreturn]] VARIED void refuse(int depth) {  // ends with a call that does not return
  if (depth == 0) throw std::runtime_error{"refused"};
  refuse(depth - 1);
}

VARIED void throw_and_catch() {
  try {
    refuse(5);
  } catch (std::runtime_error const& error) {
    sink = sink + static_cast<int>(std::string{error.what()}.size());
  }
}

VARIED int compare(void const* a, void const* b) {
  return *static_cast<int const*>(a) - *static_cast<int const*>(b);
}

VARIED void call_back() {
  std::array<int, 9> values{5, 3, 8, 1, 9, 2, 7, 4, 6};
  qsort(values.data(), values.size(), sizeof(int), compare);
  int const key = 7;
  sink = sink + (bsearch(&key, values.data(), values.size(), sizeof(int), compare) != nullptr);
}

VARIED void handle_signal() {
  struct sigaction before {};
  struct sigaction action {};
  action.sa_handler = [](int) { realign(3); };
  sigaction(SIGUSR2, &action, &before);
  raise(SIGUSR2);
  sigaction(SIGUSR2, &before, nullptr);
}

// Without optimization it keeps a frame pointer, which the others leave out.
[[gnu::noinline, gnu::optimize("O0")]] void run_everything() {
  use_alloca(100);
  use_alloca(5000);
  realign(7);
  throw_and_catch();
  call_back();
  handle_signal();
}

}  // namespace

TEST_CASE("A walk is right after every instruction of varied code", "[unwind]") {
  run_everything();  // what is bound lazily is bound here
  stepper walks;

  stepper::begin();
  run_everything();
  stepper::end();

  CAPTURE(walks.steps, walks.broken, walks.different, walks.deepest);
  CHECK(walks.steps > 5'000);
  CHECK(walks.broken == 0);
  CHECK(walks.different == 0);
}

#endif
