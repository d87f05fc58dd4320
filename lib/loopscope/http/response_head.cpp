#include <loopscope/base/time.hpp>
#include <loopscope/http/response_head_impl.hpp>

#include <chrono>
#include <ctime>

namespace loopscope::http {

namespace {

constexpr std::size_t typical_head_size = 512;

// The `Date` of the current second, cached a thread.
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

}  // namespace

std::string head_text(response const& response, head_facts const& facts) {
  auto const& message = response.message;
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
  if (facts.instance) add(facts.instance->name, facts.instance->id);
  if (message.count(field::cache_control) == 0) add("Cache-Control", "no-store");
  if (!facts.keep_alive) add("Connection", "close");
  if (facts.keep_alive && facts.version == 10) add("Connection", "keep-alive");
  // RFC 9110 section 8.6: not with 204, and with 304 only that of the representation.
  if (response.code() != status::no_content && response.code() != status::not_modified)
    add("Content-Length", std::to_string(response.body_size()));
  return text.append("\r\n");
}

}  // namespace loopscope::http
