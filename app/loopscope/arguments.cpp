#include "arguments.hpp"

#include "encode_options.hpp"
#include "heap_options.hpp"
#include "options.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace loopscope::tool {

namespace {

constexpr auto help = R"(Usage: loopscope encode RAW --out DIR [--format FORMAT]...
       loopscope heap top|diff|retainers|dominators FILE...
       loopscope --help | --version

  encode  turns a raw capture into the files of viewers (loopscope encode --help)
  heap    shows what is in heap snapshots (loopscope heap --help)
)";

std::string version_line() {
  return "loopscope " + std::string{version()} + " (build " + executable_build_id() + ")";
}

void parse(CLI::App& program, int argc, char const* const* argv) {
  try {
    program.parse(argc, argv);
  } catch (CLI::ArgumentMismatch const& error) {
    std::string const text = error.what();  // begins with the name of the option
    throw usage_error{missing_value(text.substr(0, text.find(':')))};
  } catch (CLI::CallForHelp const&) {
    throw;
  } catch (CLI::CallForVersion const&) {
    throw;
  } catch (CLI::ParseError const& error) {
    throw usage_error{explained(program, error.what())};
  }
}

}  // namespace

arguments parse_arguments(int argc, char const* const* argv) {
  encode_words of_encode;
  heap_words of_heap;
  CLI::App program{"", "loopscope"};
  program.set_version_flag("--version", version_line);
  program.require_subcommand(1);
  add_encode(program, of_encode);
  add_heap(program, of_heap);
  for (auto* const command : program.get_subcommands([](auto const*) { return true; }))
    command->set_version_flag("--version", version_line);
  program.formatter_fn([](auto const&...) { return help; });
  try {
    parse(program, argc, argv);
  } catch (CLI::CallForHelp const&) {
    return information{program.help()};
  } catch (CLI::CallForVersion const& asked) {
    return information{asked.what() + std::string{'\n'}};
  }
  if (program.got_subcommand("heap")) return checked(of_heap);
  return checked(of_encode);
}

}  // namespace loopscope::tool
