#pragma once

#include <profiling_lab/settings_table.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// A value as a source gives it.
struct named_value {
  std::string name;
  std::string text;
  std::string where;                 ///< for errors: `environment PORT`
  std::optional<setting_kind> kind;  ///< where the source has types
};

struct flag_values {
  lab::command command = lab::command::run;
  std::optional<std::string> config_file;
  std::vector<named_value> values;
};

/// Each reads one source and adds what it cannot place to `errors`.
flag_values read_flags(std::vector<std::string_view> const& arguments,
                       std::vector<std::string>& errors);
std::vector<named_value> read_environment(std::map<std::string, std::string> const& environment,
                                          std::vector<std::string>& errors);
std::vector<named_value> read_file(std::string const& path, std::vector<std::string>& errors);

}  // namespace lab
