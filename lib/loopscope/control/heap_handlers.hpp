#pragma once

#include <loopscope/heap/tracker.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/awaitable.hpp>

namespace loopscope::control {

/// POST ...?mode=off|sampled|exact -> `{heapTracking, trackedObjects, trackedBytes}`, and a `note`
/// on what was allocated before; 501 if the program is not linked with what the mode takes.
struct set_heap_tracking {
  runtime::workers& workers;
  heap::tracker& tracker;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

}  // namespace loopscope::control
