#pragma once

namespace loopscope::detail {

/// Prints the broken contract to stderr and aborts. \thread any
[[noreturn]] void contract_broken(char const* expression, char const* file, int line) noexcept;

}  // namespace loopscope::detail

/// Aborts, in every build type, when we broke our own contract.
#define LOOPSCOPE_EXPECTS(condition)  \
  ((condition) ? static_cast<void>(0) \
               : ::loopscope::detail::contract_broken(#condition, __FILE__, __LINE__))
