// Every way in which C++ takes and gives back memory, as it is tracked in a program that is linked
// with the hooks. Prints what failed; exits with 1 then.
#include <loopscope/heap/snapshot.hpp>
#include <loopscope/heap/tracker.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <new>
#include <pthread.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

// Clang declares them only when it is asked to.
void operator delete(void* block, std::size_t size) noexcept;
void operator delete[](void* block, std::size_t size) noexcept;
void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept;
void operator delete[](void* block, std::size_t size, std::align_val_t alignment) noexcept;

namespace {

namespace heap = loopscope::heap;

int failures = 0;

void check(bool holds, char const* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

heap::live_table::totals totals() {
  return heap::process_tracker.blocks.count();
}

// The block is seen with its size, and is gone afterwards.
void check_pair(char const* what, std::size_t size, std::function<void*()> const& take,
                std::function<void(void*)> const& give) {
  auto const before = totals();
  auto* const block = take();
  auto const between = totals();
  give(block);
  auto const after = totals();
  check(between.blocks == before.blocks + 1, what);
  check(between.bytes == before.bytes + size, what);
  check(after.blocks == before.blocks && after.bytes == before.bytes, what);
}

void check_operators() {
  constexpr std::size_t size = 100;
  constexpr std::align_val_t align{64};
  using take = std::function<void*()>;
  using give = std::function<void(void*)>;
  struct row {
    char const* what;
    take taking;
    give giving;
  };
  std::array const rows{
      row{"new", [] { return operator new(size); }, [](void* p) { operator delete(p); }},
      row{"new[]", [] { return operator new[](size); }, [](void* p) { operator delete[](p); }},
      row{"sized", [] { return operator new(size); }, [](void* p) { operator delete(p, size); }},
      row{"sized[]", [] { return operator new[](size); },
          [](void* p) { operator delete[](p, size); }},
      row{"nothrow", [] { return operator new(size, std::nothrow); },
          [](void* p) { operator delete(p, std::nothrow); }},
      row{"nothrow[]", [] { return operator new[](size, std::nothrow); },
          [](void* p) { operator delete[](p, std::nothrow); }},
      row{"aligned", [] { return operator new(size, align); },
          [](void* p) { operator delete(p, align); }},
      row{"aligned[]", [] { return operator new[](size, align); },
          [](void* p) { operator delete[](p, align); }},
      row{"aligned sized", [] { return operator new(size, align); },
          [](void* p) { operator delete(p, size, align); }},
      row{"aligned sized[]", [] { return operator new[](size, align); },
          [](void* p) { operator delete[](p, size, align); }},
      row{"aligned nothrow", [] { return operator new(size, align, std::nothrow); },
          [](void* p) { operator delete(p, align, std::nothrow); }},
      row{"aligned nothrow[]", [] { return operator new[](size, align, std::nothrow); },
          [](void* p) { operator delete[](p, align, std::nothrow); }},
      row{"aligned_alloc", [] { return std::aligned_alloc(64, size); },
          [](void* p) { std::free(p); }},
      row{"aligned_alloc and realloc", [] { return std::aligned_alloc(64, size); },
          [](void* p) { std::free(std::realloc(p, 10 * size)); }},
  };
  for (auto const& each : rows) check_pair(each.what, size, each.taking, each.giving);
  check_pair(
      "nothing", 0, [] { return operator new(0); }, [](void* p) { operator delete(p); });
  operator delete(nullptr);
  std::free(nullptr);
}

// malloc is not tracked: a block of it goes as it came.
void check_malloc() {
  auto const before = totals();
  auto* volatile block = std::malloc(100);
  check(totals().blocks == before.blocks, "malloc is not tracked");
  block = std::realloc(block, 1000);
  std::free(block);
  check(totals().blocks == before.blocks, "free of malloc");
}

void check_failure() {
  auto const before = totals();
  constexpr auto too_much = ~std::size_t{0} / 4;
  auto* volatile none = operator new(too_much, std::nothrow);
  check(none == nullptr, "no memory");
  operator delete(none, std::nothrow);
  try {
    auto* volatile block = operator new(too_much);
    operator delete(block);
    check(false, "no memory throws");
  } catch (std::bad_alloc const&) {
  }
  check(totals().blocks == before.blocks, "what was not taken is not tracked");
}

// Libraries that take memory by operator new use ours.
void check_library() {
  auto const before = totals();
  {
    std::string const text(1000, 'x');
    check(totals().blocks == before.blocks + 1, "std::string of the C++ library");
  }
  check(totals().blocks == before.blocks, "~std::string of the C++ library");
}

// Blocks live through every mode, and threads take and free them meanwhile.
void check_switches() {
  constexpr int switches = 1000;
  constexpr std::size_t kept = 64;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 3; ++seed)
    threads.emplace_back([&stop, seed] {
      std::vector<std::unique_ptr<std::byte[]>> blocks(kept);
      auto random = seed;
      while (!stop) {
        random = random * 1664525 + 1013904223;
        blocks[(random >> 8) % kept] = std::make_unique<std::byte[]>((random >> 16) % 2000 + 1);
      }
    });
  for (int i = 0; i < switches; ++i) {
    auto const mode = static_cast<heap::tracking_mode>(i % 3);
    check(heap::set_tracking(mode).has_value(), "a switch");
    std::this_thread::yield();
  }
  check(heap::set_tracking(heap::tracking_mode::exact).has_value(), "the last switch");
  stop = true;
  for (auto& each : threads) each.join();
  threads.clear();
  check(heap::set_tracking(heap::tracking_mode::off).has_value(), "off");
  check(totals().blocks == 0 && totals().table_bytes == 0, "off: nothing is kept");
  check(heap::set_tracking(heap::tracking_mode::exact).has_value(), "exact again");
  check(totals().blocks < kept, "what was freed is not there");
}

// Threads that take and give back memory while they are told to.
class allocating_threads {
 public:
  allocating_threads() {
    // The stack of a thread that runs is scanned whole.
    constexpr std::size_t stack_size = std::size_t{128} * 1024;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, stack_size);
    pthread_setattr_default_np(&small);
    pthread_attr_destroy(&small);
    for (auto& each : threads_) each = std::thread{[this] { run(); }};
  }
  ~allocating_threads() {
    set(state::stop);
    for (auto& each : threads_) each.join();
  }
  allocating_threads(allocating_threads const&) = delete;
  allocating_threads& operator=(allocating_threads const&) = delete;

