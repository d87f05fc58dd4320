#include "options.hpp"

#include <utility>
#include <vector>

namespace loopscope::tool {

namespace {

std::string joined(std::vector<std::string> const& words, std::string const& last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 < words.size() ? ", " : last) + words[i];
  return text;
}

// The command that the call got to, and its name in full.
CLI::App const& command_of(CLI::App const& program, std::string& name) {
  auto const* at = &program;
  for (auto chosen = at->get_subcommands(); !chosen.empty(); chosen = at->get_subcommands()) {
    at = chosen.front();
    name += (name.empty() ? "" : " ") + at->get_name();
  }
  return *at;
}

std::vector<std::string> subcommands_of(CLI::App const& command) {
  std::vector<std::string> names;
  for (auto const* each : command.get_subcommands([](auto const*) { return true; }))
    names.push_back(each->get_name());
  return names;
}

std::vector<CLI::Option const*> positionals_of(CLI::App const& command) {
  return command.get_options([](auto const* option) { return option->get_positional(); });
}

std::string too_many(CLI::App const& command) {
  std::vector<std::string> names;
  for (auto const* each : positionals_of(command)) names.push_back(each->get_name());
  return (names.size() == 1 ? "more than one " : "more than ") + joined(names, " and ") + ": ";
}

}  // namespace

std::string in_quotes(std::string const& text) {
  return "'" + text + "'";
}

std::string missing_value(std::string const& option) {
  return option + " needs a value";
}

CLI::Option* add_once(CLI::App& to, std::string const& name, std::string& value,
                      std::string const& description) {
  auto check = [name, is_given = false](std::string const& text) mutable -> std::string {
    if (std::exchange(is_given, true)) throw usage_error{name + ": given more than once"};
    auto const is_option = text.starts_with("--");  // the next one, whose own value is missing
    if (text.empty() || is_option) throw usage_error{missing_value(name)};
    return {};
  };
  return to.add_option(name, value, description)->check(check);
}

std::string explained(CLI::App const& program, std::string const& otherwise) {
  std::string name;
  auto const& command = command_of(program, name);
  auto const unknown = program.remaining(true);
  auto const subcommands = subcommands_of(command);
  auto const prefix = name.empty() ? "" : name + ": ";
  if (!unknown.empty() && unknown.front().starts_with('-') && (!name.empty()))
    return "unknown option " + in_quotes(unknown.front());
  if (!subcommands.empty() && unknown.empty())
    return prefix + "a command is missing: " + joined(subcommands, " or ");
  if (!subcommands.empty()) return prefix + "unknown command " + in_quotes(unknown.front());
  if (!unknown.empty()) return too_many(command) + in_quotes(unknown.front());
  for (auto const* each : positionals_of(command))
    if (each->count() == 0) return prefix + each->get_name() + " is missing";
  return otherwise;
}

}  // namespace loopscope::tool
