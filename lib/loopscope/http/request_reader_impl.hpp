#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/http/chunked_decoder_impl.hpp>
#include <loopscope/http/request_head.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::http {

inline std::string_view text_of(boost::asio::const_buffer bytes) noexcept {
  return {static_cast<char const*>(bytes.data()), bytes.size()};
}

/// The length of the empty lines that `text` begins with. A client may send one too many before a
/// request (RFC 9112 section 2.2).
std::size_t empty_lines_before(std::string_view text) noexcept;

/// Reads the bytes of one request: its head with Beast's parser, which is stricter here where
/// RFC 9112 is; its body as the head says. \thread the listener's loop
class request_reader {
 public:
  /// \param into        where the head goes; outlives the reader.
  /// \param head_limit  a line that is longer is not waited for.
  request_reader(request_head& into, byte_count head_limit);
  request_reader(request_reader const&) = delete;
  request_reader& operator=(request_reader const&) = delete;

  /// Takes bytes until the head is complete or malformed. Empty lines before it are skipped.
  /// \param in     may be changed: a later HTTP/1.x becomes HTTP/1.1.
  /// \param error  need_more, or why the head is refused: an error of Beast's parser.
  /// \return       how many bytes it has taken.
  std::size_t put_head(boost::asio::mutable_buffer in, boost::beast::error_code& error);

  [[nodiscard]] bool is_head_done() const { return parser_.is_header_done(); }

  /// After the head: whether a body follows, and its length if that is announced.
  [[nodiscard]] bool has_body() const { return parser_.chunked() || length() > 0; }
  [[nodiscard]] std::uint64_t length() const;

  /// After the head, if a body follows: how much may come.
  /// \param extra_limit  of what frames a chunked body, beyond the sizes.
  void begin_body(byte_count limit, byte_count extra_limit);

  /// Takes bytes until the body is complete or malformed.
  /// \param error  need_more, or why the body is refused.
  /// \return       how many bytes it has taken.
  std::size_t put_body(boost::asio::const_buffer in, boost::beast::error_code& error);

  [[nodiscard]] bool is_body_done() const;
  [[nodiscard]] std::string const& body() const noexcept { return body_; }

 private:
  class head_parser final : public boost::beast::http::basic_parser<true> {
   public:
    explicit head_parser(request_head& into) : head_{into} {}

   private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;

    void on_request_impl(verb method, text method_text, text target, int version,
                         error_code& error) override;
    void on_field_impl(field known, text name, text value, error_code& error) override;
    void on_header_impl(error_code& error) override { error = {}; }
    void on_finish_impl(error_code& error) override { error = {}; }
    // What follows is not used: bodies are not Beast's.
    void on_response_impl(int, text, int, error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(text, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text, error_code&) override { return 0; }

    request_head& head_;
  };

  request_head& head_;
  head_parser parser_{head_};
  std::optional<chunked_decoder> chunks_;
  std::uint64_t body_left_ = 0;
  std::string body_;
};

}  // namespace loopscope::http
