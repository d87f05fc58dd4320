#pragma once

#include <loopscope/base/expects.hpp>
#include <loopscope/http/exchange.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <cstddef>
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

  bool operator==(told_exchange const&) const = default;
};

struct told_exchanges final : http::exchange_observer {
  std::vector<told_exchange> all;

  void finished(http::exchange const& what) override {
    all.push_back(
        {std::string{what.method}, what.status, what.verdict.has_value(), is_admitted(what)});
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

/// The methods of the requests in what was sent, as far as one can be told from the next.
inline std::vector<std::string> methods_in(std::string_view sent) {
  std::vector<std::string> methods;
  boost::beast::error_code error;
  while (!sent.empty() && !error) {
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    parser.eager(true);
    parser.body_limit(boost::none);
    while (!parser.is_done() && !error && !sent.empty())
      sent.remove_prefix(parser.put(boost::asio::buffer(sent), error));
    if (parser.is_header_done()) methods.emplace_back(parser.get().method_string());
  }
  return methods;
}

/// Checks that the session took the requests one by one: no body for a request, and none left out.
inline void check_order(std::string_view sent, std::vector<told_exchange> const& told) {
  auto const methods = methods_in(sent);
  for (std::size_t i = 0; i < told.size(); ++i) {
    auto const unreadable = told[i].method.empty();
    LOOPSCOPE_EXPECTS(unreadable ? i + 1 == told.size() : told[i].method == methods.at(i));
  }
}

/// Whether both tell of the same requests and answers. Not counting what could not be read: the
/// parser sees that in a whole head at once, and in pieces only at the end of it.
inline bool same(std::vector<told_exchange> one, std::vector<told_exchange> other) {
  auto const unreadable = [](told_exchange const& each) { return each.method.empty(); };
  std::erase_if(one, unreadable);
  std::erase_if(other, unreadable);
  return one == other;
}

}  // namespace loopscope::fuzz
