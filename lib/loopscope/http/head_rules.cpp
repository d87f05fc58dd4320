#include <loopscope/base/ids.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/head_rules_impl.hpp>

#include <chrono>
#include <ctime>
#include <iterator>
#include <string>

namespace loopscope::http {

namespace {

constexpr std::size_t typical_head_size = 512;

}  // namespace

std::string const& date_now() {
  thread_local std::string text;
  thread_local std::time_t second = -1;
  auto const now = std::chrono::system_clock::now();
  if (auto const s = std::chrono::system_clock::to_time_t(now); s != second) {
    second = s;
    text = http_date(now);
  }
  return text;
}

std::string head_text(response const& reply, head_facts const& facts) {
  auto const& message = reply.message;
  std::string text;
  text.reserve(typical_head_size);
  auto const add = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  text.append(facts.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  text.append(std::to_string(message.result_int())).append(" ");
  text.append(view(message.reason())).append("\r\n");
  for (auto const& each : message) add(view(each.name_string()), view(each.value()));
  add("Date", date_now());
  if (!facts.request_id.empty()) add("x-request-id", facts.request_id);
  if (!facts.instance.empty()) add("x-lab-instance", facts.instance);
  if (message.count(field::cache_control) == 0) add("Cache-Control", "no-store");
  if (!facts.keep_alive) add("Connection", "close");
  if (facts.keep_alive && facts.version == 10) add("Connection", "keep-alive");
  // RFC 9110 section 8.6: not with 204.
  if (reply.code() != status::no_content) add("Content-Length", std::to_string(reply.body_size()));
  return text.append("\r\n");
}

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

response answer_to_bad_head(boost::beast::error_code error) {
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
