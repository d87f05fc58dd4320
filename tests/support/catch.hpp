#pragma once
// One spelling for Catch2 v2 (Debian 12) and v3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace loopscope::test {
using Catch::Matchers::ContainsSubstring;
}
#else
#include <catch2/catch.hpp>

#include <string>

namespace loopscope::test {
inline auto ContainsSubstring(std::string const& text) {
  return Catch::Matchers::Contains(text);
}
}  // namespace loopscope::test
#endif
