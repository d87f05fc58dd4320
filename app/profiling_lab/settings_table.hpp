#pragma once

#include <profiling_lab/settings.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// The JSON type that a setting has in the file.
enum class setting_kind { text, integer, boolean };

/// One row: how a setting is called in each source, what it takes and where it goes.
struct setting {
  std::string_view variable;
  std::string_view flag;  ///< without dashes; empty where the command line would leak it
  std::string_view key;   ///< dotted path in the file; empty where a file must not hold it
  setting_kind kind;
  std::string_view expects;
  std::string_view purpose;
  std::function<bool(settings&, std::string_view)> assign;  ///< false: wrong value
  std::function<std::string(settings const&)> print;
};

std::vector<setting> const& settings_table();

}  // namespace lab
