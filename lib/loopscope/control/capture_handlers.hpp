#pragma once

#include <loopscope/capture/cpu_capture.hpp>
#include <loopscope/http/message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <vector>

namespace loopscope::control {

/// POST ...?seconds=&hz=&async= -> `{filePath, durationSeconds, artifacts, quality}`, or with
/// `async=true` 202 and where to ask for it.
///
/// 409 a recording runs, 501 this build cannot sample, 507 quota or disk, 500 the encoder failed.
struct record_cpu_profile {
  boost::asio::any_io_executor control;
  capture::cpu_capture& cpu;  ///< used on `control`

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// GET -> how far a capture has come, or its result; 404.
struct show_capture {
  boost::asio::any_io_executor control;
  capture::cpu_capture& cpu;  ///< used on `control`

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// DELETE -> 204, also when the capture has ended already; 404.
struct cancel_capture {
  boost::asio::any_io_executor control;
  capture::cpu_capture& cpu;  ///< used on `control`

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

std::vector<http::parameter> cpu_profile_parameters();

}  // namespace loopscope::control
