#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace loopscope::symbols {

inline constexpr std::string_view unnamed_namespace = "(anonymous namespace)";

/// `hidden` is of no use to a reader: an unnamed namespace.
enum class component_kind : std::uint8_t { name, hidden, lambda };

/// One part of a qualified name, which refers to the text that it was read from.
struct component {
  component_kind kind = component_kind::name;
  std::string_view name;
  std::optional<std::string_view> arguments{};  ///< of the template, without the brackets
};

/// Takes the name out of a readable declaration, and apart: return type, parameters, qualifiers and
/// tags of the ABI are left out. None if the text makes no sense as one.
std::optional<std::vector<component>> parse_qualified_name(std::string_view declaration);

}  // namespace loopscope::symbols
