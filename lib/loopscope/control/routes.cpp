#include <loopscope/base/expects.hpp>
#include <loopscope/control/artifact_handlers.hpp>
#include <loopscope/control/capture_handlers.hpp>
#include <loopscope/control/heap_handlers.hpp>
#include <loopscope/control/routes.hpp>
#include <loopscope/control/scrape_handler.hpp>

namespace loopscope::control {

namespace {

// PUT ...?level=debug|info|warn|error -> `{"level": ...}`
struct set_log_level {
  logger& log;

  http::response operator()(http::request const& request) const {
    auto const& name = request.parameters.choice("level");
    auto const level = parse_log_level(name);
    LOOPSCOPE_EXPECTS(level.has_value());
    auto const before = to_text(log.level());
    // An audit line, because a change to `error` would hide itself.
    if (!log.audit("log_level", {{"from", before}, {"to", name}}))
      return http::problem(http::status::service_unavailable, "the log has no room");
    log.level(*level);
    boost::json::object const body{{"level", name}};
    return http::json(http::status::ok, body);
  }
};

std::vector<http::route> capture_routes(services const& with, recording const& by) {
  using http::verb;
  auto const& prefix = with.paths.prefix;
  captures const jobs{with.control, with.jobs, prefix + "/captures/"};
  return {
      {.method = verb::post,
       .path = prefix + "/cpu-profile",
       .handler = record_cpu_profile{jobs, by.cpu},
       .summary = "Record a CPU profile of the loop thread",
       .parameters = cpu_profile_parameters(),
       .cancel_on_disconnect = waits_for_capture},
      {.method = verb::post,
       .path = prefix + "/heap-snapshot",
       .handler = take_heap_snapshot{jobs, by.heap},
       .summary = "Take a snapshot of the heap",
       .parameters = heap_snapshot_parameters(),
       .cancel_on_disconnect = waits_for_capture},
      {.method = verb::post,
       .path = prefix + "/heap-tracking",
       .handler = set_heap_tracking{with.workers, by.heap.tracker},
       .summary = "Switch the tracking of the heap",
       .parameters = {http::choice_parameter{"mode", {"off", "sampled", "exact"}}}},
      {.method = verb::get,
       .path = prefix + "/heap-diff",
       .handler = compare_heaps{with.control, with.workers, by.store, by.comparer},
       .summary = "Tell what came and went between two heap snapshots",
       .parameters = compare_heaps_parameters(),
       .cancel_on_disconnect = [](http::arguments const&) { return true; }},
      {.method = verb::get,
       .path = prefix + "/captures/{id}",
       .handler = show_capture{jobs},
       .summary = "How far a capture has come"},
      {.method = verb::delete_,
       .path = prefix + "/captures/{id}",
       .handler = cancel_capture{jobs},
       .summary = "Cancel a capture"},
  };
}

std::vector<http::route> artifact_routes(services const& with, recording const& by) {
  using http::verb;
  auto const& prefix = with.paths.prefix;
  return {
      {.method = verb::get,
       .path = prefix + "/artifacts",
       .handler = list_artifacts{with.workers, by.store},
       .summary = "List the artifacts, oldest first"},
      {.method = verb::get,
       .path = prefix + "/artifacts/{name}",
       .handler = send_artifact{with.workers, by.store},
       .summary = "Send an artifact, or a range of it"},
      {.method = verb::delete_,
       .path = prefix + "/artifacts/{name}",
       .handler = delete_artifact{with.workers, by.store},
       .summary = "Delete an artifact"},
  };
}

}  // namespace

std::vector<http::route> routes(services const& with) {
  using http::verb;
  std::vector<http::route> all{
      {.method = verb::get,
       .path = with.paths.metrics,
       .access = http::access::open,
       .handler = make_scrape_handler(with),
       .summary = "Metrics in Prometheus' text format"},
      {.method = verb::put,
       .path = with.paths.prefix + "/log-level",
       .handler = set_log_level{with.log},
       .summary = "Change the log level",
       .parameters = {http::choice_parameter{"level", {"debug", "info", "warn", "error"}}}},
  };
  if (!with.recording) return all;
  auto const& by = *with.recording;
  for (auto const& part : {capture_routes(with, by), artifact_routes(with, by)})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace loopscope::control
