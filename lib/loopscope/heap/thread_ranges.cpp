#include <loopscope/base/parse_integer.hpp>
#include <loopscope/base/read_file.hpp>
#include <loopscope/heap/thread_ranges.hpp>
#include <loopscope/model/memory_map.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace loopscope::heap {

namespace {

namespace fs = std::filesystem;

// The TLS of the first thread lies below the thread pointer, glibc's description of it above.
constexpr std::uint64_t most_local = std::uint64_t{64} * 1024;

std::vector<pid_t> threads_of_process() {
  std::vector<pid_t> all;
  std::error_code error;
  for (fs::directory_iterator each{"/proc/self/task", error}, end; !error && each != end;
       each.increment(error))
    if (auto const thread = parse_integer<pid_t>(each->path().filename().string()))
      all.push_back(*thread);
  return all;
}

// `/proc/self/task/T/syscall` is `running`, or a line that ends in the stack and program pointers.
std::uint64_t stack_pointer_of(fs::path const& task) {
  auto text = read_file_or_nothing(task / "syscall");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  auto const last = text.rfind(' ');
  auto const before = last == std::string::npos ? last : text.rfind(' ', last - 1);
  if (before == std::string::npos) return 0;
  auto const word = std::string_view{text}.substr(before + 1, last - before - 1);
  if (!word.starts_with("0x")) return 0;
  std::uint64_t pointer = 0;
  std::from_chars(word.data() + 2, word.data() + word.size(), pointer, 16);
  return pointer;
}

std::string name_of(fs::path const& task) {
  auto name = read_file_or_nothing(task / "comm");
  return name.substr(0, name.find('\n'));
}

void add_locals(thread_range& to, std::uint64_t thread_pointer,
                std::vector<model::mapping> const& maps) {
  auto const* const where = model::find_mapping(maps, thread_pointer);
  if (!where || to.stack.holds(thread_pointer)) return;
  to.locals = {std::max(where->start, thread_pointer - std::min(thread_pointer, most_local)),
               std::min(where->end, thread_pointer + most_local)};
}

}  // namespace

void known_threads::add(unwind::address_range stack) noexcept {
  auto const self = static_cast<pid_t>(gettid());
  auto const is_own = [self](entry const& each) { return each.thread.load() == self; };
  auto at = std::find_if(entries_.begin(), entries_.end(), is_own);
  for (auto free = entries_.begin(); at == entries_.end() && free != entries_.end(); ++free) {
    pid_t expected = 0;
    if (free->thread.compare_exchange_strong(expected, self)) at = free;
  }
  if (at == entries_.end()) return;
  at->begin = stack.begin;
  at->end = stack.end;
  at->local = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
}

known_threads::entry const* known_threads::find(pid_t thread) const noexcept {
  auto const is_it = [thread](entry const& each) { return each.thread.load() == thread; };
  auto const at = std::find_if(entries_.begin(), entries_.end(), is_it);
  return at == entries_.end() ? nullptr : &*at;
}

std::vector<thread_range> thread_ranges(known_threads& known, void const* own_frame) {
  auto const threads = threads_of_process();
  // Not by that list: a thread may have begun since, and is known by its first allocation only.
  known.forget_dead([](pid_t thread) { return tgkill(getpid(), thread, 0) == 0; });
  auto const maps = model::parse_maps(read_file_or_nothing("/proc/self/maps"));
  if (!maps) return {};
  std::vector<thread_range> all;
  for (auto const thread : threads) {
    auto const task = fs::path{"/proc/self/task"} / std::to_string(thread);
    thread_range found{.thread = thread, .name = name_of(task), .stack = {}};
    auto const* const entry = known.find(thread);
    auto const is_own = thread == gettid();
    auto const pointer =
        is_own ? reinterpret_cast<std::uintptr_t>(own_frame) : stack_pointer_of(task);
    auto const* const where = model::find_mapping(*maps, pointer);
    if (where) {
      // With the thread-local variables, but for those of the first thread.
      found.stack = {pointer, where->end};
    } else if (entry) {
      found.stack = {entry->begin, entry->end};
    }
    if (found.stack.size() == 0) continue;
    if (entry) add_locals(found, entry->local, *maps);
    all.push_back(std::move(found));
  }
  return all;
}

}  // namespace loopscope::heap
