#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/capture/heap_comparison.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <vector>

namespace loopscope::control {

/// POST ...?mode=off|sampled|exact -> `{heapTracking, trackedObjects, trackedBytes}`, and a `note`
/// on what was allocated before; 501 if the program is not linked with what the mode takes.
struct set_heap_tracking {
  runtime::workers& workers;
  heap::tracker& tracker;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// GET ...?from=NAME&to=NAME&format= -> what came and went between two stored snapshots: as JSON
/// the 100 types and 100 allocation sites that grew most, `{came, went, cameBytes, wentBytes,
/// types, sites}`; as `folded` the growth of every allocation stack.
///
/// 400 no snapshots of one process, 404 no such artifact, 409 another comparison runs, 500 a file
/// is damaged or the comparison failed.
struct compare_heaps {
  boost::asio::any_io_executor control;
  runtime::workers& workers;
  artifacts::store& store;
  capture::heap_comparer& comparer;  ///< used on `control`

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

std::vector<http::parameter> compare_heaps_parameters();

}  // namespace loopscope::control
