#include <loopscope/http/client.hpp>
#include <loopscope/http/look_up_impl.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace loopscope::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

asio::awaitable<fetched> exchange_one(endpoints where, std::string host, std::string target) {
  beast::tcp_stream stream{co_await asio::this_coro::executor};
  co_await stream.async_connect(where, asio::use_awaitable);

  beast::http::request<beast::http::empty_body> request{beast::http::verb::get, target, 11};
  request.set(beast::http::field::host, host);
  co_await beast::http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  beast::http::response<beast::http::string_body> response;
  co_await beast::http::async_read(stream, buffer, response, asio::use_awaitable);
  co_return fetched{response.result_int(), std::move(response.body())};
}

}  // namespace

result<fetched> get(std::string_view host, std::uint16_t port, std::string_view target,
                    std::chrono::milliseconds limit) {
  auto const end = std::chrono::steady_clock::now() + limit;
  auto where = look_up(std::string{host}, port, limit);
  if (!where) return where.error();
  asio::io_context loop{1};
  std::optional<result<fetched>> outcome;
  auto const done = [&](std::exception_ptr const& failure, fetched response) {
    try {
      if (failure) std::rethrow_exception(failure);
      outcome = std::move(response);
    } catch (boost::system::system_error const& error) {
      outcome = error.code();
    }
  };
  asio::co_spawn(loop, exchange_one(std::move(*where), std::string{host}, std::string{target}),
                 done);
  loop.run_until(end);
  return outcome.value_or(errc::timed_out);
}

}  // namespace loopscope::http
