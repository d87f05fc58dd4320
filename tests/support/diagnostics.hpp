#pragma once

#include "support/captured_log.hpp"
#include "support/fake_encoder.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/store.hpp>
#include <loopscope/capture/cpu_capture.hpp>
#include <loopscope/control/control_thread.hpp>
#include <loopscope/control/services.hpp>
#include <loopscope/http/message.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <prometheus/registry.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::test {

/// All that the diagnostics endpoints work on, for real, around a temporary directory; only the
/// encoder is a fake. The thread that makes it is the one that is sampled.
struct diagnostics {
  static constexpr std::size_t open_connections = 7;

  temp_dir dir;
  temp_dir programs;
  boost::asio::io_context io{1};
  captured_log log;
  prometheus::Registry registry;
  metrics::service_metrics metrics{registry};
  artifacts::store store;
  cpu::loop_sampler sampler;
  cpu::native_profiler native;
  capture::cpu_recorder recorder{sampler, native, store};
  capture::encoder encoder;
  loop::rolling_lag lag;
  runtime::workers worker;
  control::control_thread control;
  capture::cpu_capture cpu;

  explicit diagnostics(byte_count quota = mebibytes(64),
                       std::string_view encoder_script = well_behaved_encoder)
      : store{{.directory = dir.path(), .quota = quota}},
        encoder{write_program(programs / "encoder", encoder_script)},
        cpu{{control.executor(), worker, recorder, encoder, log.log()}} {}

  ~diagnostics() {
    control.join();
    worker.join();
  }

  control::services services() {
    return {log.log(),          worker,  store,
            control.executor(), cpu,     lag,
            registry,           metrics, [] { return open_connections; }};
  }
};

/// A request as a handler sees it.
struct asked {
  boost::beast::http::request<boost::beast::http::string_body> message;
  http::arguments parameters;
  std::string segment;

  explicit asked(http::verb method = http::verb::get, std::string path_segment = {})
      : segment{std::move(path_segment)} {
    message.method(method);
  }

  asked& with(http::field name, std::string_view value) {
    message.set(name, value);
    return *this;
  }
};

/// What `handler` answers; it may resume on `io`.
template <class Handler>
http::response call(boost::asio::io_context& io, Handler const& handler, asked const& what) {
  http::request const request{what.message, what.parameters, what.segment};
  if constexpr (std::is_same_v<decltype(handler(request)), http::response>)
    return handler(request);
  else
    return run_on(io, handler(request));
}

inline boost::json::object json_of(http::response const& reply) {
  return boost::json::parse(reply.message.body()).as_object();
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
