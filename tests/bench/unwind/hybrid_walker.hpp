#pragma once

#include <loopscope/unwind/address_range.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <ucontext.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

namespace bench {

/// What walks were before there were tables: libunwind steps through foreign code and out of the
/// leaf, frame pointers lead through code of the executable. Kept only to be measured.
/// \thread the one whose stack it is, in a signal handler; takes libunwind's and the linker's locks
class hybrid_walker {
 public:
  /// Walks the calling thread's stacks; its `main` is the outermost function that counts.
  hybrid_walker();

  /// Writes program counters, innermost first. \return how many.
  std::size_t walk(ucontext_t& interrupted, std::span<std::uint64_t> to) const noexcept;

 private:
  using address_range = loopscope::unwind::address_range;

  struct place {
    std::uintptr_t pc = 0;
    std::uintptr_t frame = 0;
    std::uintptr_t sp = 0;
  };

  static void move(ucontext_t& context, place const& to) noexcept;
  std::optional<place> step_into_text(unw_cursor_t& cursor, bool leaf, std::span<std::uint64_t> to,
                                      std::size_t& depth) const noexcept;
  std::optional<place> follow_frame_pointers(place from, std::span<std::uint64_t> to,
                                             std::size_t& depth) const noexcept;

  address_range stack_;
  address_range text_;
  std::uintptr_t outermost_;
};

}  // namespace bench
