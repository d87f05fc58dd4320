#pragma once

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/fake_encoder.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/control/diagnostics.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace loopscope::test {

/// loopscope's diagnostics, for real, around a temporary directory; only the encoder is a fake. The
/// thread that makes it is the one that is sampled; its loop is not started.
struct diagnostics {
  static constexpr std::size_t open_connections = 7;
  static constexpr std::string_view token = "correct-token";

  temp_dir dir;
  temp_dir programs;
  boost::asio::io_context io{1};
  captured_log log;
  control::diagnostics parts;
  artifacts::store& store = parts.services().recording->store;
  runtime::workers& workers = parts.services().workers;
  capture::job_registry& jobs = parts.services().jobs;
  prometheus::Registry& registry = parts.services().families.registry();
  boost::asio::any_io_executor control = parts.control_executor();

  explicit diagnostics(byte_count quota = mebibytes(64),
                       std::string_view encoder_script = well_behaved_encoder)
      : parts{io.get_executor(),
              {.paths = {.prefix = "/api/lab", .metrics = "/api/metrics"},
               .token_header = "x-lab-token",
               .metric_prefix = "",
               .open = true,
               .token = secret{token},
               .artifacts = {.directory = dir.path(), .quota = quota},
               .encoder = write_program(programs / "encoder", encoder_script)},
              log.log(),
              [] { return open_connections; }} {}

  /// Runs `op` on the control thread and this thread's loop until it is done.
  template <class T>
  T on_control(boost::asio::awaitable<T> op) {
    return run_on(io, runtime::call_on(control, std::move(op)));
  }

  /// Runs `act()` on the control thread.
  template <class F>
  std::invoke_result_t<F&> tell_control(F act) {
    auto op = [](F work) -> boost::asio::awaitable<std::invoke_result_t<F&>> { co_return work(); };
    return on_control(op(std::move(act)));
  }

  /// Starts to record this thread at 1000 Hz, for a minute unless somebody ends it.
  result<std::string> start_recording() {
    auto begin = [cpu = parts.services().recording->cpu] {
      return capture::cpu_recorder::begin(cpu, {std::chrono::seconds{60}, 1000});
    };
    return on_control(jobs.start(capture_kind::cpu, {}, std::move(begin)));
  }

  /// Lets this thread's loop run until a recording has taken samples of it.
  void take_samples() {
    auto const& sampler = parts.services().recording->cpu.sampler;
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (tell_control([&] { return sampler.taken(); }) == 0)
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error{"no sample was taken"};
  }

  /// Cancels what still records.
  void cancel_captures() { on_control(jobs.drain({})); }
};

/// Whether this build can sample; a warning if not.
inline bool can_sample() {
  if (cpu::loop_sampler::available()) return true;
  WARN("this build cannot sample");
  return false;
}

/// A request as a handler sees it.
struct asked {
  http::request_head head;
  std::string body;
  http::arguments parameters;
  std::string segment;

  explicit asked(http::verb method = http::verb::get, std::string path_segment = {})
      : segment{std::move(path_segment)} {
    head.set_line(method, to_string(method), "/", 11);
  }

  asked& with(http::field name, std::string_view value) {
    head.add(name, to_string(name), value);
    return *this;
  }
};

/// The response of `handler`, which may resume on `io`.
template <class Handler>
http::response call(boost::asio::io_context& io, Handler const& handler, asked const& what) {
  http::request const request{what.head, what.body, what.parameters, what.segment};
  if constexpr (std::is_same_v<decltype(handler(request)), http::response>)
    return handler(request);
  else
    return run_on(io, handler(request));
}

inline boost::json::object json_of(http::response const& response) {
  return boost::json::parse(response.message.body()).as_object();
}

/// All bytes of a body that is read piece by piece.
inline boost::asio::awaitable<std::string> drained(http::body_source& source) {
  std::string text(static_cast<std::size_t>(source.size().value), '\0');
  for (std::size_t done = 0; done < text.size();) {
    auto const space = boost::asio::buffer(text) + done;
    done += co_await source.read(space);
  }
  co_return text;
}

}  // namespace loopscope::test
