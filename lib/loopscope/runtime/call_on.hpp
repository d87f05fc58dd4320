#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
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

/// The same. When the caller is cancelled, or was before, `cancel()` is called on the other loop:
/// it ends `op` in its own way.
template <class T, class Cancel>
boost::asio::awaitable<T> call_on(boost::asio::any_io_executor loop, boost::asio::awaitable<T> op,
                                  Cancel cancel) {
  auto const caller = co_await boost::asio::this_coro::cancellation_state;
  auto tell = [loop, cancel](boost::asio::cancellation_type) { boost::asio::post(loop, cancel); };
  if (caller.cancelled() != boost::asio::cancellation_type::none) tell(caller.cancelled());
  auto slot = caller.slot();
  if (slot.is_connected()) slot.assign(tell);
  auto outcome = co_await call_on(loop, std::move(op));
  slot.clear();
  co_return outcome;
}

}  // namespace loopscope::runtime
