#include <profiling_lab/fault_handlers.hpp>
#include <profiling_lab/faults/jam.hpp>
#include <profiling_lab/handlers.hpp>

#include <loopscope/base/json_writer.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/base/version.hpp>
#include <loopscope/heap/allocator.hpp>
#include <loopscope/heap/headroom.hpp>
#include <loopscope/heap/tracker.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace lab {

namespace asio = boost::asio;
namespace http = loopscope::http;

namespace {

constexpr std::size_t typical_body = 512;

void show(retained_memory const& memory, lab_metrics& metrics) {
  metrics.retained_bytes.Set(static_cast<double>(memory.size().value));
  metrics.retained_buffers.Set(static_cast<double>(memory.count()));
}

// A response with the JSON that `write` appends.
template <class F>  // F: (json_writer&) -> void
http::response json_of(F const& write) {
  std::string body;
  body.reserve(typical_body);
  loopscope::json_writer out{body};
  out.begin_object();
  write(out);
  out.end_object();
  return http::written_json(http::status::ok, std::move(body));
}

http::response refused(std::string const& detail) {
  return http::problem(loopscope::errc::memory_refused, detail);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

lab_metrics::lab_metrics(loopscope::metrics::families const& make)
    : retained_bytes{make.gauge("lab_retained_bytes", "Bytes that the lab leaks.")},
      retained_buffers{make.gauge("lab_retained_buffers", "Buffers that the lab leaks.")} {}

http::response health::operator()(http::request const&) const {
  return json_of([this](loopscope::json_writer& body) {
    body.member("status", "healthy")
        .member("timestamp", loopscope::iso_time(std::chrono::system_clock::now()))
        .member("version", loopscope::version())
        .member("service", "profiling-lab")
        .member("uptime", seconds_since(started))
        .member("environment", to_text(app_env));
  });
}

http::response lab_status::operator()(http::request const&) const {
  return show();
}

http::response lab_status::show() const {
  return json_of([this](loopscope::json_writer& body) {
    body.member("labEnabled", values.lab.enable)
        .member("environment", to_text(values.app_env))
        .member("retainedBufferCount", memory.count())
        .member("retainedBytes", memory.size().value)
        .member("cpuProfileInProgress", jobs.in_progress(loopscope::capture_kind::cpu))
        .member("heapTracking", loopscope::heap::to_text(loopscope::heap::current_tracking()))
        .key("instance")
        .json(instance_json);
  });
}

http::response jam_event_loop::operator()(http::request const& request) const {
  auto const ms = request.parameters.integer("ms");
  auto const checksum = jam::rebuild_recommendations(std::chrono::milliseconds{ms});
  return json_of([&](loopscope::json_writer& body) {
    body.member("jammedMs", ms).member("result", checksum);
  });
}

// On the loop, from the look at what is left to the last page: two leaks never share a look.
http::response leak_memory::operator()(http::request const& request) const {
  auto const megabytes = static_cast<std::uint64_t>(request.parameters.integer("mb"));
  auto const size = loopscope::mebibytes(megabytes);
  auto const headroom = loopscope::heap::memory_headroom();
  auto const wanted = std::to_string(megabytes) + " MiB";
  if (headroom < size + kept_free)
    return refused(wanted + " and the 64 MiB that stay free are more than the " +
                   std::to_string(headroom.value >> 20) +
                   " MiB that are left (machine, container, ulimit)");
  if (!memory.retain(size))
    return refused("the allocator could not get " + wanted + " from the system; nothing is kept");
  show(memory, metrics);
  return status.show();
}

asio::awaitable<http::response> clear_memory::operator()(http::request const&) const {
  auto freed = memory.take_all();
  show(memory, metrics);
  auto free = [buffers = std::move(freed), leaked = faults.clear()]() mutable {
    buffers.clear();
    leaked();
    loopscope::heap::release_free_memory();
  };
  co_await loopscope::runtime::offload(bulk_lane, std::move(free));
  co_return status.show();
}

}  // namespace lab
