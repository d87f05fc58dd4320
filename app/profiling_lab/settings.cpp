#include <profiling_lab/settings.hpp>
#include <profiling_lab/settings_sources.hpp>
#include <profiling_lab/settings_table.hpp>

#include <loopscope/base/read_file.hpp>

#include <algorithm>
#include <optional>
#include <sstream>

namespace lab {

namespace {

constexpr std::size_t least_token_length = 12;

// A source in order of precedence: what comes later wins.
struct source {
  std::vector<named_value> values;
  std::string_view setting::*name;
};

void apply(source const& from, loaded_settings& into) {
  for (auto const& row : settings_table()) {
    auto const same = [&](named_value const& v) { return v.name == row.*(from.name); };
    auto const found = std::find_if(from.values.begin(), from.values.end(), same);
    if (found == from.values.end()) continue;
    auto const right_type = !found->kind || *found->kind == row.kind;
    if (right_type && row.assign(into.values, found->text)) continue;
    into.errors.push_back(found->where + ": has to be " + std::string{row.expects});
  }
}

void read_token_file(loaded_settings& into) {
  auto& lab = into.values.lab;
  if (lab.token_file.empty()) return;
  auto const where = "LAB_TOKEN_FILE " + lab.token_file.string() + ": ";
  if (!lab.token.empty()) {
    into.errors.push_back("LAB_TOKEN, LAB_TOKEN_FILE: only one of them may be set");
    return;
  }
  auto text = loopscope::read_file(lab.token_file);
  if (!text) {
    into.errors.push_back(where + "cannot be read: " + text.error().message());
    return;
  }
  text->erase(text->find_last_not_of("\r\n") + 1);
  for (auto const& row : settings_table())
    if (row.variable == "LAB_TOKEN" && !row.assign(into.values, *text))
      into.errors.push_back(where + "has to hold " + std::string{row.expects});
}

void check_token(loaded_settings& into) {
  auto const& values = into.values;
  if (!values.lab.enable) return;
  if (values.lab.token.empty()) {
    into.errors.push_back("LAB_ENABLE: needs LAB_TOKEN or LAB_TOKEN_FILE");
  } else if (values.lab.token.length() < least_token_length &&
             values.app_env != environment::development) {
    into.errors.push_back(
        "LAB_TOKEN: has to be at least 12 characters long unless APP_ENV is "
        "development");
  }
}

std::string default_text(setting const& row) {
  auto const value = row.print(settings{});
  return value.empty() ? "none" : value;
}

}  // namespace

loaded_settings load_settings(std::vector<std::string_view> const& arguments,
                              std::map<std::string, std::string> const& environment) {
  loaded_settings loaded;
  auto const flags = read_flags(arguments, loaded.errors);
  loaded.command = flags.command;
  if (flags.command == command::help || flags.command == command::version) return loaded;

  auto const variables = read_environment(environment, loaded.errors);
  auto const named = environment.find("LAB_CONFIG");
  auto const from_environment = named == environment.end() ? std::string{} : named->second;
  auto const file = flags.config_file.value_or(from_environment);
  if (!file.empty()) apply({read_file(file, loaded.errors), &setting::key}, loaded);
  apply({variables, &setting::variable}, loaded);
  apply({flags.values, &setting::flag}, loaded);
  read_token_file(loaded);
  check_token(loaded);
  return loaded;
}

std::string settings_help() {
  std::ostringstream out;
  out << "Usage: profiling-lab [--flag=value | --flag value]...\n"
         "\n"
         "A service to practise profiling and debugging on: it can be jammed, made to leak and\n"
         "profiled over HTTP.\n"
         "\n"
         "  --help, --version  print and exit\n"
         "  --healthcheck      ask the service that runs with the same settings; exit 0, or 1 if "
         "it is not\n"
         "                     healthy or does not respond within 3 s\n"
         "  --config FILE      read settings from a JSON file [LAB_CONFIG]\n"
         "\n"
         "Settings, by flag, [environment variable] or (key in the file); flags win over the\n"
         "environment, the environment wins over the file:\n";
  for (auto const& row : settings_table()) {
    out << "\n  ";
    if (!row.flag.empty()) out << "--" << row.flag << ' ';
    out << '[' << row.variable << ']';
    if (!row.key.empty()) out << " (" << row.key << ')';
    out << "\n      " << row.purpose << ".\n      Takes " << row.expects << "; default "
        << default_text(row) << ".\n";
  }
  return std::move(out).str();
}

std::string settings_markdown() {
  std::ostringstream out;
  out << "| Variable | Flag | Key in the file | Purpose | Takes | Default |\n"
         "|---|---|---|---|---|---|\n";
  auto const code = [](std::string_view prefix, std::string_view text) {
    return text.empty() ? std::string{"-"} : '`' + std::string{prefix}.append(text) + '`';
  };
  for (auto const& row : settings_table())
    out << "| `" << row.variable << "` | " << code("--", row.flag) << " | " << code("", row.key)
        << " | " << row.purpose << " | " << row.expects << " | " << code("", default_text(row))
        << " |\n";
  return std::move(out).str();
}

std::vector<std::pair<std::string_view, std::string>> printable(settings const& values) {
  std::vector<std::pair<std::string_view, std::string>> all;
  for (auto const& row : settings_table()) all.emplace_back(row.variable, row.print(values));
  return all;
}

}  // namespace lab
