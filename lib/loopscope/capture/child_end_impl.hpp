#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/process/child.hpp>
#include <loopscope/process/exit_status.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace loopscope::capture {

/// Waits for a process' end. \return false if the limit or a cancellation came first. \cancel any
boost::asio::awaitable<bool> has_ended(process::child& child, std::chrono::seconds limit);

/// How a `loopscope` ended.
struct tool_end {
  /// errc::cancelled; errc::storage_full: there was no room for its output; errc::encoder_failed.
  result<void> outcome;
  process::exit_status status;
  std::string why;  ///< what it said of its failure, or how it ended; empty if it succeeded
};

/// Waits for the end of a `loopscope`, which is killed when it takes longer than `limit`.
/// \cancel  any: it is killed.
boost::asio::awaitable<tool_end> end_of_tool(process::child& child, std::chrono::seconds limit);

}  // namespace loopscope::capture
