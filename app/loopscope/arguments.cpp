#include "arguments.hpp"

#include <algorithm>
#include <iterator>

namespace loopscope::tool {

namespace {

constexpr std::string_view raw_extension = ".raw";

using words = std::vector<std::string_view>;

std::string quoted(std::string_view text) {
  return "'" + std::string{text} + "'";
}

file_format parse_format(std::string_view text) {
  for (auto const& [format, name] : file_formats)
    if (name == text) return format;
  throw usage_error{"unknown format " + quoted(text) + ": cpuprofile, pb.gz, prof or folded"};
}

// The value of `--flag=value` or `--flag value`, where `at` stands; moves on to its last word.
std::string_view value_of(std::string_view flag, words::const_iterator& at, words const& all) {
  auto const rest = at->substr(flag.size());
  auto const value = !rest.empty() ? rest.substr(1)
                     : std::next(at) != all.end() && !std::next(at)->starts_with("--") ? *++at
                                                                                       : "";
  if (value.empty()) throw usage_error{std::string{flag} + " needs a value"};
  return value;
}

bool is_flag(std::string_view word, std::string_view flag) {
  return word.starts_with(flag) && (word.size() == flag.size() || word[flag.size()] == '=');
}

output parse_output(std::string_view text) {
  auto const equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size())
    throw usage_error{"--output " + quoted(text) + ": FORMAT=FILE is needed"};
  return {parse_format(text.substr(0, equals)), text.substr(equals + 1), true};
}

std::string stem_of(std::filesystem::path const& raw) {
  auto name = raw.filename().string();
  if (name.ends_with(raw_extension)) name.resize(name.size() - raw_extension.size());
  return name;
}

// What stands on the command line, before it is known what it means together.
struct encode_words {
  std::optional<std::string_view> raw;
  std::optional<std::string_view> directory;
  std::optional<std::string_view> executable;
  std::vector<file_format> formats;
  std::vector<output> outputs;
};

bool has_output(encode_words const& given, file_format format) {
  auto const same = [&](output const& o) { return o.format == format; };
  return std::any_of(given.outputs.begin(), given.outputs.end(), same);
}

void add_output(encode_words& to, output added) {
  if (has_output(to, added.format))
    throw usage_error{"--output " + std::string{name_of(added.format)} + ": given more than once"};
  to.outputs.push_back(std::move(added));
}

void set_once(std::optional<std::string_view>& to, std::string_view flag, words::const_iterator& at,
              words const& all) {
  if (to) throw usage_error{std::string{flag} + ": given more than once"};
  to = value_of(flag, at, all);
}

encode_words read_encode_words(words const& all, words::const_iterator at) {
  encode_words found;
  for (; at != all.end(); ++at) {
    if (is_flag(*at, "--output")) {
      add_output(found, parse_output(value_of("--output", at, all)));
    } else if (is_flag(*at, "--out")) {
      set_once(found.directory, "--out", at, all);
    } else if (is_flag(*at, "--executable")) {
      set_once(found.executable, "--executable", at, all);
    } else if (is_flag(*at, "--format")) {
      found.formats.push_back(parse_format(value_of("--format", at, all)));
    } else if (at->starts_with('-')) {
      throw usage_error{"unknown option " + quoted(*at)};
    } else if (found.raw) {
      throw usage_error{"more than one RAW: " + quoted(*at)};
    } else {
      found.raw = *at;
    }
  }
  return found;
}

encode_arguments parse_encode(words const& all, words::const_iterator at) {
  auto const given = read_encode_words(all, at);
  if (!given.raw || given.raw->empty()) throw usage_error{"encode: RAW is missing"};
  if (!given.directory && given.outputs.empty())
    throw usage_error{"encode: --out DIR or --output FORMAT=FILE is missing"};
  if (!given.directory && !given.formats.empty()) throw usage_error{"--format needs --out DIR"};
  encode_arguments result{*given.raw, given.outputs, given.executable.value_or("")};
  if (!given.directory) return result;
  for (auto const& [format, name] : file_formats) {
    auto const asked = std::find(given.formats.begin(), given.formats.end(), format);
    auto const wanted = given.formats.empty() || asked != given.formats.end();
    if (!wanted || has_output(given, format)) continue;
    auto const file = stem_of(result.raw).append(".").append(name);
    result.outputs.push_back({format, std::filesystem::path{*given.directory} / file, false});
  }
  return result;
}

}  // namespace

std::string_view name_of(file_format format) {
  return file_formats[static_cast<std::size_t>(format)].second;
}

arguments parse_arguments(words const& all) {
  auto const has = [&](std::string_view word) {
    return std::find(all.begin(), all.end(), word) != all.end();
  };
  if (all.empty()) throw usage_error{"a command is missing: encode"};
  auto const encodes = all.front() == "encode";
  if (has("--help") || has("-h")) return {encodes ? command::encode_help : command::help, {}};
  if (has("--version")) return {command::version, {}};
  if (!encodes) throw usage_error{"unknown command " + quoted(all.front())};
  return {command::encode, parse_encode(all, std::next(all.begin()))};
}

std::string_view help() {
  return R"(Usage: loopscope encode RAW --out DIR [--format FORMAT]...
       loopscope --help | --version

  encode  turns a raw capture into the files of viewers (loopscope encode --help)
)";
}

std::string_view encode_help() {
  return R"(Usage: loopscope encode RAW --out DIR [--format FORMAT]... [--executable FILE]
       loopscope encode RAW --output FORMAT=FILE... [--executable FILE]

Turns a raw CPU capture into the files of viewers. Names come from the program that was captured and
its libraries, as they lie on this machine; the program has to be the very build.

  --out DIR             writes DIR/<name of RAW>.<FORMAT>; an old file is replaced by the new one
                        when that is complete
  --format FORMAT       only this one, repeatable; default: all
  --executable FILE     the program, if it does not lie where it ran: after a move, or in a container
  --output FORMAT=FILE  writes into exactly this file, which need not exist; repeatable; that format
                        is not written into DIR then

  cpuprofile  Chrome DevTools, Speedscope, VS Code
  pb.gz       go tool pprof, Speedscope
  prof        google-pprof; only if the capture holds gperftools' own profile
  folded      flame graphs: flamegraph.pl, inferno, Speedscope

Prints one line of JSON: the files by format, and how many samples, idle samples, frames and frames
without a name there are. Exit code: 0, 1 if a file cannot be read or written, 2 for a wrong call, 3
if the disk is full or a quota or size limit is reached.
)";
}

}  // namespace loopscope::tool
