#pragma once

#include <profiling_lab/faults/fault_library.hpp>

#include <loopscope/http/message.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/awaitable.hpp>

namespace lab {

/// GET -> `{faults: [{name, summary, lookFor, active, objects, bytes, most}, ...]}`
struct list_faults {
  fault_library& faults;

  loopscope::http::response operator()(loopscope::http::request const& request) const;
};

/// POST .../{name}?count= -> the fault, with that many objects more; 404 no such fault, 409 that
/// would be more than it may have, 507 the memory is not there.
struct start_fault {
  fault_library& faults;

  loopscope::http::response operator()(loopscope::http::request const& request) const;
};

/// DELETE .../{name} -> 204, and the objects are freed; 404 no such fault.
struct clear_fault {
  fault_library& faults;
  loopscope::runtime::loop_thread& bulk_lane;

  boost::asio::awaitable<loopscope::http::response> operator()(
      loopscope::http::request const& request) const;
};

/// What has to stay free beside a leak: the service itself still has to work.
inline constexpr auto kept_free = loopscope::mebibytes(64);

}  // namespace lab
