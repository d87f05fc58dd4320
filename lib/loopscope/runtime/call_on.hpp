#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace loopscope::runtime {

/// Runs `op` on another loop; the caller resumes on its own.
/// \cancel not passed on: Boost 1.81 would deliver it through a pointer that may dangle by then.
template <class T>
boost::asio::awaitable<T> call_on(boost::asio::any_io_executor loop, boost::asio::awaitable<T> op) {
  co_return co_await boost::asio::co_spawn(
      loop, std::move(op),
      boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot{},
                                          boost::asio::use_awaitable));
}

}  // namespace loopscope::runtime
