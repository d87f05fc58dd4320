#include <profiling_lab/fault_handlers.hpp>
#include <profiling_lab/routes.hpp>

#include <loopscope/control/routes.hpp>

#include <iterator>
#include <utility>

namespace lab {

namespace {

std::vector<loopscope::http::route> lab_routes(lab_services const& with) {
  using loopscope::http::access;
  using loopscope::http::integer_parameter;
  using loopscope::http::verb;
  auto& bulk = with.diagnostics.workers.bulk_lane;
  auto const status = lab_status{with.settings, with.instance, with.memory, with.diagnostics.jobs};
  return {
      {.method = verb::get,
       .path = "/api/health",
       .access = access::open,
       .handler = health{with.settings.app_env, std::chrono::steady_clock::now()},
       .summary = "Whether it is well"},
      {.method = verb::get,
       .path = "/api/lab/status",
       .handler = status,
       .summary = "What the lab holds and does"},
      {.method = verb::post,
       .path = "/api/lab/event-loop-jam",
       .handler = jam_event_loop{},
       .summary = "Block the event loop",
       .parameters = {integer_parameter{"ms", 1, 60'000, 2'000}}},
      {.method = verb::post,
       .path = "/api/lab/memory-leak",
       .handler = leak_memory{with.memory, with.metrics, status},
       .summary = "Allocate and retain memory",
       .parameters = {integer_parameter{"mb", 1, 1024, 64}}},
      {.method = verb::post,
       .path = "/api/lab/memory-clear",
       .handler = clear_memory{with.memory, with.faults, with.metrics, bulk, status},
       .summary = "Free what was retained"},
      {.method = verb::get,
       .path = "/api/lab/faults",
       .handler = list_faults{with.faults},
       .summary = "List the leaks that can be started"},
      {.method = verb::post,
       .path = "/api/lab/faults/{name}",
       .handler = start_fault{with.faults},
       .summary = "Start a leak, or make it worse",
       .parameters = {integer_parameter{"count", 1, 10'000, 100}}},
      {.method = verb::delete_,
       .path = "/api/lab/faults/{name}",
       .handler = clear_fault{with.faults, bulk},
       .summary = "Free what a leak holds"},
  };
}

}  // namespace

std::vector<loopscope::http::route> routes(lab_services const& with) {
  auto all = lab_routes(with);
  auto diagnostics = loopscope::control::routes(with.diagnostics);
  std::move(diagnostics.begin(), diagnostics.end(), std::back_inserter(all));
  return all;
}

}  // namespace lab
