#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/router.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace loopscope::http {

/// A request that may be handed to its route.
struct matched_request {
  route const* to;
  std::string_view const* label;  ///< of the work, in profiles
  arguments parameters;
  std::string segment;
};

/// Calls handlers for one request. What they throw becomes a 500, and a line in the log.
/// \thread the listener's loop
class dispatcher {
 public:
  /// Everything is borrowed for the call.
  dispatcher(connection& peer, logger& log, std::string_view request_id, request_head const& head,
             std::string const& body)
      : peer_{peer}, log_{log}, request_id_{request_id}, head_{head}, body_{body} {}

  /// Calls a sync_handler.
  response call(matched_request const& what);

  /// Calls an async_handler, which is cancelled when the peer leaves if the route wants that.
  boost::asio::awaitable<response> call_async(matched_request const& what);

 private:
  boost::asio::awaitable<response> call_while_connected(matched_request const& what,
                                                        request const& with);
  [[nodiscard]] request request_of(matched_request const& what) const;
  response handler_failed(route const& to, std::string_view reason);

  connection& peer_;
  logger& log_;
  std::string_view request_id_;
  request_head const& head_;
  std::string const& body_;
};

}  // namespace loopscope::http
