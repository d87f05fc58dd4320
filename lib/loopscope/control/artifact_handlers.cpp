#include <loopscope/artifacts/name.hpp>
#include <loopscope/base/capture_formats.hpp>
#include <loopscope/control/artifact_handlers.hpp>
#include <loopscope/control/capture_json.hpp>
#include <loopscope/control/file_body.hpp>
#include <loopscope/http/preconditions.hpp>
#include <loopscope/http/range.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::control {

namespace asio = boost::asio;

namespace {

std::string etag_of(artifacts::artifact const& about) {
  return "\"sha256-" + about.sha256 + '"';
}

std::string_view media_type(std::string_view name) {
  auto const parts = artifacts::parse_name(name);
  auto const* const format = parts ? find_capture_format(parts->extension) : nullptr;
  return format ? format->media_type : "application/octet-stream";
}

void describe(http::response& response, artifacts::artifact const& about) {
  auto& head = response.message;
  head.set(http::field::content_type, media_type(about.name));
  head.set(http::field::etag, etag_of(about));
  head.set(http::field::accept_ranges, "bytes");
  head.set(http::field::content_disposition, "attachment; filename=\"" + about.name + '"');
  head.set("X-Artifact-Sha256", about.sha256);
  head.set("X-Content-Type-Options", "nosniff");
}

// The range that the request may have: only of the very representation that it knows.
result<std::optional<http::byte_range>> wanted_range(http::request const& request,
                                                     artifacts::artifact const& about) {
  auto const& head = request.head;
  auto const condition = head.find(http::field::if_range);
  auto const stale =
      condition.count > 1 || (condition.count == 1 && condition.first != etag_of(about));
  auto const range = head.find(http::field::range);
  if (head.method() != http::verb::get || stale || range.count != 1)
    return std::optional<http::byte_range>{};
  return http::parse_range(range.first, about.size);
}

// The caller's coroutine does not throw when it is cancelled: after a shutdown's grace it is to end
// with a response, not with an error in the log.
asio::awaitable<result<artifacts::open_artifact>> open_with_digest(runtime::workers& workers,
                                                                   artifacts::store& store,
                                                                   std::string name) {
  auto const state = co_await asio::this_coro::cancellation_state;
  auto open = [&] { return store.open(name); };
  auto opened = co_await runtime::offload(workers.short_lane, std::move(open));
  if (!opened || !opened->about.sha256.empty()) co_return opened;
  if (state.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
  auto read = [&] { return store.digest(*opened); };
  opened->about.sha256 = co_await runtime::offload(workers.bulk_lane, std::move(read));
  co_return opened;
}

http::response unsatisfiable(boost::system::error_code error, byte_count size) {
  auto response = http::problem(error);
  response.message.set(http::field::content_range, "bytes */" + std::to_string(size.value));
  return response;
}

}  // namespace

asio::awaitable<http::response> list_artifacts::operator()(http::request const&) const {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto read = [this] { return store.list(); };
  auto const found = co_await runtime::offload(workers.short_lane, std::move(read));
  if (!found) co_return http::problem(found.error());
  std::vector<artifacts::artifact> all;
  byte_count sum;
  for (auto const& each : *found) {
    all.push_back(each);
    if (!each.sha256.empty()) continue;
    auto const opened = co_await open_with_digest(workers, store, each.name);
    if (opened)
      all.back() = opened->about;
    else if (opened.error() == make_error_code(errc::not_found))
      all.pop_back();  // removed since
    else
      co_return http::problem(opened.error());
  }
  for (auto const& each : all) sum += each.size;
  boost::json::object const body{
      {"artifacts", to_json(all)}, {"count", all.size()}, {"bytes", sum.value}};
  co_return http::json(http::status::ok, body);
}

asio::awaitable<http::response> send_artifact::operator()(http::request const& request) const {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto opened = co_await open_with_digest(workers, store, request.path_segment);
  if (!opened) co_return http::problem(opened.error());

  auto const& about = opened->about;
  if (auto const failed = http::failed_precondition(request.head, etag_of(about))) {
    auto response =
        *failed == http::status::not_modified ? http::empty(*failed) : http::problem(*failed);
    response.message.set(http::field::etag, etag_of(about));
    co_return response;
  }
  auto const range = wanted_range(request, about);
  if (!range) co_return unsatisfiable(range.error(), about.size);
  auto const part = range->has_value();
  auto const whole = http::byte_range{{0}, about.size};
  auto const sent = part ? **range : whole;
  auto response = http::empty(part ? http::status::partial_content : http::status::ok);
  describe(response, about);
  if (part) response.message.set(http::field::content_range, http::content_range(sent, about.size));
  response.source = std::make_unique<file_body>(workers.short_lane, std::move(opened->file), sent);
  co_return response;
}

asio::awaitable<http::response> delete_artifact::operator()(http::request const& request) const {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (http::is_conditional(request.head)) {
    auto const opened = co_await open_with_digest(workers, store, request.path_segment);
    if (!opened) co_return http::problem(opened.error());
    auto const failed = http::failed_precondition(request.head, etag_of(opened->about));
    if (failed) co_return http::problem(*failed);
  }
  auto remove = [this, &request] { return store.remove(request.path_segment); };
  auto const removed = co_await runtime::offload(workers.short_lane, std::move(remove));
  if (!removed) co_return http::problem(removed.error());
  co_return http::empty(http::status::no_content);
}

}  // namespace loopscope::control
