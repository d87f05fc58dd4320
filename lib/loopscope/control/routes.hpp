#pragma once

#include <loopscope/control/services.hpp>
#include <loopscope/http/router.hpp>

#include <string_view>
#include <vector>

namespace loopscope::control {

/// Where metrics are scraped.
inline constexpr std::string_view metrics_path = "/api/metrics";

/// Everything at and below is guarded.
inline constexpr std::string_view guarded_prefix = "/api/lab";

/// The diagnostics endpoints.
std::vector<http::route> routes(services const& with);

}  // namespace loopscope::control
