#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/chunked_decoder_impl.hpp>

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace loopscope::http {

namespace beast = boost::beast;
using beast::http::error;

namespace {

// The digits of any size that 64 bits hold. More of a line counts as an extension.
constexpr std::size_t plain_size = 16;

// Takes from the front of `text` what it recognizes.
class text_reader {
 public:
  explicit text_reader(std::string_view text) : text_{text} {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }

  template <class Predicate>
  std::size_t skip(Predicate is_wanted) {
    auto const end = std::find_if_not(text_.begin(), text_.end(), is_wanted);
    auto const count = static_cast<std::size_t>(end - text_.begin());
    text_.remove_prefix(count);
    return count;
  }

  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // The quote has been opened.
  bool skip_rest_of_quoted() {
    while (!text_.empty()) {
      if (take('"')) return true;
      if (take('\\') && text_.empty()) return false;
      text_.remove_prefix(1);
    }
    return false;
  }

 private:
  std::string_view text_;
};

// *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ), in text without controls.
bool are_extensions(std::string_view text) {
  text_reader in{text};
  while (!in.at_end()) {
    in.skip(is_blank);
    if (!in.take(';')) return false;
    in.skip(is_blank);
    if (in.skip(is_token_char) == 0) return false;
    auto rest = in;  // blanks that are not followed by a value belong to what comes next
    rest.skip(is_blank);
    if (!rest.take('=')) continue;
    rest.skip(is_blank);
    in = rest;
    if (in.take('"') ? !in.skip_rest_of_quoted() : in.skip(is_token_char) == 0) return false;
  }
  return true;
}

bool is_field_line(std::string_view line) {
  text_reader in{line};
  return in.skip(is_token_char) > 0 && in.take(':');
}

}  // namespace

std::size_t chunked_decoder::put(std::string_view in, std::string& body, beast::error_code& error) {
  auto const size = in.size();
  error = {};
  while (!error && !is_done() && !in.empty())
    in.remove_prefix(next_ == part::data ? put_data(in, body) : put_line(in, error));
  if (!error && !is_done()) error = error::need_more;
  return size - in.size();
}

std::size_t chunked_decoder::put_data(std::string_view in, std::string& body) {
  auto const count = std::min<std::uint64_t>(chunk_left_, in.size());
  body.append(in.substr(0, count));
  chunk_left_ -= count;
  if (chunk_left_ == 0) next_ = part::data_end;
  return count;
}

// A line ends with CR LF; neither may stand alone.
std::size_t chunked_decoder::put_line(std::string_view in, beast::error_code& error) {
  for (std::size_t at = 0; at < in.size(); ++at) {
    auto const c = in[at];
    auto const after_cr = !line_.empty() && line_.back() == '\r';
    if (after_cr != (c == '\n') || (c != '\r' && c != '\n' && is_control(c))) {
      error = complaint();
      return at;
    }
    if (c == '\n') {
      line_.pop_back();
      error = take_line(line_);
      line_.clear();
      return at + 1;
    }
    line_ += c;
    if (next_ == part::data_end && c != '\r') error = error::bad_chunk;
    if (line_.size() > extra_left_ + plain_size + 1) error = too_long();
    if (error) return at + 1;
  }
  return in.size();
}

beast::error_code chunked_decoder::complaint() const {
  if (next_ == part::trailer_line) return error::bad_field;
  return line_.find(';') == std::string::npos ? error::bad_chunk : error::bad_chunk_extension;
}

beast::error_code chunked_decoder::too_long() const {
  return next_ == part::trailer_line ? beast::error_code{error::header_limit} : complaint();
}

beast::error_code chunked_decoder::take_line(std::string_view line) {
  if (next_ == part::size_line) return begin_chunk(line);
  if (next_ == part::data_end) {
    next_ = part::size_line;
    return {};
  }
  if (line.empty()) {
    next_ = part::nothing;
    return {};
  }
  if (!is_field_line(line)) return error::bad_field;
  if (line.size() > extra_left_) return error::header_limit;
  extra_left_ -= line.size();
  return {};
}

beast::error_code chunked_decoder::begin_chunk(std::string_view line) {
  auto const* const end = line.data() + line.size();
  auto const [behind, failed] = std::from_chars(line.data(), end, chunk_left_, 16);
  if (failed != std::errc{}) return error::bad_chunk;
  std::string_view const extensions{behind, static_cast<std::size_t>(end - behind)};
  if (!are_extensions(extensions)) return complaint();
  // put_line() lets no longer line through.
  extra_left_ -= line.size() > plain_size ? line.size() - plain_size : 0;
  if (chunk_left_ > body_left_) return error::body_limit;
  body_left_ -= chunk_left_;
  next_ = chunk_left_ == 0 ? part::trailer_line : part::data;
  return {};
}

}  // namespace loopscope::http
