#pragma once
// One spelling for Catch2 v2 (Debian 12) and v3, and how failed checks print our own types.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <loopscope/base/byte_count.hpp>
#include <loopscope/base/result.hpp>

#include <string>

namespace loopscope::test {
#if __has_include(<catch2/catch_all.hpp>)
using Catch::Matchers::ContainsSubstring;
#else
// NOLINTNEXTLINE(readability-identifier-naming): as Catch2 v3 calls it
inline auto ContainsSubstring(std::string const& text) {
  return Catch::Matchers::Contains(text);
}
#endif
}  // namespace loopscope::test

// Boost prints a result through its value, which need not be printable.
template <class T>
struct Catch::StringMaker<loopscope::result<T>> {
  static std::string convert(loopscope::result<T> const& value) {
    return value ? "a value" : value.error().message();
  }
};

template <>
struct Catch::StringMaker<loopscope::byte_count> {
  static std::string convert(loopscope::byte_count value) {
    return std::to_string(value.value) + " bytes";
  }
};
