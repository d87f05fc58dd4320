#include <loopscope/base/work_label.hpp>
#include <loopscope/http/dispatch_impl.hpp>
#include <loopscope/runtime/labelled_executor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <tuple>
#include <utility>
#include <variant>

namespace loopscope::http {

namespace asio = boost::asio;

request dispatcher::request_of(matched_request const& what) const {
  return {head_, body_, what.parameters, what.segment};
}

response dispatcher::call(matched_request const& what) {
  try {
    work_label_scope const label{what.label};
    return std::get<sync_handler>(what.to->handler)(request_of(what));
  } catch (std::exception const& error) {
    return handler_failed(*what.to, error.what());
  }
}

asio::awaitable<response> dispatcher::call_async(matched_request const& what) {
  auto const with = request_of(what);
  std::string reason;
  try {
    auto const is_watched = what.to->cancel_on_disconnect;
    if (is_watched && is_watched(what.parameters))
      co_return co_await call_while_connected(what, with);
    auto const loop = co_await asio::this_coro::executor;
    runtime::labelled_executor const labelled{loop, what.label};
    co_return co_await asio::co_spawn(labelled, std::get<async_handler>(what.to->handler)(with),
                                      asio::use_awaitable);
  } catch (std::exception const& error) {
    reason = error.what();
  }
  co_return handler_failed(*what.to, reason);
}

asio::awaitable<response> dispatcher::call_while_connected(matched_request const& what,
                                                           request const& with) {
  auto const loop = co_await asio::this_coro::executor;
  runtime::labelled_executor const labelled{loop, what.label};
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(labelled, std::get<async_handler>(what.to->handler)(with), asio::deferred),
      asio::co_spawn(loop, peer_.wait_for_close(), asio::deferred));
  auto outcome = co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (auto const failure = std::get<1>(outcome)) std::rethrow_exception(failure);
  co_return std::move(std::get<2>(outcome));
}

response dispatcher::handler_failed(route const& to, std::string_view reason) {
  log_.error("handler_failed", {{"id", request_id_}, {"route", to.path}, {"reason", reason}});
  return problem(status::internal_server_error, "the log has the reason under this request id");
}

}  // namespace loopscope::http
