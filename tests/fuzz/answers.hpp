#pragma once

#include <loopscope/base/expects.hpp>
#include <loopscope/http/exchange.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loopscope::fuzz {

/// What the session says that it answered.
struct told_exchange {
  std::string method;
  http::status status;
  bool guarded;
  bool admitted;
};

struct told_exchanges final : http::exchange_observer {
  std::vector<told_exchange> all;

  void finished(http::exchange const& what) override {
    all.push_back({std::string{what.method}, what.status, what.guarded, what.admitted});
  }
};

using answer = boost::beast::http::response<boost::beast::http::string_body>;

/// Takes one answer off the front of what a client heard.
inline answer take_answer(std::string_view& heard, bool head_only) {
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  if (heard.starts_with(go_on)) heard.remove_prefix(go_on.size());
  boost::beast::http::response_parser<boost::beast::http::string_body> parser;
  parser.eager(true);
  parser.skip(head_only);
  while (!parser.is_done()) {
    boost::beast::error_code error;
    auto const used = parser.put(boost::asio::buffer(heard), error);
    LOOPSCOPE_EXPECTS(!error && used > 0);
    heard.remove_prefix(used);
  }
  return parser.release();
}

inline void check_answer(answer const& reply, told_exchange const& told) {
  namespace http = boost::beast::http;
  LOOPSCOPE_EXPECTS(reply.result() == told.status);
  LOOPSCOPE_EXPECTS(reply.result() != http::status::internal_server_error);
  LOOPSCOPE_EXPECTS(reply.version() == 11 || reply.version() == 10);
  LOOPSCOPE_EXPECTS(reply.count("x-request-id") == 1);
  auto const refused = told.guarded && !told.admitted;
  LOOPSCOPE_EXPECTS(!refused || reply.result() == http::status::forbidden);
  if (reply.body().empty() || reply[http::field::content_type] != "application/problem+json")
    return;
  auto const problem = boost::json::parse(reply.body()).as_object();
  LOOPSCOPE_EXPECTS(problem.at("status").as_int64() == reply.result_int());
}

/// Checks that a client heard just the answers that the session tells of, in their order, and none
/// after one that says that it is the last.
/// \param left  the client did not wait for the last of them.
inline void check_answers(std::string_view heard, std::vector<told_exchange> const& told,
                          bool left) {
  bool last = false;
  for (auto const& each : told) {
    if (left && heard.empty()) return;
    LOOPSCOPE_EXPECTS(!last);
    // What could not be read may still have been known to be a HEAD.
    auto const ends_with_head = each.method.empty() && heard.ends_with("\r\n\r\n");
    auto const reply = take_answer(heard, each.method == "HEAD" || ends_with_head);
    check_answer(reply, each);
    last = !reply.keep_alive();
  }
  LOOPSCOPE_EXPECTS(heard.empty());
}

}  // namespace loopscope::fuzz
