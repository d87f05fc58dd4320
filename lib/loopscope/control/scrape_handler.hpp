#pragma once

#include <loopscope/control/services.hpp>
#include <loopscope/http/router.hpp>

namespace loopscope::control {

/// GET -> every metric in Prometheus' text format 0.0.4.
///
/// Collected and written on the short lane, and right while the service's loop is blocked. Changes
/// nothing.
http::async_handler make_scrape_handler(services const& with);

}  // namespace loopscope::control
