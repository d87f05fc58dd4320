#pragma once

#include <loopscope/control/services.hpp>
#include <loopscope/http/router.hpp>

namespace loopscope::control {

/// GET -> every metric in Prometheus' text format 0.0.4.
///
/// Collected and written on the worker: the loop only reads its own lag. Changes nothing.
http::waiting_handler make_scrape_handler(services const& with);

}  // namespace loopscope::control
