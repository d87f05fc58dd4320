#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/http/parameters.hpp>
#include <loopscope/http/request_head.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace loopscope::http {

using boost::beast::http::status;

inline std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// Which process of several has responded, as a header of its responses.
struct instance_header {
  std::string name;
  std::string id;
};

/// What a handler sees of one request. Everything is borrowed from the session until the response
/// is there.
struct request {
  request_head const& head;
  std::string const& body;
  arguments parameters;      ///< the route's query parameters, checked and defaulted
  std::string path_segment;  ///< what stands for `{...}` in the route's path, percent-decoded
};

/// A body that is too large for memory, read piece by piece while it is sent.
class body_source {
 public:
  virtual ~body_source() = default;

  [[nodiscard]] virtual byte_count size() const = 0;

  /// Reads the next bytes.
  /// \return  how many, at least 1 as long as size() is not reached.
  /// \throws system_error if the source broke; the connection is then cut.
  virtual boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer to) = 0;
};

/// A response: the head and a small body, or a head whose body comes from `source`.
struct response {  // NOLINT(bugprone-exception-escape): its members are moved, which never throws
  boost::beast::http::response<boost::beast::http::string_body> message;
  std::unique_ptr<body_source> source;

  [[nodiscard]] status code() const { return message.result(); }
  [[nodiscard]] std::uint64_t body_size() const {
    return source ? source->size().value : message.body().size();
  }
};

/// A response with a JSON body.
response json(status code, boost::json::value const& body);

/// A response with JSON that is written already. It gets a newline at its end, so that two
/// responses in a terminal do not run together.
response written_json(status code, std::string body,
                      std::string_view content_type = "application/json");

/// A response with a body of the given media type.
response text(status code, std::string_view content_type, std::string body);

/// A response without a body, such as 204.
response empty(status code);

/// The one table from errors to status codes.
status status_of(boost::system::error_code error);

/// An error body as of RFC 9457; the title is the status code's reason phrase.
response problem(status code, std::string_view detail = {});
response problem(boost::system::error_code error, std::string_view detail = {});

}  // namespace loopscope::http
