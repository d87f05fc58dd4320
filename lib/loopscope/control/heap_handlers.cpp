#include <loopscope/artifacts/name.hpp>
#include <loopscope/control/file_body.hpp>
#include <loopscope/control/heap_handlers.hpp>
#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <variant>

namespace loopscope::control {

namespace asio = boost::asio;

namespace {

std::string note_on(heap::tracking_mode mode) {
  switch (mode) {
    case heap::tracking_mode::off:
      return "nothing is known of the heap from now on";
    case heap::tracking_mode::sampled:
      return "a thread that was not sampled begins within its next 16 MiB; what was allocated "
             "before is not seen";
    case heap::tracking_mode::exact:
      break;
  }
  return "what was allocated before is not seen";
}

constexpr std::string_view snapshot_name = "the name of a .heapsnapshot among the artifacts";

// The path of a snapshot, or the response that refuses it.
using found_snapshot = std::variant<std::filesystem::path, http::response>;

found_snapshot find_snapshot(artifacts::store& store, http::arguments const& given,
                             std::string_view parameter) {
  auto const& name = given.text(parameter);
  auto const subject = std::string{parameter} + ": ";
  auto const parts = artifacts::parse_name(name);
  if (parts && parts->extension != "heapsnapshot")
    return http::problem(errc::invalid_argument, subject + std::string{snapshot_name});
  auto const opened = store.open(name);
  if (opened) return opened->about.path;
  return http::problem(opened.error(), subject + opened.error().message());
}

byte_count size_of(file_descriptor const& file) {
  struct stat info {};
  if (fstat(file.get(), &info) != 0)
    throw std::system_error{errno, std::generic_category(), "fstat"};
  return bytes(static_cast<std::uint64_t>(info.st_size));
}

http::response refusal(boost::system::error_code error, std::string const& detail) {
  auto const has_failed = error != make_error_code(errc::invalid_argument);
  if (detail.empty()) return http::problem(error);
  return http::problem(error, has_failed ? "the comparison failed: " + detail : detail);
}

}  // namespace

asio::awaitable<http::response> set_heap_tracking::operator()(http::request const& request) const {
  auto const mode = heap::parse_tracking_mode(request.parameters.choice("mode")).value();
  // On one lane, so that no two run at a time.
  bool is_change = false;
  auto change = [&]() -> result<void> {
    is_change = mode != heap::current_tracking();
    return is_change ? heap::set_tracking(mode) : result<void>{};
  };
  auto const done = co_await runtime::offload(workers.short_lane, std::move(change));
  if (!done)
    co_return http::problem(done.error(), "this program is not linked with what the mode takes: " +
                                              request.parameters.choice("mode"));
  auto const totals = tracker.blocks.count();
  boost::json::object body{{"heapTracking", heap::to_text(mode)},
                           {"trackedObjects", totals.blocks},
                           {"trackedBytes", totals.bytes}};
  if (is_change) body["note"] = note_on(mode);
  co_return http::json(http::status::ok, body);
}

asio::awaitable<http::response> compare_heaps::operator()(http::request const& request) const {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const& given = request.parameters;
  auto find = [&] {
    auto from = find_snapshot(store, given, "from");
    auto to = find_snapshot(store, given, "to");
    return std::pair{std::move(from), std::move(to)};
  };
  auto found = co_await runtime::offload(workers.short_lane, std::move(find));
  auto& [from, to] = found;
  for (auto* const each : {&from, &to})
    if (auto* const refused = std::get_if<http::response>(each)) co_return std::move(*refused);

  auto const is_folded = given.choice("format") == "folded";
  auto const comparison = std::make_shared<capture::heap_comparison>(
      control, comparer,
      capture::heap_comparison::files{std::get<std::filesystem::path>(from),
                                      std::get<std::filesystem::path>(to), is_folded});
  auto cancel = [comparison] { comparison->cancel(); };
  auto output = co_await runtime::call_on(control, comparison->run(), std::move(cancel));
  if (!output) co_return refusal(output.error(), comparison->detail());
  auto const size = size_of(*output);
  auto const* const type = is_folded ? "text/plain; charset=utf-8" : "application/json";
  auto response = http::text(http::status::ok, type, {});
  if (size.value > 0)
    response.source = std::make_unique<file_body>(workers.short_lane, std::move(*output),
                                                  http::byte_range{{0}, size});
  co_return response;
}

std::vector<http::parameter> compare_heaps_parameters() {
  return {http::text_parameter{"from", snapshot_name}, http::text_parameter{"to", snapshot_name},
          http::choice_parameter{"format", {"json", "folded"}, "json"}};
}

}  // namespace loopscope::control
