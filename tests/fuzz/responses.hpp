#pragma once

#include <loopscope/base/expects.hpp>
#include <loopscope/http/exchange.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::fuzz {

/// One exchange as the session reports it.
struct recorded_exchange {
  std::string method;
  http::status status;
  bool guarded;
  bool admitted;

  bool operator==(recorded_exchange const&) const = default;
};

struct recorded_exchanges final : http::exchange_observer {
  std::vector<recorded_exchange> all;

  bool audit(http::exchange const&) override { return true; }
  void finished(http::exchange const& what) override {
    all.push_back(
        {std::string{what.method}, what.status, what.verdict.has_value(), is_admitted(what)});
  }
};

using string_response = boost::beast::http::response<boost::beast::http::string_body>;

/// Takes one response off the front of what a client received.
inline string_response take_response(std::string_view& received, bool head_only) {
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  if (received.starts_with(go_on)) received.remove_prefix(go_on.size());
  boost::beast::http::response_parser<boost::beast::http::string_body> parser;
  parser.eager(true);
  parser.skip(head_only);
  while (!parser.is_done()) {
    boost::beast::error_code error;
    auto const used = parser.put(boost::asio::buffer(received), error);
    LOOPSCOPE_EXPECTS(!error && used > 0);
    received.remove_prefix(used);
  }
  return parser.release();
}

inline void check_response(string_response const& response, recorded_exchange const& recorded) {
  namespace http = boost::beast::http;
  LOOPSCOPE_EXPECTS(response.result() == recorded.status);
  LOOPSCOPE_EXPECTS(response.result() != http::status::internal_server_error);
  LOOPSCOPE_EXPECTS(response.version() == 11 || response.version() == 10);
  LOOPSCOPE_EXPECTS(response.count("x-request-id") == 1);
  auto const refused = recorded.guarded && !recorded.admitted;
  LOOPSCOPE_EXPECTS(!refused || response.result() == http::status::forbidden);
  if (response.body().empty() || response[http::field::content_type] != "application/problem+json")
    return;
  auto const problem = boost::json::parse(response.body()).as_object();
  LOOPSCOPE_EXPECTS(problem.at("status").as_int64() == response.result_int());
}

/// Checks that a client received just the responses that the session reports, in their order, and
/// none after one that says that it is the last.
/// \param left  the client did not wait for the last of them.
inline void check_responses(std::string_view received,
                            std::vector<recorded_exchange> const& recorded, bool left) {
  bool last = false;
  for (auto const& each : recorded) {
    if (left && received.empty()) return;
    LOOPSCOPE_EXPECTS(!last);
    // What could not be read may still have been known to be a HEAD.
    auto const ends_with_head = each.method.empty() && received.ends_with("\r\n\r\n");
    auto const response = take_response(received, each.method == "HEAD" || ends_with_head);
    check_response(response, each);
    last = !response.keep_alive();
  }
  LOOPSCOPE_EXPECTS(received.empty());
}

/// The methods of the requests in what was sent, as far as Beast's parser can separate one from the
/// next: it knows no HTTP/1.2 and refuses some trailers.
inline std::vector<std::string> methods_in(std::string_view sent) {
  std::vector<std::string> methods;
  boost::beast::error_code error;
  while (!sent.empty() && !error) {
    while (sent.starts_with("\r\n")) sent.remove_prefix(2);
    if (sent.empty()) break;
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
inline void check_order(std::string_view sent, std::vector<recorded_exchange> const& recorded) {
  auto const methods = methods_in(sent);
  for (std::size_t i = 0; i < std::min(recorded.size(), methods.size()); ++i) {
    auto const unreadable = recorded[i].method.empty();
    LOOPSCOPE_EXPECTS(unreadable ? i + 1 == recorded.size() : recorded[i].method == methods.at(i));
  }
}

/// Whether both record the same requests and responses. Not counting what could not be read: the
/// parser sees that in a whole head at once, and in pieces only at the end of it.
inline bool same(std::vector<recorded_exchange> one, std::vector<recorded_exchange> other) {
  auto const unreadable = [](recorded_exchange const& each) { return each.method.empty(); };
  std::erase_if(one, unreadable);
  std::erase_if(other, unreadable);
  return one == other;
}

}  // namespace loopscope::fuzz
