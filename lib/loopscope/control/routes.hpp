#pragma once

#include <loopscope/control/services.hpp>
#include <loopscope/http/router.hpp>

#include <vector>

namespace loopscope::control {

/// The diagnostics endpoints. Their handlers may run on any listener's loop.
std::vector<http::route> routes(services const& with);

}  // namespace loopscope::control
