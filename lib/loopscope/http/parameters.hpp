#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace loopscope::http {

/// An integer query parameter, both bounds inclusive.
struct integer_parameter {
  std::string_view name;
  std::int64_t min;
  std::int64_t max;
  std::int64_t otherwise;  ///< the value when the parameter is absent
};

/// A query parameter that is one of a few words.
struct choice_parameter {
  std::string_view name;
  std::vector<std::string_view> choices;
  std::string_view otherwise{};  ///< the value when it is absent; empty: it has to be there
};

/// A text that has to be there, and not empty.
struct text_parameter {
  std::string_view name;
  std::string_view meaning;  ///< for people, as in "the name of an artifact"
};

using parameter = std::variant<integer_parameter, choice_parameter, text_parameter>;

/// The values of a route's parameters after `check_parameters`.
class arguments {
 public:
  void set(std::string_view name, std::variant<std::int64_t, std::string> value);

  /// The value of an integer parameter that the route declares.
  [[nodiscard]] std::int64_t integer(std::string_view name) const;

  /// The value of a choice parameter that the route declares.
  [[nodiscard]] std::string const& choice(std::string_view name) const;

  /// The value of a text parameter that the route declares.
  [[nodiscard]] std::string const& text(std::string_view name) const;

 private:
  [[nodiscard]] std::variant<std::int64_t, std::string> const& at(std::string_view name) const;

  std::vector<std::pair<std::string_view, std::variant<std::int64_t, std::string>>> values_;
};

/// Either the values, or a sentence that names the wrong parameter and what it may be.
using checked_arguments = std::variant<arguments, std::string>;

/// Checks the query of a request against what its route declares.
///
/// A parameter that is unknown, repeated, malformed or out of range is an error: nothing is
/// clamped or silently defaulted. Names and values may be percent-encoded, `+` is a space.
/// \param query  what follows `?`, empty if there is none.
checked_arguments check_parameters(std::vector<parameter> const& declared, std::string_view query);

}  // namespace loopscope::http
