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
  auto& worker = with.diagnostics.worker;
  auto const status = lab_status{with.settings, with.instance, with.memory, with.diagnostics.cpu};
  return {
      {verb::get, "/api/health", access::open,
       health{with.settings.app_env, std::chrono::steady_clock::now()}, "Whether it is well"},
      {verb::get, "/api/lab/status", access::token, status, "What the lab holds and does"},
      {verb::post,
       "/api/lab/event-loop-jam",
       access::token,
       jam_event_loop{},
       "Block the event loop",
       {integer_parameter{"ms", 1, 60'000, 2'000}}},
      {verb::post,
       "/api/lab/memory-leak",
       access::token,
       leak_memory{with.memory, with.metrics, status},
       "Allocate and retain memory",
       {integer_parameter{"mb", 1, 1024, 64}}},
      {verb::post, "/api/lab/memory-clear", access::token,
       clear_memory{with.memory, with.metrics, worker, status}, "Free what was retained"},
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
