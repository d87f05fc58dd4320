#include <profiling_lab/settings_sources.hpp>

#include <loopscope/base/read_file.hpp>

#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace lab {

namespace {

namespace json = boost::json;

bool is_known(std::string_view setting::*column, std::string_view name) {
  auto const same = [&](setting const& row) { return row.*column == name; };
  auto const& table = settings_table();
  return !name.empty() && std::any_of(table.begin(), table.end(), same);
}

bool is_part_of_a_key(std::string_view prefix) {
  auto const below = [&](setting const& row) { return row.key.starts_with(prefix); };
  auto const& table = settings_table();
  return std::any_of(table.begin(), table.end(), below);
}

std::optional<command> command_of(std::string_view flag) {
  if (flag == "help") return command::help;
  if (flag == "version") return command::version;
  if (flag == "healthcheck") return command::healthcheck;
  return std::nullopt;
}

std::optional<named_value> scalar(std::string name, std::string where, json::value const& value) {
  if (auto const* text = value.if_string())
    return named_value{std::move(name), std::string{*text}, std::move(where), setting_kind::text};
  if (value.is_int64() || value.is_uint64())
    return named_value{std::move(name), json::serialize(value), std::move(where),
                       setting_kind::integer};
  if (auto const* flag = value.if_bool())
    return named_value{std::move(name), *flag ? "true" : "false", std::move(where),
                       setting_kind::boolean};
  return std::nullopt;
}

// Turns nested objects into dotted keys.
void flatten(json::object const& object, std::string const& prefix, std::string const& source,
             std::vector<named_value>& out, std::vector<std::string>& errors) {
  for (auto const& [name, value] : object) {
    auto const key = prefix + std::string{name};
    auto const where = std::string{source}.append(1, ' ').append(key);
    auto const* nested = value.if_object();
    if (is_part_of_a_key(key + '.')) {
      if (nested)
        flatten(*nested, key + '.', source, out, errors);
      else
        errors.push_back(where + ": has to be an object");
    } else if (!is_known(&setting::key, key)) {
      errors.push_back(where + ": unknown key");
    } else if (auto found = scalar(key, where, value)) {
      out.push_back(std::move(*found));
    } else {
      errors.push_back(where + ": has to be a string, an integer or a boolean");
    }
  }
}

}  // namespace

flag_values read_flags(std::vector<std::string_view> const& arguments,
                       std::vector<std::string>& errors) {
  flag_values flags;
  for (auto next = arguments.begin(); next != arguments.end(); ++next) {
    // What is no flag is not repeated: it may be a secret that was passed in the wrong way.
    if (*next == "-h") {
      flags.command = command::help;
      continue;
    }
    if (!next->starts_with("--")) {
      auto const position = std::to_string(next - arguments.begin() + 1);
      errors.push_back("argument " + position + ": is not a flag");
      continue;
    }
    auto const equals = std::min(next->find('='), next->size());
    auto const where = "flag " + std::string{next->substr(0, equals)};
    auto const name = next->substr(2, equals - 2);
    auto const has_value = equals < next->size();
    if (auto const asked = command_of(name); asked && !has_value) {
      flags.command = *asked;
      continue;
    }
    if (name != "config" && !is_known(&setting::flag, name)) {
      errors.push_back(where + ": unknown flag");
      continue;
    }
    if (!has_value && (std::next(next) == arguments.end() || std::next(next)->starts_with("--"))) {
      errors.push_back(where + ": needs a value");
      continue;
    }
    auto const value = std::string{has_value ? next->substr(equals + 1) : *++next};
    auto const same = [&](named_value const& v) { return v.name == name; };
    auto const repeated = std::any_of(flags.values.begin(), flags.values.end(), same) ||
                          (name == "config" && flags.config_file);
    if (repeated)
      errors.push_back(where + ": given more than once");
    else if (name == "config")
      flags.config_file = value;
    else
      flags.values.push_back({std::string{name}, value, where, std::nullopt});
  }
  return flags;
}

std::vector<named_value> read_environment(std::map<std::string, std::string> const& environment,
                                          std::vector<std::string>& errors) {
  std::vector<named_value> values;
  for (auto const& [name, text] : environment) {
    auto const where = "environment " + name;
    if (is_known(&setting::variable, name)) {
      if (!text.empty()) values.push_back({name, text, where, std::nullopt});
    } else if (name.starts_with("LAB_") && name != "LAB_CONFIG") {
      errors.push_back(where + ": unknown variable");
    }
  }
  return values;
}

std::vector<named_value> read_file(std::string const& path, std::vector<std::string>& errors) {
  auto const source = "file " + path;
  auto const text = loopscope::read_file(path);
  if (!text) {
    errors.push_back(source + ": cannot be read: " + text.error().message());
    return {};
  }
  boost::system::error_code error;
  json::parser parser;
  auto const used = parser.write_some(*text, error);
  auto const rest = std::string_view{*text}.substr(used);
  if (!error && rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
    error = json::error::extra_data;
  if (error) {
    auto const line = 1 + std::count(text->begin(), text->end() - std::ssize(rest), '\n');
    errors.push_back(source + " line " + std::to_string(line) + ": not JSON: " + error.message());
    return {};
  }
  auto const parsed = parser.release();
  if (!parsed.is_object()) {
    errors.push_back(source + ": not an object");
    return {};
  }
  std::vector<named_value> values;
  flatten(parsed.get_object(), "", source, values, errors);
  return values;
}

}  // namespace lab
