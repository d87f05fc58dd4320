#include <profiling_lab/faults/jam.hpp>
#include <profiling_lab/handlers.hpp>

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/json_text.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/heap/allocator.hpp>
#include <loopscope/heap/headroom.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace lab {

namespace asio = boost::asio;
namespace http = loopscope::http;

namespace {

// What has to stay free beside a leak: the service itself still has to answer.
constexpr auto kept_free = loopscope::mebibytes(64);

prometheus::Gauge& make_gauge(prometheus::Registry& registry, char const* name, char const* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

void show(retained_memory const& memory, lab_metrics& metrics) {
  metrics.retained_bytes.Set(static_cast<double>(memory.size().value));
  metrics.retained_buffers.Set(static_cast<double>(memory.count()));
}

http::response answer(loopscope::json_text body) {
  return http::text(http::status::ok, "application/json", body.finish());
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

lab_metrics::lab_metrics(prometheus::Registry& registry)
    : retained_bytes{make_gauge(registry, "lab_retained_bytes", "Bytes that the lab leaks.")},
      retained_buffers{
          make_gauge(registry, "lab_retained_buffers", "Buffers that the lab leaks.")} {}

http::response health::operator()(http::request const&) const {
  loopscope::json_text body;
  body.add("status", "healthy")
      .add("timestamp", loopscope::iso_time(std::chrono::system_clock::now()))
      .add("version", loopscope::version())
      .add("service", "profiling-lab")
      .add("uptime", seconds_since(started))
      .add("environment", to_text(app_env));
  return answer(std::move(body));
}

http::response lab_status::operator()(http::request const&) const {
  return show();
}

http::response lab_status::show() const {
  loopscope::json_text body;
  body.add("labEnabled", values.lab.enable)
      .add("environment", to_text(values.app_env))
      .add("retainedBufferCount", memory.count())
      .add("retainedBytes", memory.size().value)
      .add("cpuProfileInProgress", cpu.in_progress())
      .add("heapTracking", "off")
      .add_json("instance", instance_json);
  return answer(std::move(body));
}

http::response jam_event_loop::operator()(http::request const& request) const {
  auto const ms = request.parameters.integer("ms");
  auto const checksum = jam::rebuild_recommendations(std::chrono::milliseconds{ms});
  loopscope::json_text body;
  body.add("jammedMs", ms).add("result", checksum);
  return answer(std::move(body));
}

// On the loop, from the look at what is left to the last page: two leaks never share a look.
http::response leak_memory::operator()(http::request const& request) const {
  auto const megabytes = static_cast<std::uint64_t>(request.parameters.integer("mb"));
  auto const size = loopscope::mebibytes(megabytes);
  auto const headroom = loopscope::heap::memory_headroom();
  auto const detail = std::to_string(megabytes) + " MiB and the 64 MiB that stay free are more " +
                      "than the " + std::to_string(headroom.value >> 20) + " MiB that are left";
  if (headroom < size + kept_free) return http::problem(loopscope::errc::memory_refused, detail);
  memory.retain(size);
  show(memory, metrics);
  return status.show();
}

asio::awaitable<http::response> clear_memory::operator()(http::request const&) const {
  auto freed = memory.take_all();
  show(memory, metrics);
  auto free = [buffers = std::move(freed)]() mutable {
    buffers.clear();
    loopscope::heap::release_free_memory();
  };
  co_await loopscope::runtime::offload(worker, std::move(free));
  co_return status.show();
}

}  // namespace lab
