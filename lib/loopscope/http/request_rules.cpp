#include <loopscope/base/hex.hpp>
#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>

#include <iterator>
#include <string>

namespace loopscope::http {

bool usable_id(std::string_view id) {
  constexpr std::string_view allowed =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(allowed) == std::string_view::npos;
}

std::string next_request_id() {
  thread_local std::string const prefix = random_hex(8) + '-';
  thread_local std::uint64_t count = 0;
  return prefix + std::to_string(++count);
}

response response_to_bad_request(boost::beast::error_code error) {
  if (error == boost::beast::http::error::header_limit)
    return problem(status::request_header_fields_too_large, "the header is limited to 16 KB");
  if (error == boost::beast::http::error::body_limit)
    return problem(status::payload_too_large, "the body is larger than this path takes");
  return problem(status::bad_request, error.message());
}

bool host_is_wrong(request_parser::value_type const& head) {
  auto const count = head.count(field::host);
  return count > 1 || (count == 0 && head.version() >= 11);
}

bool coding_is_unknown(request_parser::value_type const& head) {
  auto const [first, last] = head.equal_range(field::transfer_encoding);
  if (first == last) return false;
  return std::next(first) != last || !iequals(view(first->value()), "chunked");
}

bool has_form(request_parser::value_type const& message) {
  if (message.body().empty()) return false;
  auto const type = view(message[field::content_type]);
  auto const essence = type.substr(0, type.find_first_of("; "));
  return iequals(essence, "application/x-www-form-urlencoded") ||
         iequals(essence, "application/json");
}

std::uint64_t announced_length(request_parser const& request) {
  auto const length = request.content_length();
  return length ? *length : 0;
}

}  // namespace loopscope::http
