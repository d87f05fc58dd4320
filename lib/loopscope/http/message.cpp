#include <loopscope/base/json_text.hpp>
#include <loopscope/http/message.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace loopscope::http {

namespace {

constexpr std::size_t typical_body_size = 512;

// Boost.JSON 1.81 writes every double with an exponent, 2 as 2E0, and people read these answers;
// its serializer also takes four times as long.
void append(std::string& out, boost::json::value const& value) {
  auto const append_number = [&](auto number) {
    std::array<char, 32> text{};
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
  };
  if (auto const* real = value.if_double()) return append_number(*real);
  if (auto const* integer = value.if_int64()) return append_number(*integer);
  if (auto const* natural = value.if_uint64()) return append_number(*natural);
  if (auto const* text = value.if_string())
    return append_json_string(out, {text->data(), text->size()});
  if (auto const* object = value.if_object()) {
    out += '{';
    for (auto const& [key, member] : *object) {
      if (out.back() != '{') out += ',';
      append_json_string(out, {key.data(), key.size()});
      out += ':';
      append(out, member);
    }
    out += '}';
  } else if (auto const* array = value.if_array()) {
    out += '[';
    for (auto const& element : *array) {
      if (&element != array->data()) out += ',';
      append(out, element);
    }
    out += ']';
  } else if (auto const* truth = value.if_bool()) {
    out += *truth ? "true" : "false";
  } else {
    out += "null";
  }
}

}  // namespace

std::string_view request::header(field name) const {
  auto const value = message[name];
  return {value.data(), value.size()};
}

response text(status code, std::string_view content_type, std::string body) {
  response answer;
  answer.message.result(code);
  answer.message.set(field::content_type, content_type);
  answer.message.body() = std::move(body);
  return answer;
}

response json(status code, boost::json::value const& body) {
  std::string out;
  out.reserve(typical_body_size);
  append(out, body);
  return text(code, "application/json", std::move(out));
}

response empty(status code) {
  response answer;
  answer.message.result(code);
  return answer;
}

status status_of(boost::system::error_code error) {
  if (error.category() != loopscope_category()) return status::internal_server_error;
  switch (static_cast<errc>(error.value())) {
    case errc::busy:
      return status::conflict;
    case errc::timed_out:
      return status::gateway_timeout;
    case errc::invalid_argument:
      return status::bad_request;
    case errc::not_found:
      return status::not_found;
    case errc::quota_exceeded:
    case errc::storage_unavailable:
    case errc::storage_full:
    case errc::memory_refused:
      return status::insufficient_storage;
    case errc::range_unsatisfiable:
      return status::range_not_satisfiable;
    case errc::unsupported:
      return status::not_implemented;
    case errc::cancelled:
      return status::conflict;
    case errc::nothing_captured:
    case errc::encoder_failed:
    case errc::not_a_raw_capture:
    case errc::unknown_raw_version:
    case errc::raw_truncated:
    case errc::raw_malformed:
      return status::internal_server_error;
  }
  return status::internal_server_error;
}

response problem(status code, std::string_view detail) {
  auto const title = boost::beast::http::obsolete_reason(code);
  json_text body;
  body.add("type", "about:blank")
      .add("title", std::string_view{title.data(), title.size()})
      .add("status", static_cast<unsigned>(code));
  if (!detail.empty()) body.add("detail", detail);
  return text(code, "application/problem+json", body.finish());
}

response problem(boost::system::error_code error, std::string_view detail) {
  auto const message = error.message();
  return problem(status_of(error), detail.empty() ? message : detail);
}

}  // namespace loopscope::http
