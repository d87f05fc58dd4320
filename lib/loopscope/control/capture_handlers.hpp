#pragma once

#include <loopscope/capture/cpu_recorder.hpp>
#include <loopscope/capture/heap_recorder.hpp>
#include <loopscope/capture/job_registry.hpp>
#include <loopscope/http/message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace loopscope::control {

/// The captures of a service, for handlers on any loop.
struct captures {
  boost::asio::any_io_executor control;
  capture::job_registry& jobs;  ///< used on `control`
  std::string path;             ///< what comes before a capture's id
};

/// POST ...?seconds=&hz=&names=&frames=&async= -> `{filePath, durationSeconds, artifacts,
/// quality}`, or with `async=true` 202 and where to ask for it.
///
/// 409 a recording runs, 501 this build cannot sample, 507 quota or disk, 500 the encoder failed.
struct record_cpu_profile {
  captures all;
  capture::cpu_recorder::services cpu;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// POST ...?names=&frames=&async= -> `{filePath, artifacts, quality}`, or with `async=true` 202 and
/// where to ask for it.
///
/// 409 a snapshot is being taken, or tracking is off; 507 memory, quota or disk; 500 the scan or
/// the encoder failed.
struct take_heap_snapshot {
  captures all;
  capture::heap_recorder::services heap;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// GET -> how far a capture has come, or its result; 404.
struct show_capture {
  captures all;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// DELETE -> 204, also when the capture has ended already; 404.
struct cancel_capture {
  captures all;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

std::vector<http::parameter> cpu_profile_parameters();
std::vector<http::parameter> heap_snapshot_parameters();

/// Whether a request for a capture waits for its end: not with `async=true`.
bool waits_for_capture(http::arguments const& asked);

}  // namespace loopscope::control
