// LD_PRELOAD this into a program: it aborts if a signal handler allocates, locks a mutex or calls
// the dynamic linker. When the program ends, a line of JSON tells how often handlers ran, and how
// often the rest of the program called what they must not.
//
// HANDLER_GUARD_PLANT=malloc (or another of `plants`) makes every handler call it: does the guard
// see that?
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <new>
#include <pthread.h>
#include <string_view>
#include <unistd.h>

namespace {

// The signal that the calling thread handles, or 0.
constinit thread_local int handled __attribute__((tls_model("initial-exec"))) = 0;

/// A function that no handler may call.
class forbidden {
 public:
  constexpr explicit forbidden(char const* name) : name_{name} {}

  /// Notes a call, or aborts. \return the function that would have been called without the guard.
  template <class Function>
  Function* enter() {
    if (handled != 0) abort_naming(handled);
    calls_.fetch_add(1, std::memory_order_relaxed);
    auto* found = next_.load(std::memory_order_acquire);
    if (found == nullptr) {
      found = dlsym(RTLD_NEXT, name_);
      if (void* none = nullptr; next_.compare_exchange_strong(none, found)) list();
    }
    return reinterpret_cast<Function*>(found);
  }

  static void print_calls() {
    auto const* separator = "";
    for (auto const* each = all.load(); each != nullptr; each = each->listed_before_) {
      std::fprintf(stderr, R"(%s"%s":%lu)", separator, each->name_, each->calls_.load());
      separator = ",";
    }
  }

 private:
  [[noreturn]] void abort_naming(int signal) const {
    handled = 0;
    std::array<char, 200> line{};
    auto const size = std::snprintf(line.data(), line.size(),
                                    R"({"event":"forbidden_call","function":"%s","signal":%d})"
                                    "\n",
                                    name_, signal);
    if (write(STDERR_FILENO, line.data(), static_cast<std::size_t>(size)) < 0) _exit(1);
    std::abort();
  }

  void list() {
    listed_before_ = all.load();
    while (!all.compare_exchange_weak(listed_before_, this)) {
    }
  }

  static inline std::atomic<forbidden*> all{nullptr};

  char const* name_;
  std::atomic<void*> next_{nullptr};
  std::atomic<unsigned long> calls_{0};
  forbidden* listed_before_ = nullptr;
};

}  // namespace

// Stands before the function of that symbol. The name in the source is another one, because the
// headers declare the real ones with attributes of their own.
#define FORBID(Result, symbol, parameters, ...)                                              \
  extern "C" [[gnu::visibility("default")]] Result guarded_##symbol parameters asm(#symbol); \
  Result guarded_##symbol parameters {                                                       \
    static constinit forbidden self{#symbol};                                                \
    return self.enter<Result parameters>()(__VA_ARGS__);                                     \
  }

FORBID(void*, malloc, (std::size_t size), size)
FORBID(void*, calloc, (std::size_t count, std::size_t size), count, size)
FORBID(void*, realloc, (void* old, std::size_t size), old, size)
FORBID(void*, reallocarray, (void* old, std::size_t count, std::size_t size), old, count, size)
FORBID(void, free, (void* block), block)
FORBID(void*, aligned_alloc, (std::size_t alignment, std::size_t size), alignment, size)
FORBID(void*, memalign, (std::size_t alignment, std::size_t size), alignment, size)
FORBID(int, posix_memalign, (void** to, std::size_t alignment, std::size_t size), to, alignment,
       size)

// operator new and delete: plain, of arrays, not throwing, aligned, sized.
FORBID(void*, _Znwm, (std::size_t size), size)
FORBID(void*, _Znam, (std::size_t size), size)
FORBID(void*, _ZnwmRKSt9nothrow_t, (std::size_t size, std::nothrow_t const& tag), size, tag)
FORBID(void*, _ZnamRKSt9nothrow_t, (std::size_t size, std::nothrow_t const& tag), size, tag)
FORBID(void*, _ZnwmSt11align_val_t, (std::size_t size, std::size_t alignment), size, alignment)
FORBID(void*, _ZnamSt11align_val_t, (std::size_t size, std::size_t alignment), size, alignment)
FORBID(void, _ZdlPv, (void* block), block)
FORBID(void, _ZdaPv, (void* block), block)
FORBID(void, _ZdlPvm, (void* block, std::size_t size), block, size)
FORBID(void, _ZdaPvm, (void* block, std::size_t size), block, size)
FORBID(void, _ZdlPvSt11align_val_t, (void* block, std::size_t alignment), block, alignment)
FORBID(void, _ZdlPvmSt11align_val_t, (void* block, std::size_t size, std::size_t alignment), block,
       size, alignment)

// What those of a program that tracks its heap call in turn.
FORBID(void*, tc_realloc, (void* old, std::size_t size), old, size)
FORBID(void, tc_free, (void* block), block)
FORBID(void*, tc_memalign, (std::size_t alignment, std::size_t size), alignment, size)
FORBID(void*, tc_new, (std::size_t size), size)
FORBID(void*, tc_newarray, (std::size_t size), size)
FORBID(void*, tc_new_nothrow, (std::size_t size, std::nothrow_t const& tag), size, tag)
FORBID(void*, tc_newarray_nothrow, (std::size_t size, std::nothrow_t const& tag), size, tag)
FORBID(void*, tc_new_aligned, (std::size_t size, std::size_t alignment), size, alignment)
FORBID(void*, tc_newarray_aligned, (std::size_t size, std::size_t alignment), size, alignment)
FORBID(void, tc_delete, (void* block), block)
FORBID(void, tc_deletearray, (void* block), block)
FORBID(void, tc_delete_sized, (void* block, std::size_t size), block, size)
FORBID(void, tc_deletearray_sized, (void* block, std::size_t size), block, size)
FORBID(void, tc_delete_aligned, (void* block, std::size_t alignment), block, alignment)
FORBID(void, tc_delete_sized_aligned, (void* block, std::size_t size, std::size_t alignment), block,
       size, alignment)

