#include <loopscope/control/artifact_handlers.hpp>
#include <loopscope/control/capture_handlers.hpp>
#include <loopscope/control/log_level_handler.hpp>
#include <loopscope/control/routes.hpp>
#include <loopscope/control/scrape_handler.hpp>

namespace loopscope::control {

std::vector<http::route> routes(services const& with) {
  using http::access;
  using http::verb;
  return {
      {verb::get, metrics_path, access::open, make_scrape_handler(with),
       "Metrics in Prometheus' text format"},
      {.method = verb::post,
       .path = "/api/lab/cpu-profile",
       .handler = record_cpu_profile{with.control, with.cpu},
       .summary = "Record a CPU profile of the loop thread",
       .parameters = cpu_profile_parameters(),
       .cancel_on_disconnect = true},
      {verb::get, "/api/lab/captures/{id}", access::token, show_capture{with.control, with.cpu},
       "How far a capture has come"},
      {verb::delete_, "/api/lab/captures/{id}", access::token,
       cancel_capture{with.control, with.cpu}, "Cancel a capture"},
      {verb::get, "/api/lab/artifacts", access::token, list_artifacts{with.worker, with.store},
       "List the artifacts, oldest first"},
      {verb::get, "/api/lab/artifacts/{name}", access::token,
       send_artifact{with.worker, with.store}, "Send an artifact, or a range of it"},
      {verb::delete_, "/api/lab/artifacts/{name}", access::token,
       delete_artifact{with.worker, with.store}, "Delete an artifact"},
      {verb::put, "/api/lab/log-level", access::token, set_log_level{with.log},
       "Change the log level", log_level_parameters()},
  };
}

}  // namespace loopscope::control
