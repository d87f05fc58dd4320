#include "encode.hpp"

#include "output_file.hpp"

#include <loopscope/base/expects.hpp>
#include <loopscope/base/read_file.hpp>
#include <loopscope/base/utf8.hpp>
#include <loopscope/formats/cpuprofile.hpp>
#include <loopscope/formats/folded.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>
#include <loopscope/model/symbolized_profile.hpp>
#include <loopscope/symbols/symbolize.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace loopscope::tool {

namespace {

[[noreturn]] void fail(std::filesystem::path const& file, std::string const& reason) {
  throw std::runtime_error{file.string() + ": " + reason};
}

model::raw_cpu_profile read_capture(std::filesystem::path const& path) {
  auto const bytes = read_file(path);
  if (!bytes) throw std::system_error{bytes.error(), path.string()};
  auto raw = model::read_raw(*bytes);
  if (!raw) fail(path, raw.error().message());
  if (raw->samples.empty()) fail(path, make_error_code(errc::nothing_captured).message());
  return std::move(*raw);
}

model::symbolized_profile give_names(model::raw_cpu_profile const& raw,
                                     encode_arguments const& asked) {
  auto const file =
      asked.executable.empty() ? asked.executable : std::filesystem::absolute(asked.executable);
  try {
    auto named = symbols::symbolize(raw, {file.string(), asked.process}, asked.shown.names);
    if (!named) fail(asked.raw, named.error().message());
    return std::move(*named);
  } catch (symbols::wrong_executable const& error) {
    fail(asked.raw, error.what());
  }
}

constexpr std::string_view gperftools_format = "prof";

void write(std::ostream& to, std::string_view format, model::symbolized_profile const& profile,
           model::frame_style frames) {
  if (format == "cpuprofile") return formats::write_cpuprofile(to, profile, frames);
  if (format == "folded") return formats::write_folded(to, profile, frames);
  LOOPSCOPE_EXPECTS(format == "pb.gz");
  formats::write_pprof(to, profile);
}

// A file may have been mapped in several pieces.
std::set<std::string> changed_modules(model::symbolized_profile const& profile) {
  std::set<std::string> paths;
  for (auto const& module : profile.modules)
    if (module.is_changed) paths.insert(to_utf8(module.path));
  return paths;
}

boost::json::array unresolved_json(model::symbolized_profile const& profile) {
  boost::json::array list;
  for (auto const& each : model::unresolved_modules(profile)) {
    boost::json::object const shown{{"path", to_utf8(each.path)}, {"share", each.share}};
    list.emplace_back(shown);
  }
  return list;
}

boost::json::array notes_json(model::symbolized_profile const& profile) {
  boost::json::array list;
  for (auto const& note : profile.notes) list.emplace_back(to_utf8(note));
  return list;
}

void print_summary(std::ostream& out, model::symbolized_profile const& profile,
                   std::set<std::string> const& changed, boost::json::object const& files) {
  auto const names = model::coverage_of(profile);
  boost::json::object const line{
      {"formats", files},
      {"samples", names.samples},
      {"idle", names.idle},
      {"frames", names.frames},
      {"unresolved", names.unresolved},
      {"unresolvedShare", names.unresolved_share()},
      {"unresolvedModules", unresolved_json(profile)},
      {"notes", notes_json(profile)},
      {"changedModules", boost::json::array(changed.begin(), changed.end())},
  };
  out << boost::json::serialize(line) << std::endl;
  if (!out) throw std::system_error{errno, std::generic_category(), "standard output"};
}

}  // namespace

void encode(encode_arguments const& asked, std::ostream& out, std::ostream& notes) {
  auto const raw = read_capture(asked.raw);
  auto const profile = give_names(raw, asked);

  std::vector<std::unique_ptr<output_file>> files;
  boost::json::object paths;
  for (auto const& [format, target] : asked.outputs) {
    if (format == gperftools_format && raw.gperftools.empty()) {
      notes << "loopscope: " << asked.raw.string() << ": holds no native profile, no .prof\n";
      continue;
    }
    auto& file = *files.emplace_back(std::make_unique<output_file>(target.path, target.in_place));
    if (format == gperftools_format)
      file.stream() << raw.gperftools;
    else
      write(file.stream(), format, profile, asked.shown.frames);
    file.complete();
    paths[format] = target.path.string();
  }
  for (auto const& file : files) file->publish();
  auto const changed = changed_modules(profile);
  for (auto const& path : changed)
    notes << "loopscope: " << path
          << ": not the file that was captured, or unreadable: its functions have no names\n";
  for (auto const& note : profile.notes) notes << "loopscope: " << note << '\n';
  print_summary(out, profile, changed, paths);
}

}  // namespace loopscope::tool
