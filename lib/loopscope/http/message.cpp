#include <loopscope/base/json_writer.hpp>
#include <loopscope/http/message.hpp>

#include <utility>

namespace loopscope::http {

namespace {

constexpr std::size_t typical_body_size = 512;

// Boost.JSON 1.81 writes every double with an exponent, 2 as 2E0, and people read these responses;
// its serializer also takes four times as long.
void write(json_writer& out, boost::json::value const& value) {
  if (auto const* real = value.if_double()) {
    out.value(*real);
  } else if (auto const* integer = value.if_int64()) {
    out.value(*integer);
  } else if (auto const* natural = value.if_uint64()) {
    out.value(*natural);
  } else if (auto const* text = value.if_string()) {
    out.value(std::string_view{text->data(), text->size()});
  } else if (auto const* object = value.if_object()) {
    out.begin_object();
    for (auto const& [key, member] : *object) {
      out.key({key.data(), key.size()});
      write(out, member);
    }
    out.end_object();
  } else if (auto const* array = value.if_array()) {
    out.begin_array();
    for (auto const& element : *array) write(out, element);
    out.end_array();
  } else if (auto const* truth = value.if_bool()) {
    out.value(*truth);
  } else {
    out.value(nullptr);
  }
}

}  // namespace

response text(status code, std::string_view content_type, std::string body) {
  response made;
  made.message.result(code);
  made.message.set(field::content_type, content_type);
  made.message.body() = std::move(body);
  return made;
}

response json(status code, boost::json::value const& body) {
  std::string out;
  out.reserve(typical_body_size);
  json_writer writer{out};
  write(writer, body);
  return written_json(code, std::move(out));
}

response written_json(status code, std::string body, std::string_view content_type) {
  body += '\n';
  return text(code, content_type, std::move(body));
}

response empty(status code) {
  response made;
  made.message.result(code);
  return made;
}

status status_of(boost::system::error_code error) {
  if (error.category() == storage_category()) return status::insufficient_storage;
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
    case errc::storage_full:
    case errc::rename_refused:
    case errc::memory_refused:
      return status::insufficient_storage;
    case errc::range_unsatisfiable:
      return status::range_not_satisfiable;
    case errc::unsupported:
      return status::not_implemented;
    case errc::cancelled:
    case errc::tracking_off:
      return status::conflict;
    case errc::nothing_captured:
    case errc::capture_failed:
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
  std::string body;
  json_writer writer{body};
  writer.begin_object()
      .member("type", "about:blank")
      .member("title", view(boost::beast::http::obsolete_reason(code)))
      .member("status", static_cast<unsigned>(code));
  if (!detail.empty()) writer.member("detail", detail);
  writer.end_object();
  return written_json(code, std::move(body), "application/problem+json");
}

response problem(boost::system::error_code error, std::string_view detail) {
  auto const message = error.message();
  return problem(status_of(error), detail.empty() ? message : detail);
}

}  // namespace loopscope::http
