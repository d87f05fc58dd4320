#pragma once

#include <loopscope/capture/cpu_capture.hpp>
#include <loopscope/http/message.hpp>

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace loopscope::control {

/// POST ...?seconds=&hz= -> `{filePath, durationSeconds, artifacts, quality}`
///
/// 409 a recording runs, 501 no profiler in this build, 507 quota or disk.
struct record_cpu_profile {
  capture::cpu_capture& cpu;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

std::vector<http::parameter> cpu_profile_parameters();

}  // namespace loopscope::control
