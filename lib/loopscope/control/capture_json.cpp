#include <loopscope/base/time.hpp>
#include <loopscope/control/capture_json.hpp>

#include <algorithm>

namespace loopscope::control {

namespace {

void append(boost::json::object& to, boost::json::object const& members) {
  for (auto const& [key, value] : members) to[key] = value;
}

// 1 only when the result is there.
double shown_progress(capture::capture_state const& state) {
  constexpr double all_but_encoded = 0.99;
  if (state.phase == capture::capture_phase::done) return 1;
  return std::min(all_but_encoded, state.progress);
}

}  // namespace

boost::json::array to_json(std::vector<artifacts::artifact> const& all) {
  boost::json::array list;
  for (auto const& each : all) {
    boost::json::object const shown{
        {"name", each.name},           {"path", each.path.string()},
        {"bytes", each.size.value},    {"sha256", each.sha256},
        {"kind", each.kind},           {"createdAt", iso_time(each.created)},
        {"captureId", each.capture_id}};
    list.emplace_back(shown);
  }
  return list;
}

boost::json::object result_json(capture::capture_state const& state) {
  auto const& result = state.result;
  boost::json::object body{{"filePath", result.artifacts.front().path.string()}};
  append(body, result.figures);
  body["artifacts"] = to_json(result.artifacts);
  body["quality"] = result.quality;
  return body;
}

boost::json::object progress_json(capture::capture_state const& state) {
  using capture::capture_phase;
  boost::json::object body{{"id", state.id},
                           {"kind", to_text(state.kind)},
                           {"phase", to_text(state.phase)},
                           {"progress", shown_progress(state)},
                           {"startedAt", iso_time(state.started)}};
  append(body, state.request);
  if (state.phase == capture_phase::done) body["result"] = result_json(state);
  if (state.phase == capture_phase::failed) {
    auto const detail = state.detail.empty() ? "" : ": " + state.detail;
    body["error"] = state.error.message() + detail;
  }
  return body;
}

}  // namespace loopscope::control
