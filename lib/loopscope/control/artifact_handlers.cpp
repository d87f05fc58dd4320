#include <loopscope/control/artifact_handlers.hpp>
#include <loopscope/control/artifact_json.hpp>
#include <loopscope/http/range.hpp>

#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace loopscope::control {

namespace asio = boost::asio;

namespace {

class artifact_body final : public http::body_source {
 public:
  artifact_body(runtime::workers& worker, file_descriptor file, http::byte_range range)
      : worker_{worker}, file_{std::move(file)}, next_{range.begin}, range_{range} {}

  [[nodiscard]] byte_count size() const override { return range_.length(); }

  asio::awaitable<std::size_t> read(asio::mutable_buffer to) override {
    auto read_piece = [this, to] { return read_at(next_, to); };
    auto const got = co_await runtime::offload(worker_, std::move(read_piece));
    next_ += bytes(got);
    co_return got;
  }

 private:
  [[nodiscard]] std::size_t read_at(byte_count at, asio::mutable_buffer to) const {
    auto const got = pread(file_.get(), to.data(), to.size(), static_cast<off_t>(at.value));
    if (got <= 0) throw std::system_error{got < 0 ? errno : EIO, std::generic_category(), "pread"};
    return static_cast<std::size_t>(got);
  }

  runtime::workers& worker_;
  file_descriptor file_;
  byte_count next_;
  http::byte_range range_;
};

std::string etag_of(artifacts::artifact const& about) {
  return "\"sha256-" + about.sha256 + '"';
}

std::string_view media_type(std::string_view name) {
  for (std::string_view const json : {".cpuprofile", ".heapsnapshot", ".heapprofile"})
    if (name.ends_with(json)) return "application/json";
  if (name.ends_with(".folded")) return "text/plain; charset=utf-8";
  return "application/octet-stream";
}

void describe(http::response& reply, artifacts::artifact const& about) {
  auto& head = reply.message;
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
  auto const condition = request.header(http::field::if_range);
  auto const stale = !condition.empty() && condition != etag_of(about);
  if (request.message.method() != http::verb::get || stale)
    return std::optional<http::byte_range>{};
  return http::parse_range(request.header(http::field::range), about.size);
}

}  // namespace

asio::awaitable<http::response> list_artifacts::operator()(http::request const&) const {
  auto read = [this] { return store.list(); };
  auto const all = co_await runtime::offload(worker, std::move(read));
  if (!all) co_return http::problem(all.error());
  byte_count sum;
  for (auto const& each : *all) sum += each.size;
  boost::json::object const body{
      {"artifacts", to_json(*all)}, {"count", all->size()}, {"bytes", sum.value}};
  co_return http::json(http::status::ok, body);
}

asio::awaitable<http::response> send_artifact::operator()(http::request const& request) const {
  auto open = [this, &request] { return store.open(request.path_segment); };
  auto opened = co_await runtime::offload(worker, std::move(open));
  if (!opened) co_return http::problem(opened.error());

  auto const& about = opened->about;
  auto const range = wanted_range(request, about);
  if (!range) {
    auto reply = http::problem(range.error());
    auto const size = std::to_string(about.size.value);
    reply.message.set(http::field::content_range, "bytes */" + size);
    co_return reply;
  }
  auto const part = range->has_value();
  auto const whole = http::byte_range{{0}, about.size};
  auto const sent = part ? **range : whole;
  auto reply = http::empty(part ? http::status::partial_content : http::status::ok);
  describe(reply, about);
  if (part) reply.message.set(http::field::content_range, http::content_range(sent, about.size));
  reply.source = std::make_unique<artifact_body>(worker, std::move(opened->file), sent);
  co_return reply;
}

asio::awaitable<http::response> delete_artifact::operator()(http::request const& request) const {
  auto remove = [this, &request] { return store.remove(request.path_segment); };
  auto const removed = co_await runtime::offload(worker, std::move(remove));
  if (!removed) co_return http::problem(removed.error());
  co_return http::empty(http::status::no_content);
}

}  // namespace loopscope::control
