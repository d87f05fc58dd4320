#pragma once

#include <loopscope/unwind/address_range.hpp>

#include <algorithm>
#include <cstdint>
#include <sys/syscall.h>

namespace loopscope::unwind {

/// Whether eight aligned bytes can be read, found out without a fault and without touching errno.
///
/// The kernel copies the signal set in before it looks at `how`, which is invalid: EFAULT or
/// EINVAL, and nothing changes. abseil (AddressIsReadable) and gperftools rely on the same. mincore
/// and msync do not do: both call a PROT_NONE guard page mapped.
/// \thread any, async-signal-safe
inline bool readable(std::uintptr_t address) noexcept {
#if defined(__x86_64__)
  constexpr long efault = -14;
  long result = SYS_rt_sigprocmask;
  register unsigned long size asm("r10") = 8;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(~0ul), "S"(address), "d"(0ul), "r"(size)
               : "rcx", "r11", "memory");
  return result != efault;
#else
#error "not written for this architecture"
#endif
}

/// Reads words of a stack that may not be one, and never faults.
///
/// Words of the stack that is known are simply loaded. Of any other, such as a fiber's or an
/// alternate signal stack, each page is asked for once; the last run of pages is remembered.
/// \thread one, async-signal-safe
class stack_reader {
 public:
  static constexpr std::uintptr_t page = 4096;
  static constexpr std::uintptr_t red_zone = 128;
  /// So that a walk through rubbish ends soon.
  static constexpr unsigned max_probes = 64;

  /// \param known  the thread's own stack; it counts only if sp lies in it.
  stack_reader(address_range known, std::uintptr_t sp) noexcept
      : window_{known.holds(sp) ? address_range{std::max(known.begin, sp - red_zone), known.end}
                                : address_range{}} {}

  bool read(std::uintptr_t address, std::uintptr_t& to) noexcept {
    if (address % sizeof to != 0) return false;
    if (!window_.holds(address) && !extend(address)) return false;
    to = load(address);
    return true;
  }

  /// Whether what is known to be readable holds the word.
  [[nodiscard]] bool is_known(std::uintptr_t address, std::uintptr_t word) const noexcept {
    return address % sizeof word == 0 && window_.holds(address) && load(address) == word;
  }

  [[nodiscard]] unsigned probes() const noexcept { return probes_; }

 private:
  // Not always_inline: inlined by force into an instrumented function it would be instrumented.
  __attribute__((no_sanitize("address"))) static std::uintptr_t load(
      std::uintptr_t address) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): found readable just now
    return *reinterpret_cast<std::uintptr_t const*>(address);
  }

  __attribute__((noinline)) bool extend(std::uintptr_t address) noexcept {
    auto const begin = address & ~(page - 1);
    if (begin == 0 || probes_ == max_probes) return false;
    ++probes_;
    if (!readable(begin)) return false;
    if (begin == window_.end)
      window_.end += page;
    else
      window_ = {begin, begin + page};
    return true;
  }

  address_range window_;
  unsigned probes_ = 0;
};

}  // namespace loopscope::unwind