  void go() { set(state::go); }
  void rest() { set(state::rest); }

 private:
  enum class state { rest, go, stop };

  void set(state now) {
    state_ = now;
    state_.notify_all();
  }

  void run() {
    while (state_ != state::stop) {
      state_.wait(state::rest);
      while (state_ == state::go) std::make_unique<std::string>(100, 'x');
    }
  }

  std::atomic<state> state_{state::rest};
  std::array<std::thread, 3> threads_;
};

// No lock that a thread held when the child was forked may stop it. The threads rest while it
// works, for it has the lowest priority.
void check_forks() {
  constexpr int forks = 1000;
  allocating_threads threads;
  auto const nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  int failed = 0;
  for (int i = 0; i < forks; ++i) {
    threads.go();
    heap::snapshot snapshot{heap::process_tracker, nowhere};
    auto const child = snapshot.fork();
    threads.rest();
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) ++failed;
  }
  close(nowhere);
  check(failed == 0, "1 000 forks while threads allocate");
}

// A program's own child may allocate, whatever other threads did when it was forked.
void check_own_forks() {
  constexpr int forks = 200;
  allocating_threads threads;
  int failed = 0;
  for (int i = 0; i < forks; ++i) {
    threads.go();
    std::this_thread::yield();
    auto const child = fork();
    if (child == 0) {
      std::vector<std::unique_ptr<std::string>> blocks(1000);
      for (auto& each : blocks) each = std::make_unique<std::string>(100, 'x');
      _exit(0);
    }
    threads.rest();
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) ++failed;
  }
  check(failed == 0, "children that allocate");
}

void check_stacks() {
  auto const before = heap::process_tracker.stacks.size();
  std::vector<std::unique_ptr<int>> blocks;
  blocks.reserve(100);
  for (int i = 0; i < 100; ++i) blocks.push_back(std::make_unique<int>(i));
  auto const now = heap::process_tracker.stacks.size();
  check(now > before && now < before + 10, "one place has one stack");
  auto const deepest = heap::process_tracker.stacks.at(now);
  check(deepest.pcs.size() >= 2, "the stack goes on to main");
}

}  // namespace

int main() {
  check(heap::best_tracking() == heap::tracking_mode::exact, "the hooks are linked");
  check(heap::set_tracking(heap::tracking_mode::exact).has_value(), "exact");
  check_operators();
  check_malloc();
  check_failure();
  check_library();
  check_stacks();
  check_forks();
  check_own_forks();
  check_switches();
  if (failures == 0) std::puts("heap-hooks: all as expected");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
