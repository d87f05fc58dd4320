#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/http/request_reader_impl.hpp>

#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace loopscope::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

// RFC 9110 section 2.5: a later minor version is read as the one that we know. Beast refuses it.
void lower_minor_version(asio::mutable_buffer bytes) {
  constexpr std::string_view known = " HTTP/1.";
  auto const text = text_of(bytes);
  auto const line = text.substr(0, std::min(text.find('\r'), text.size()));
  if (line.size() <= known.size()) return;
  auto const minor = line.size() - 1;
  if (is_digit(line[minor]) && line[minor] > '1' && line.substr(0, minor).ends_with(known))
    static_cast<char*>(bytes.data())[minor] = '1';
}

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

// How much of a head, from the beginning of a line on, Beast's parser is to see: all of it, or its
// complete lines and one byte more, which shows that the last of them does not go on. Given half a
// line, the parser would look at none that follows before the head's end, which may never come.
std::size_t parsable(std::string_view text, bool has_request_line) {
  auto const is_whole = text.starts_with(line_end) || text.ends_with(head_end) ||
                        text.find(head_end) != std::string_view::npos;
  if (is_whole || text.size() <= line_end.size()) return is_whole ? text.size() : 0;
  auto const last = text.rfind(line_end, text.size() - line_end.size() - 1);
  if (last != std::string_view::npos) return last + line_end.size() + 1;
  return !has_request_line && text.ends_with(line_end) ? text.size() : 0;
}

// Whether a field goes on in the next line, which RFC 9112 section 5.2 lets a server refuse:
// Beast's parser joins such lines.
bool has_folded_line(std::string_view head) {
  for (auto at = head.find(line_end); at != std::string_view::npos;
       at = head.find(line_end, at + line_end.size())) {
    auto const next = head.substr(at + line_end.size());
    if (next.starts_with(line_end)) return false;  // the end of the head
    if (!next.empty() && is_blank(next.front())) return true;
  }
  return false;
}

// Whether the bytes of an incomplete line may be such.
bool may_be_line(std::string_view text) {
  auto const end = text.ends_with(line_end) ? line_end.size() : text.ends_with('\r') ? 1 : 0;
  text.remove_suffix(end);
  return std::none_of(text.begin(), text.end(), is_control);
}

}  // namespace

std::size_t empty_lines_before(std::string_view text) noexcept {
  std::size_t count = 0;
  while (text.substr(count).starts_with("\r\n")) count += 2;
  return count;
}

request_reader::request_reader(request_head& into, byte_count head_limit) : head_{into} {
  head_.clear();
  parser_.header_limit(static_cast<std::uint32_t>(head_limit.value));
  parser_.body_limit(boost::none);
  parser_.eager(false);
}

std::size_t request_reader::put_head(asio::mutable_buffer in, beast::error_code& error) {
  auto const before = in.size();
  if (!parser_.got_some()) {
    in += empty_lines_before(text_of(in));
    // The other half of an empty line may be on its way.
    if (in.size() == 0 || text_of(in) == "\r") {
      error = beast::http::error::need_more;
      return before - in.size();
    }
  }
  auto const has_request_line = !head_.method_text().empty();
  if (!has_request_line) lower_minor_version(in);
  auto const text = text_of(in);
  auto const lines = parsable(text, has_request_line);
  error = beast::http::error::need_more;
  if (has_folded_line(text.substr(0, lines)))
    error = beast::http::error::bad_value;
  else if (lines > 0)
    in += parser_.put(asio::const_buffer{in.data(), lines}, error);
  if (error == beast::http::error::need_more && !may_be_line(text_of(in)))
    error = beast::http::error::bad_line_ending;
  return before - in.size();
}

void request_reader::head_parser::on_request_impl(verb method, text method_text, text target,
                                                  int version, error_code& error) {
  head_.set_line(method, view(method_text), view(target), static_cast<unsigned>(version));
  error = {};
}

void request_reader::head_parser::on_field_impl(field known, text name, text value,
                                                error_code& error) {
  head_.add(known, view(name), view(value));
  error = {};
}

std::uint64_t request_reader::length() const {
  auto const length = parser_.content_length();
  return length ? *length : 0;
}

void request_reader::begin_body(byte_count limit, byte_count extra_limit) {
  if (parser_.chunked())
    chunks_.emplace(limit, extra_limit);
  else
    body_left_ = length();
}

std::size_t request_reader::put_body(asio::const_buffer in, beast::error_code& error) {
  auto const text = text_of(in);
  if (chunks_) return chunks_->put(text, body_, error);
  auto const count = std::min<std::uint64_t>(body_left_, text.size());
  body_.append(text.substr(0, count));
  body_left_ -= count;
  error = {};
  if (body_left_ > 0) error = beast::http::error::need_more;
  return count;
}

bool request_reader::is_body_done() const {
  return chunks_ ? chunks_->is_done() : body_left_ == 0;
}

}  // namespace loopscope::http
