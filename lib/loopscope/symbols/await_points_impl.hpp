#pragma once

#include <loopscope/symbols/debug_info_impl.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace loopscope::symbols {

/// The machine code of a coroutine's resume function.
struct coroutine_code {
  std::span<unsigned char const> bytes;
  std::uint64_t address = 0;  ///< of the first byte, as linked
};

/// Where a coroutine waits.
struct await_point {
  std::string file;        ///< empty: unknown
  std::uint32_t line = 0;  ///< 1-based, 0 unknown
};

/// Finds the `co_await` in which a coroutine is suspended, by the number that gcc gave it.
///
/// gcc has no table of them; but the resume function stores the number in the coroutine's frame
/// before it calls the awaited object's `await_suspend`, which is inlined as a rule: where that is
/// called from is the line of the `co_await`. Exact with optimization; without, it may be the line
/// of a statement beside it. Of other compilers and architectures nothing is found.
/// \param number    as in a `waiting_word`; 0: unknown. Numbers start at 2: not resumed yet.
/// \param lines_at  the functions and lines at an address, innermost first.
await_point find_await(
    coroutine_code const& code, std::uint16_t number,
    std::function<std::vector<source_line>(std::uint64_t address)> const& lines_at);

}  // namespace loopscope::symbols
