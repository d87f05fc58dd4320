#include "encode_options.hpp"

#include "options.hpp"

#include <loopscope/base/capture_formats.hpp>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace loopscope::tool {

namespace {

constexpr auto encode_footer = R"(Either --out or --output is needed, or both.

A CPU capture:
  cpuprofile    Chrome DevTools, Speedscope, VS Code
  pb.gz         go tool pprof, Speedscope
  prof          google-pprof; only if the capture holds gperftools' own profile
  folded        flame graphs: flamegraph.pl, inferno, Speedscope

A heap capture:
  heapsnapshot  Chrome DevTools, Memory panel; loopscope heap
  heapprofile   Chrome DevTools, Memory panel: by allocation stack
  heap.pb.gz    go tool pprof -inuse_space
  heap          google-pprof; only if the capture holds gperftools' own profile

Names come from the program that was captured and its libraries, as they lie on this machine. The
program has to be the very build. A library that is not is never taken for the one that was captured:
its functions are called [libm.so.6 changed], or [libm.so.6 unreadable] if it is not there at all.

Prints one line of JSON: the files by format, how many samples or objects, frames and frames without
a name there are, and which files of code have changed. Exit code: 0, 1 if a file cannot be
read or written, 2 for a wrong call, 3 if the disk is full or a quota or size limit is reached.)";

std::vector<std::string> formats_of(capture_kind kind) {
  std::vector<std::string> all;
  for (auto const& each : capture_formats)
    if (each.kind == kind) all.emplace_back(each.extension);
  return all;
}

void check_format(std::string const& text) {
  auto const* const format = find_capture_format(text);
  if (format && format->kind) return;
  throw usage_error{"unknown format " + in_quotes(text) +
                    ": cpuprofile, pb.gz, prof or folded of a CPU capture; heapsnapshot, "
                    "heapprofile, heap.pb.gz or heap of a heap capture"};
}

void check_kind(std::string const& format, capture_kind kind) {
  if (find_capture_format(format)->kind == kind) return;
  auto const* const of = kind == capture_kind::heap ? "the heap" : "the CPU";
  throw usage_error{"format " + in_quotes(format) + ": RAW is a capture of " + of};
}

void add_output(std::map<std::string, output>& to, std::string const& text) {
  auto const equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size())
    throw usage_error{"--output " + in_quotes(text) + ": FORMAT=FILE is needed"};
  auto const format = text.substr(0, equals);
  check_format(format);
  if (!to.try_emplace(format, output{text.substr(equals + 1), true}).second)
    throw usage_error{"--output " + format + ": given more than once"};
}

pid_t parse_process(std::string const& text) {
  if (text.empty()) return 0;
  auto const process = parse_integer<pid_t>(text);
  if (!process || *process <= 0) throw usage_error{"--process " + in_quotes(text) + ": no PID"};
  return *process;
}

model::presentation parse_presentation(encode_words const& given) {
  using model::frame_style;
  using model::name_style;
  return {parse_style("--names", given.names, name_style::shortened, name_style::full),
          parse_style("--frames", given.frames, frame_style::folded, frame_style::all)};
}

}  // namespace

void add_encode(CLI::App& program, encode_words& to) {
  auto& encode = *program.add_subcommand("encode");
  encode.description("Turns a raw capture into the files of viewers.");
  encode.footer(encode_footer);
  add_once(encode, "RAW", to.raw, "the capture")->required()->option_text(" ");
  add_once(encode, "--out", to.directory,
           "writes DIR/<name of RAW>.<FORMAT>; an old file is\n"
           "replaced by the new one when that is complete")
      ->option_text("DIR");
  encode.add_option("--format", to.formats, "only this one, repeatable; default: all")
      ->option_text("FORMAT")
      ->allow_extra_args(false);
  add_once(encode, "--executable", to.executable,
           "the program, if it does not lie where it ran: after\n"
           "a move, or in a container")
      ->option_text("FILE");
  add_once(encode, "--process", to.process,
           "the process that was captured, if it still runs: program\n"
           "and libraries that were replaced or deleted are read\n"
           "through it as far as the system permits")
      ->option_text("PID");
  add_once(encode, "--names", to.names,
           "short or full: with parameters and template arguments;\ndefault: short")
      ->option_text("STYLE");
  add_once(encode, "--frames", to.frames,
           "folded or all: what Asio, Beast and std::function call in\n"
           "between as one frame [asio], [beast] or [std], or as it is;\n"
           "default: folded; pb.gz has all in any case")
      ->option_text("STYLE");
  encode
      .add_option("--output", to.outputs,
                  "writes into exactly this file, which need not exist;\n"
                  "repeatable; that format is not written into DIR then")
      ->option_text("FORMAT=FILE")
      ->allow_extra_args(false);
}

std::map<std::string, output> outputs_for(encode_arguments const& asked, capture_kind kind) {
  auto outputs = asked.outputs;
  for (auto const& [format, target] : outputs) check_kind(format, kind);
  for (auto const& format : asked.formats) check_kind(format, kind);
  if (asked.directory.empty()) return outputs;
  auto const stem = asked.raw.extension() == ".raw" ? asked.raw.stem() : asked.raw.filename();
  for (auto const& format : asked.formats.empty() ? formats_of(kind) : asked.formats) {
    auto const file = stem.string().append(".").append(format);
    outputs.try_emplace(format, output{asked.directory / file, false});
  }
  return outputs;
}

encode_arguments checked(encode_words const& given) {
  encode_arguments result;
  result.raw = given.raw;
  result.directory = given.directory;
  result.formats = given.formats;
  result.executable = given.executable;
  result.process = parse_process(given.process);
  result.shown = parse_presentation(given);
  for (auto const& text : given.outputs) add_output(result.outputs, text);
  for (auto const& text : given.formats) check_format(text);
  if (result.directory.empty() && result.outputs.empty())
    throw usage_error{"encode: --out DIR or --output FORMAT=FILE is missing"};
  if (result.directory.empty() && !given.formats.empty())
    throw usage_error{"--format needs --out DIR"};
  return result;
}

}  // namespace loopscope::tool