FORBID(int, pthread_mutex_lock, (pthread_mutex_t * mutex), mutex)
FORBID(int, pthread_mutex_trylock, (pthread_mutex_t * mutex), mutex)
FORBID(int, pthread_mutex_timedlock, (pthread_mutex_t * mutex, timespec const* until), mutex, until)
FORBID(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), lock)
FORBID(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), lock)
FORBID(int, pthread_spin_lock, (pthread_spinlock_t * lock), lock)
FORBID(int, pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t* mutex), condition,
       mutex)

using on_object = int (*)(dl_phdr_info*, std::size_t, void*);
FORBID(int, dl_iterate_phdr, (on_object callback, void* data), callback, data)
FORBID(void*, dlopen, (char const* file, int mode), file, mode)
FORBID(int, dlclose, (void* library), library)
FORBID(int, dladdr, (void const* address, Dl_info* info), address, info)

namespace {

struct plant {
  std::string_view name;
  void (*call)();
};

// Kept from being optimized away.
void* volatile kept = nullptr;
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

constexpr std::array plants{
    plant{"malloc", [] { kept = std::malloc(1); }},
    plant{"calloc", [] { kept = std::calloc(1, 1); }},
    plant{"realloc", [] { kept = std::realloc(kept, 1); }},
    plant{"free", [] { std::free(kept); }},
    plant{"aligned_alloc", [] { kept = std::aligned_alloc(64, 64); }},
    plant{"_Znwm", [] { kept = ::operator new(1); }},
    plant{"_ZdlPv", [] { ::operator delete(kept); }},
    plant{"pthread_mutex_lock", [] { pthread_mutex_lock(&mutex); }},
    plant{"pthread_rwlock_rdlock", [] { pthread_rwlock_rdlock(&lock); }},
    plant{"dl_iterate_phdr",
          [] { dl_iterate_phdr([](dl_phdr_info*, std::size_t, void*) { return 1; }, nullptr); }},
};

void (*planted)() = nullptr;

constexpr std::size_t signals = 65;
// What the program asked for. Never freed: a handler may be about to read it.
constinit std::array<std::atomic<struct sigaction const*>, signals> wanted{};
constinit std::array<std::atomic<unsigned long>, signals> runs{};

void run_handler(int signal, siginfo_t* info, void* context) {
  auto const interrupted = handled;
  handled = signal;
  auto const index = static_cast<std::size_t>(signal);
  runs.at(index).fetch_add(1, std::memory_order_relaxed);
  if (planted != nullptr) planted();
  auto const& action = *wanted.at(index).load(std::memory_order_acquire);
  if ((action.sa_flags & SA_SIGINFO) != 0)
    action.sa_sigaction(signal, info, context);
  else
    action.sa_handler(signal);
  handled = interrupted;
}

bool is_function(struct sigaction const& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

[[gnu::constructor]] void choose_plant() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is no other thread yet
  auto const* const name = std::getenv("HANDLER_GUARD_PLANT");
  if (name == nullptr) return;
  for (auto const& each : plants)
    if (each.name == name) planted = each.call;
  if (planted == nullptr) _exit(2);
}

void print_runs() {
  auto const* separator = "";
  for (std::size_t signal = 1; signal < signals; ++signal) {
    if (runs.at(signal) == 0) continue;
    std::fprintf(stderr, R"(%s"%zu":%lu)", separator, signal, runs.at(signal).load());
    separator = ",";
  }
}

[[gnu::destructor]] void report() {
  std::fprintf(stderr, R"({"event":"handler_guard","calls":{)");
  forbidden::print_calls();
  std::fprintf(stderr, R"(},"runs":{)");
  print_runs();
  std::fprintf(stderr, "}}\n");
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int sigaction(int signal, struct sigaction const* action,
                                                        struct sigaction* before) noexcept {
  auto* const next = reinterpret_cast<decltype(&sigaction)>(dlsym(RTLD_NEXT, "sigaction"));
  if (signal <= 0 || static_cast<std::size_t>(signal) >= signals)
    return next(signal, action, before);
  auto& now = wanted.at(static_cast<std::size_t>(signal));
  auto const* const known = now.load();
  struct sigaction guarded {};
  if (action != nullptr) {
    guarded = *action;
    if (is_function(*action)) {
      // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory it had better end
      now.store(new struct sigaction(*action));
      guarded.sa_sigaction = run_handler;
      guarded.sa_flags |= SA_SIGINFO;
    }
  }
  auto const result = next(signal, action != nullptr ? &guarded : nullptr, before);
  if (before != nullptr && (before->sa_flags & SA_SIGINFO) != 0 &&
      before->sa_sigaction == run_handler && known != nullptr)
    *before = *known;
  return result;
}
