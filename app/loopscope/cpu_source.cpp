#include "cpu_source.hpp"

#include "encode_failure.hpp"

#include <loopscope/base/expects.hpp>
#include <loopscope/base/utf8.hpp>
#include <loopscope/formats/cpuprofile.hpp>
#include <loopscope/formats/folded.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/symbols/symbolize.hpp>

#include <boost/json/array.hpp>

#include <ostream>
#include <utility>

namespace loopscope::tool {

namespace {

model::raw_cpu_profile read_capture(std::string_view bytes, encode_arguments const& asked) {
  auto raw = model::read_raw(bytes);
  if (!raw) fail(asked.raw, raw.error().message());
  if (raw->samples.empty()) fail(asked.raw, make_error_code(errc::nothing_captured).message());
  return std::move(*raw);
}

boost::json::array unresolved_json(model::symbolized_profile const& profile) {
  boost::json::array list;
  for (auto const& each : model::unresolved_modules(profile)) {
    boost::json::object const shown{{"path", to_utf8(each.path)}, {"share", each.share}};
    list.emplace_back(shown);
  }
  return list;
}

}  // namespace

cpu_source::cpu_source(std::string_view bytes, encode_arguments const& asked)
    : frames_{asked.shown.frames},
      raw_{read_capture(bytes, asked)},
      named_{with_names(asked, [&](symbols::file_places const& places) {
        return symbols::symbolize(raw_, places, asked.shown.names);
      })} {}

void cpu_source::write(std::ostream& to, std::string_view format) const {
  if (format == native_format) {
    to << raw_.gperftools;
    return;
  }
  if (format == "cpuprofile") return formats::write_cpuprofile(to, named_, frames_);
  if (format == "folded") return formats::write_folded(to, named_, frames_);
  LOOPSCOPE_EXPECTS(format == "pb.gz");
  formats::write_pprof(to, named_);
}

boost::json::object cpu_source::summary() const {
  auto const names = model::coverage_of(named_);
  return {{"samples", names.samples},
          {"idle", names.idle},
          {"frames", names.frames},
          {"unresolved", names.unresolved},
          {"unresolvedShare", names.unresolved_share()},
          {"unresolvedModules", unresolved_json(named_)}};
}

}  // namespace loopscope::tool
