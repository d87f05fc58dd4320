#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace loopscope::runtime {

/// Runs `op` on another loop; the caller resumes on its own.
/// \cancel is passed on to `op`.
template <class T>
boost::asio::awaitable<T> call_on(boost::asio::any_io_executor loop, boost::asio::awaitable<T> op) {
  co_return co_await boost::asio::co_spawn(loop, std::move(op), boost::asio::use_awaitable);
}

}  // namespace loopscope::runtime
