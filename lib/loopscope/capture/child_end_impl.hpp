#pragma once

#include <loopscope/process/child.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace loopscope::capture {

/// Waits for a process' end. \return false if the limit or a cancellation came first. \cancel any
boost::asio::awaitable<bool> has_ended(process::child& child, std::chrono::seconds limit);

}  // namespace loopscope::capture
