#include <loopscope/control/scrape_handler.hpp>
#include <loopscope/heap/allocator.hpp>

#include <prometheus/text_serializer.h>

#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace loopscope::control {

namespace {

using clock = std::chrono::steady_clock;

constexpr artifacts::usage no_artifacts;

double seconds(std::chrono::nanoseconds value) {
  return std::chrono::duration<double>(value).count();
}

double as_double(byte_count value) {
  return static_cast<double>(value.value);
}

void set(metrics::lag_metrics& gauges, loop::rolling_lag const& lag) {
  auto const now = clock::now();
  auto const recent = lag.recent(now);
  gauges.now.Set(seconds(lag.current(now)));
  gauges.min.Set(seconds(recent.min()));
  gauges.max.Set(seconds(recent.max()));
  gauges.mean.Set(recent.mean_seconds());
  gauges.stddev.Set(recent.stddev_seconds());
  gauges.p50.Set(seconds(recent.percentile(0.50)));
  gauges.p90.Set(seconds(recent.percentile(0.90)));
  gauges.p99.Set(seconds(recent.percentile(0.99)));
}

void set(metrics::tcmalloc_metrics& gauges, heap::allocator_stats const& stats) {
  gauges.allocated.Set(as_double(stats.allocated));
  gauges.heap.Set(as_double(stats.heap));
  gauges.page_heap_free.Set(as_double(stats.page_heap_free));
  gauges.page_heap_unmapped.Set(as_double(stats.page_heap_unmapped));
  gauges.thread_cache.Set(as_double(stats.thread_cache));
  gauges.central_cache.Set(as_double(stats.central_cache));
}

class scrape {
 public:
  explicit scrape(services const& with) : with_{with}, started_{clock::now()} {
    if (heap::read_allocator_stats()) tcmalloc_.emplace(with_.families);
  }

  boost::asio::awaitable<http::response> response() {
    auto write = [this] { return collect(); };
    auto text = co_await runtime::offload(with_.workers.short_lane, std::move(write));
    co_return http::text(http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                         std::move(text));
  }

 private:
  std::string collect() {
    set(with_.metrics.lag, with_.lag);
    with_.metrics.connections.Set(static_cast<double>(with_.connections()));
    auto const stored = with_.recording ? with_.recording->store.current_usage() : no_artifacts;
    with_.metrics.artifacts.Set(static_cast<double>(stored.count));
    with_.metrics.artifact_bytes.Set(as_double(stored.size));
    with_.metrics.uptime.Set(seconds(clock::now() - started_));
    with_.metrics.process.update();
    if (auto const stats = heap::read_allocator_stats()) set(*tcmalloc_, *stats);
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, with_.families.registry().Collect());
    return std::move(out).str();
  }

  services with_;
  clock::time_point started_;
  std::optional<metrics::tcmalloc_metrics> tcmalloc_;
};

}  // namespace

http::async_handler make_scrape_handler(services const& with) {
  auto state = std::make_shared<scrape>(with);
  return [state](http::request const&) { return state->response(); };
}

}  // namespace loopscope::control
