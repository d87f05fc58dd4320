#pragma once

#include <profiling_lab/handlers.hpp>

#include <loopscope/control/services.hpp>
#include <loopscope/http/router.hpp>

#include <vector>

namespace lab {

/// What the lab's routes work on. Everything outlives the routes.
struct lab_services {
  loopscope::control::services const& diagnostics;
  lab::settings const& settings;
  lab::instance const& instance;
  retained_memory& memory;
  fault_library& faults;
  lab_metrics& metrics;
};

/// The lab's endpoints and the diagnostics endpoints.
std::vector<loopscope::http::route> routes(lab_services const& with);

}  // namespace lab
