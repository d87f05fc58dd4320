#pragma once

#include <loopscope/base/byte_count.hpp>

#include <boost/beast/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace loopscope::http {

/// Takes the chunks of a body apart. Extensions and trailers are checked and dropped: what comes
/// behind the head changes neither its fields nor the connection.
///
/// Beast's parser reads chunks too, but lets any byte into a quoted extension, waits for the end of
/// a quote that its line does not have, and takes trailers for fields of the head.
/// Source: RFC 9112 section 7.1.
class chunked_decoder {
 public:
  /// \param body_limit   of the content.
  /// \param extra_limit  of all extensions and trailers together.
  chunked_decoder(byte_count body_limit, byte_count extra_limit)
      : body_left_{body_limit.value}, extra_left_{extra_limit.value} {}

  /// Takes bytes until the body is complete or malformed.
  /// \param body   where the content is appended.
  /// \param error  need_more, or why the body is refused: bad_chunk, bad_chunk_extension,
  ///               bad_field, body_limit; header_limit for trailers that are too long.
  /// \return       how many bytes it has taken.
  std::size_t put(std::string_view in, std::string& body, boost::beast::error_code& error);

  [[nodiscard]] bool is_done() const noexcept { return next_ == part::nothing; }

 private:
  enum class part { size_line, data, data_end, trailer_line, nothing };

  std::size_t put_data(std::string_view in, std::string& body);
  std::size_t put_line(std::string_view in, boost::beast::error_code& error);
  boost::beast::error_code take_line(std::string_view line);
  boost::beast::error_code begin_chunk(std::string_view line);
  [[nodiscard]] boost::beast::error_code complaint() const;
  [[nodiscard]] boost::beast::error_code too_long() const;

  std::uint64_t body_left_;
  std::uint64_t extra_left_;
  std::uint64_t chunk_left_ = 0;
  part next_ = part::size_line;
  std::string line_;
};

}  // namespace loopscope::http
