// Compares stacks of a varied program with libunwind's, from the same ucontext_t:
// unwind-agreement-{with,without}-frame-pointers SAMPLES HZ
//
// Prints one object of JSON: counts, and every difference by where the two walks part.
#include "sampling.hpp"
#include "workload.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <ucontext.h>
#include <utility>
#include <vector>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

namespace {

using namespace unwind_test;

constexpr std::size_t max_depth = 128;

struct pcs {
  std::size_t depth = 0;
  std::array<std::uint64_t, max_depth> at{};

  [[nodiscard]] std::span<std::uint64_t const> all() const { return std::span{at}.first(depth); }
};

struct difference {
  pcs ours;
  pcs theirs;
};

// Written by the handler alone while the timer runs.
struct totals {
  std::atomic<std::uint64_t> samples = 0;
  std::uint64_t wanted = 0;
  std::uint64_t identical = 0;
  std::uint64_t frames = 0;
  std::vector<difference> different = std::vector<difference>(5000);
  std::size_t different_count = 0;
};

walked_thread* walked = nullptr;
totals* total = nullptr;

void walk_by_libunwind(ucontext_t& interrupted, pcs& to) {
  to.depth = 0;
  unw_cursor_t cursor;
  if (unw_init_local2(&cursor, &interrupted, UNW_INIT_SIGNAL_FRAME) != 0) return;
  do {
    unw_word_t pc = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0) return;
    to.at.at(to.depth++) = pc;
  } while (to.depth < max_depth && unw_step(&cursor) > 0);
}

void compare(int /*signal*/, siginfo_t* /*info*/, void* context) {
  if (total->samples == total->wanted) return;
  auto const interrupted_errno = errno;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  static std::array<unwind::stack_frame, max_depth> frames;
  static difference both;
  auto const result = walked->walk(interrupted, frames);
  both.ours.depth = result.depth;
  for (std::size_t i = 0; i < result.depth; ++i) both.ours.at.at(i) = frames.at(i).pc;
  walk_by_libunwind(interrupted, both.theirs);
  total->frames += result.depth;
  if (std::ranges::equal(both.ours.all(), both.theirs.all()))
    ++total->identical;
  else if (total->different_count < total->different.size())
    total->different[total->different_count++] = both;
  ++total->samples;
  errno = interrupted_errno;
}

/// Why two walks differ, as far as can be told from our side.
enum class reason {
  return_in_register,  ///< the innermost row keeps the return address in a register
  theirs_leaves_code,  ///< libunwind goes on to a word that is no code, where ours ends
  ours_is_shorter,
  theirs_is_shorter,
  other_caller,
};
constexpr std::array reason_names{"return_in_register", "theirs_leaves_code", "ours_is_shorter",
                                  "theirs_is_shorter", "other_caller"};

struct parting {
  reason why;
  std::string where;
};

// Function and file of the code at an address.
std::string place_of(std::uint64_t address) {
  Dl_info info{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is what an address is
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0) return "?";
  std::string_view const file = info.dli_fname;
  auto const* const name = info.dli_sname != nullptr ? info.dli_sname : "(no symbol)";
  return std::string{name} + " in " + std::string{file.substr(file.rfind('/') + 1)};
}

bool has_row(std::uint64_t pc) {
  auto const* const object = walked->maps.current()->object_at(pc);
  if (object == nullptr) return false;
  auto const* const rule = object->table->find(static_cast<std::uint32_t>(pc - object->text.begin));
  return rule != nullptr && rule->kind != unwind::cfa_kind::unknown;
}

parting part(difference const& both) {
  auto const ours = both.ours.all();
  auto const theirs = both.theirs.all();
  auto const same = std::ranges::mismatch(ours, theirs).in1 - ours.begin();
  auto const at = static_cast<std::size_t>(same);
  // The frame that was stepped from: by where it is, or where it returns to.
  auto const pc = at <= 1 ? ours.front() : ours[at - 1] - 1;
  auto const where = place_of(pc);
  if (at <= 1 && !has_row(pc)) return {reason::return_in_register, where};
  if (at == ours.size()) {
    auto const* const code = walked->maps.current()->object_at(theirs[at] - 1);
    return {code != nullptr ? reason::ours_is_shorter : reason::theirs_leaves_code, where};
  }
  if (at == theirs.size()) return {reason::theirs_is_shorter, where};
  return {reason::other_caller, where};
}

void print(totals const& all) {
  std::map<std::pair<reason, std::string>, std::uint64_t> counts;
  for (auto const& each : std::span{all.different}.first(all.different_count)) {
    auto [why, where] = part(each);
    ++counts[{why, std::move(where)}];
  }
  std::printf(R"({"samples": %lu, "identical": %lu, "frames": %lu, "differences": [)",
              all.samples.load(), all.identical, all.frames);
  auto const* separator = "";
  for (auto const& [key, count] : counts) {
    std::printf(R"(%s{"reason": "%s", "where": "%s", "samples": %lu})", separator,
                reason_names.at(static_cast<std::size_t>(key.first)), key.second.c_str(), count);
    separator = ", ";
  }
  std::printf("]}\n");
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  workload::run(1);
  walked_thread thread;
  totals all;
  all.wanted = std::strtoull(argv[1], nullptr, 10);
  walked = &thread;
  total = &all;
  {
    sampling_timer const timer{compare, std::atoi(argv[2])};
    while (all.samples < all.wanted) workload::run(1);
  }
  print(all);
}
