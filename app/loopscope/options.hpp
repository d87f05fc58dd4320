#pragma once

#include "arguments.hpp"

#include <loopscope/base/parse_integer.hpp>

#include <CLI/App.hpp>

#include <string>

namespace loopscope::tool {

std::string in_quotes(std::string const& text);

std::string missing_value(std::string const& option);

/// An option that may stand once, with a value that is not empty. \param value  borrowed.
CLI::Option* add_once(CLI::App& to, std::string const& name, std::string& value,
                      std::string const& description);

/// What is missing or too much in a call that `program` has refused; `otherwise` if neither.
std::string explained(CLI::App const& program, std::string const& otherwise);

/// The number that is the value of an option; `otherwise` without one. \throws usage_error
template <typename Number>
Number parse_number(std::string const& option, std::string const& text, Number otherwise) {
  if (text.empty()) return otherwise;
  auto const number = parse_integer<Number>(text);
  if (!number) throw usage_error{option + " " + in_quotes(text) + ": no number, or too large"};
  return *number;
}

/// One of two words, the first one being the default. \throws usage_error
template <typename Style>
Style parse_style(std::string const& option, std::string const& text, Style otherwise,
                  Style other) {
  if (text.empty() || text == to_text(otherwise)) return otherwise;
  if (text == to_text(other)) return other;
  throw usage_error{option + " " + in_quotes(text) + ": " + std::string{to_text(otherwise)} +
                    " or " + std::string{to_text(other)}};
}

}  // namespace loopscope::tool
