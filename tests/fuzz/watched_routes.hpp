#pragma once

#include <loopscope/base/expects.hpp>
#include <loopscope/http/router.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::fuzz {

inline constexpr std::string_view token = "correct-token";
inline constexpr byte_count body_limit = bytes(16);

/// Aborts unless the request has the token, to the parser's eyes and in the bytes that were sent.
struct watch_token {
  std::string const& sent;

  boost::asio::awaitable<http::response> operator()(http::request const& asked) const {
    LOOPSCOPE_EXPECTS(sent.find(token) != std::string::npos);
    auto const carried = asked.head.find("x-lab-token");
    LOOPSCOPE_EXPECTS(carried.count == 1 && carried.first == token);
    co_return http::empty(http::status::no_content);
  }
};

inline boost::asio::awaitable<http::response> watch_parameters(http::request const& asked) {
  auto const& values = asked.parameters;
  auto const times = values.integer("times");
  LOOPSCOPE_EXPECTS(times >= -1 && times <= 9);
  LOOPSCOPE_EXPECTS(values.choice("mode") == "one" || values.choice("mode") == "two");
  LOOPSCOPE_EXPECTS(asked.body.size() <= body_limit.value);
  co_return http::json(http::status::ok, {{"times", times}, {"body", asked.body.size()}});
}

inline boost::asio::awaitable<http::response> watch_segment(http::request const& asked) {
  auto const& segment = asked.path_segment;
  LOOPSCOPE_EXPECTS(!segment.empty() && segment.find('/') == std::string::npos);
  co_return http::text(http::status::ok, "application/octet-stream", segment);
}

/// Takes its time, unless it is cancelled.
inline boost::asio::awaitable<http::response> work(http::request const&) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  for (int step = 0; step < 4; ++step) {
    auto const state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none)
      co_return http::problem(errc::cancelled);
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_return http::text(http::status::ok, "text/plain", "done");
}

/// A body that comes in several pieces.
class slow_source final : public http::body_source {
 public:
  [[nodiscard]] byte_count size() const override { return bytes(500); }

  boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer to) override {
    auto const count = std::min<std::size_t>(to.size(), 200);
    std::memset(to.data(), 'x', count);
    co_return count;
  }
};

inline boost::asio::awaitable<http::response> stream(http::request const&) {
  auto response = http::empty(http::status::ok);
  response.source = std::make_unique<slow_source>();
  co_return response;
}

/// Literal paths and patterns, open and for the token, above and below the guarded `/api/lab`.
/// \param sent  outlives the routes: what the client has sent so far.
inline std::vector<http::route> watched_routes(std::string const& sent) {
  using http::access;
  using http::verb;
  watch_token const guarded{sent};
  std::vector<http::parameter> const parameters{
      http::integer_parameter{"times", -1, 9, 1},
      http::choice_parameter{"mode", {"one", "two"}, "one"}};
  return {
      {verb::post, "/count", access::open, watch_parameters, "", parameters, body_limit},
      {verb::get, "/names/{name}", access::open, watch_segment, ""},
      {verb::get, "/names/{name}/tail", access::open, watch_segment, ""},
      {verb::get,
       "/work",
       access::open,
       work,
       "",
       {},
       body_limit,
       [](http::arguments const&) { return true; }},
      {verb::get, "/stream", access::open, stream, ""},
      {verb::get, "/api/lab/status", access::token, guarded, ""},
      {verb::get, "/api/lab/things/{id}", access::token, guarded, ""},
      {verb::delete_, "/api/lab/things/{id}", access::token, guarded, ""},
      {verb::put, "/api/lab/open", access::open, guarded, "", parameters, body_limit},
      {verb::post, "/outside/{name}", access::token, guarded, "", {}, body_limit},
  };
}

}  // namespace loopscope::fuzz
