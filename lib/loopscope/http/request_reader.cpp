#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/http/request_reader_impl.hpp>

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <functional>

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

// Whether the bytes from `begin` on may be of lines that end with CR LF.
bool may_be_lines(std::string_view text, std::size_t begin) {
  for (auto at = begin; at < text.size(); ++at) {
    auto const after_cr = at > 0 && text[at - 1] == '\r';
    if (after_cr != (text[at] == '\n')) return false;
    if (is_control(text[at]) && text[at] != '\r' && text[at] != '\n') return false;
  }
  return true;
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
  if (head_.method_text().empty()) lower_minor_version(in);
  auto const used = parser_.put_text(text_of(in), error);
  in += used;
  scanned_ -= std::min(scanned_, used);
  // Beast looks again when the empty line is there, which may be never.
  if (error == beast::http::error::need_more) {
    if (!may_be_lines(text_of(in), scanned_)) error = beast::http::error::bad_line_ending;
    scanned_ = in.size();
  }
  return before - in.size();
}

std::size_t request_reader::head_parser::put_text(std::string_view in, error_code& error) {
  input_ = in;
  return put(asio::buffer(in), error);
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
  if (is_folded(view(name), view(value))) error = beast::http::error::bad_value;
}

// Whether a value goes on in the next line, or begins there: Beast joins such lines in a buffer of
// its own, and RFC 9112 section 5.2 lets a server refuse them.
bool request_reader::head_parser::is_folded(std::string_view name, std::string_view value) const {
  std::less_equal<> const le;
  auto const* const name_end = name.data() + name.size();
  auto const* const input_end = input_.data() + input_.size();
  if (!le(name_end, value.data()) || !le(value.data() + value.size(), input_end)) return true;
  std::string_view const between{name_end, static_cast<std::size_t>(value.data() - name_end)};
  return between.find('\r') != std::string_view::npos;
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
