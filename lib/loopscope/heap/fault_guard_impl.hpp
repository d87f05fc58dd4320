#pragma once

#include <loopscope/heap/child_memory_impl.hpp>

#include <csetjmp>
#include <csignal>
#include <tuple>

namespace loopscope::heap {

/// Lets a process of one thread go on where memory cannot be read: a page that guards a stack, or
/// one of a file that was cut short. For a forked child, which nothing else of a program runs in.
class fault_guard {
 public:
  fault_guard() noexcept {
    way_back = child_array<registers>(1).data();
    struct sigaction action {};
    action.sa_handler = [](int) { siglongjmp(way_back->buffer, 1); };
    action.sa_flags = SA_NODEFER;
    sigset_t faults;
    sigemptyset(&faults);
    for (auto const signal : {SIGSEGV, SIGBUS}) {
      std::ignore = sigaction(signal, &action, nullptr);
      sigaddset(&faults, signal);
    }
    pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
  }

  /// \param work  reads; what it changes before a fault may be lost or not.
  /// \return  false if it came to memory that cannot be read, and ended there.
  template <class Work>
  [[nodiscard]] bool survives(Work const& work) const noexcept {
    // The way out of a signal handler: nothing on it has a destructor.
    if (sigsetjmp(way_back->buffer, 0) != 0) return false;  // NOLINT(cert-err52-cpp)
    work();
    return true;
  }

 private:
  struct registers {
    sigjmp_buf buffer;
  };

  // Not among the static variables, which are scanned: the registers point to blocks.
  static inline registers* way_back = nullptr;
};

}  // namespace loopscope::heap
