#include <loopscope/base/build_id.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/control/artifact_json.hpp>
#include <loopscope/control/capture_json.hpp>

#include <algorithm>

namespace loopscope::control {

namespace {

boost::json::object to_json(model::cpu_quality const& quality) {
  return {{"samplesExpected", quality.samples_expected},
          {"samplesTaken", quality.samples_taken},
          {"dropped", quality.dropped},
          {"overruns", quality.overruns},
          {"unresolvedShare", quality.unresolved_share},
          {"throttledSeconds", quality.throttled.count()},
          {"stealSeconds", quality.stolen.count()},
          {"truncated", quality.truncated},
          {"buildId", executable_build_id()}};
}

// Of the time that was asked for; 1 only when the result is there.
double progress_of(capture::cpu_capture_state const& state) {
  constexpr double all_but_encoded = 0.99;
  if (state.phase == capture::capture_phase::done) return 1;
  return std::min(all_but_encoded, state.sampled / state.request.duration);
}

}  // namespace

boost::json::object result_json(capture::cpu_capture_state const& state) {
  return {{"filePath", state.artifacts.front().path.string()},
          {"durationSeconds", state.sampled.count()},
          {"artifacts", to_json(state.artifacts)},
          {"quality", to_json(state.quality)}};
}

boost::json::object progress_json(capture::cpu_capture_state const& state) {
  using capture::capture_phase;
  boost::json::object body{{"id", state.id},
                           {"kind", "cpu"},
                           {"phase", to_text(state.phase)},
                           {"progress", progress_of(state)},
                           {"startedAt", iso_time(state.started)},
                           {"requestedSeconds", state.request.duration.count()},
                           {"hz", state.request.hz}};
  if (state.phase == capture_phase::done) body["result"] = result_json(state);
  if (state.phase == capture_phase::failed) {
    auto const detail = state.detail.empty() ? "" : ": " + state.detail;
    body["error"] = state.error.message() + detail;
  }
  return body;
}

}  // namespace loopscope::control
