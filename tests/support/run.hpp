#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace loopscope::test {

/// Runs `loop` until `op` is done, and returns its result; what else runs there runs meanwhile.
/// \throws what `op` throws, and runtime_error if it is not done within `patience` (wall time).
template <class T>
T run_on(boost::asio::io_context& loop, boost::asio::awaitable<T> op,
         std::chrono::seconds patience = std::chrono::seconds{60}) {
  // A T need not have a default, which co_spawn would ask for.
  std::conditional_t<std::is_void_v<T>, bool, std::optional<T>> value{};
  bool done = false;
  std::exception_ptr failure;
  auto body = [&]() -> boost::asio::awaitable<void> {
    if constexpr (std::is_void_v<T>)
      co_await std::move(op);
    else
      value.emplace(co_await std::move(op));
  };
  boost::asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error) {
    failure = std::move(error);
    done = true;
    loop.stop();
  });
  loop.restart();
  loop.run_for(patience);
  if (failure) std::rethrow_exception(failure);
  if (!done) throw std::runtime_error{"the coroutine did not finish"};
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// Runs `op` on a loop of its own. Not for what other threads resume: they may still hold the loop
/// when it ends.
template <class T>
T run(boost::asio::awaitable<T> op, std::chrono::seconds patience = std::chrono::seconds{60}) {
  boost::asio::io_context loop{1};
  return run_on(loop, std::move(op), patience);
}

}  // namespace loopscope::test
