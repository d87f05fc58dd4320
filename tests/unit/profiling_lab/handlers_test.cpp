#include "support/catch.hpp"
#include "support/lab.hpp"
#include "support/scrape.hpp"

#include <profiling_lab/handlers.hpp>

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/base/version.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
using http::status;
using test::asked;
using test::call;
using test::json_of;

namespace {

asked with(std::string_view name, std::int64_t value) {
  asked request{http::verb::post};
  request.parameters.set(name, value);
  return request;
}

}  // namespace

TEST_CASE("The health of the lab", "[profiling_lab][lab]") {
  boost::asio::io_context io{1};
  lab::health const handler{lab::environment::staging, std::chrono::steady_clock::now() - 90s};

  auto const response = call(io, handler, asked{});

  auto const body = json_of(response);
  CHECK(response.code() == status::ok);
  CHECK(body.at("status").as_string() == "healthy");
  CHECK(body.at("service").as_string() == "profiling-lab");
  CHECK(body.at("version").as_string() == version());
  CHECK(body.at("environment").as_string() == "staging");
  CHECK(body.at("uptime").to_number<double>() >= 90);
  CHECK(body.at("uptime").to_number<double>() < 100);
  CHECK(body.at("timestamp").as_string().size() ==
        std::string_view{"2026-01-02T03:04:05.678Z"}.size());
}

TEST_CASE("The status of the lab", "[profiling_lab][lab]") {
  test::lab_parts parts;

  SECTION("has the names that the Node lab gave them") {
    auto const body = json_of(call(parts.diagnostics.io, parts.status(), asked{}));

    CHECK(body.at("labEnabled").as_bool() == false);
    CHECK(body.at("environment").as_string() == "development");
    CHECK(body.at("retainedBufferCount").as_int64() == 0);
    CHECK(body.at("retainedBytes").as_int64() == 0);
    CHECK(body.at("cpuProfileInProgress").as_bool() == false);
  }

  SECTION("says which instance responds") {
    auto const body = json_of(call(parts.diagnostics.io, parts.status(), asked{}));

    auto const& who = body.at("instance").as_object();
    CHECK(who.at("id").as_string() == parts.who.id);
    CHECK(who.at("pid").as_int64() == parts.who.pid);
    CHECK(who.at("taskArn").is_null());
    CHECK(who.at("buildId").as_string() == executable_build_id());
    CHECK(who.at("startedAt").as_string() == iso_time(parts.who.started_at));
  }

  SECTION("shows the task on ECS, and that the lab is enabled") {
    parts.who.task_arn = "arn:aws:ecs:task";
    parts.settings.lab.enable = true;

    auto const body = json_of(call(parts.diagnostics.io, parts.status(), asked{}));

    CHECK(body.at("instance").as_object().at("taskArn").as_string() == "arn:aws:ecs:task");
    CHECK(body.at("labEnabled").as_bool());
  }
}

TEST_CASE("The status of the lab is read by another thread while the loop works",
          "[profiling_lab][lab]") {
  test::lab_parts parts;
  std::atomic<bool> done{false};
  auto const status = parts.status();
  auto watch = [&] {
    std::size_t most = 0;
    while (!done) {
      auto const body = json_of(status.show());
      most = std::max(most, body.at("retainedBufferCount").to_number<std::size_t>());
    }
    return most;
  };
  auto other = std::async(std::launch::async, watch);

  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5; ++i) REQUIRE(parts.memory.retain(bytes(4096)));
    parts.memory.take_all();
  }
  done = true;

  CHECK(other.get() <= 5);
}

TEST_CASE("Jamming the loop says for how long, and with what result", "[profiling_lab][lab]") {
  boost::asio::io_context io{1};

  auto const body = json_of(call(io, lab::jam_event_loop{}, with("ms", 5)));

  CHECK(body.at("jammedMs").as_int64() == 5);
  CHECK(body.at("result").to_number<std::int64_t>() > 0);
}

TEST_CASE("Leaking memory", "[profiling_lab][lab]") {
  test::lab_parts parts;
  auto& io = parts.diagnostics.io;
  lab::leak_memory const leak{parts.memory, parts.metrics, parts.status()};
  lab::clear_memory const clear{parts.memory, parts.faults, parts.metrics,
                                parts.diagnostics.workers.bulk_lane, parts.status()};

  SECTION("retains it, and responds with the status") {
    call(io, leak, with("mb", 1));
    auto const body = json_of(call(io, leak, with("mb", 2)));

    CHECK(body.at("retainedBufferCount").as_int64() == 2);
    CHECK(body.at("retainedBytes").as_int64() == 3 << 20);
    CHECK(body.contains("instance"));
  }

  SECTION("shows in the metrics") {
    call(io, leak, with("mb", 2));
    test::scrape const scraped{parts.diagnostics.registry};

    CHECK(scraped.value("lab_retained_bytes") == 2 << 20);
    CHECK(scraped.value("lab_retained_buffers") == 1);
  }

  SECTION("is refused when it would come near the limit, and retains nothing") {
    auto const response = call(io, leak, with("mb", std::int64_t{1} << 40));

    CHECK(response.code() == status::insufficient_storage);
    CHECK_THAT(response.message.body(), test::ContainsSubstring("1099511627776 MiB"));
    CHECK(parts.memory.count() == 0);
  }

  SECTION("ends with clearing, which responds with the status") {
    call(io, leak, with("mb", 2));

    auto const body = json_of(call(io, clear, asked{http::verb::post}));

    CHECK(body.at("retainedBufferCount").as_int64() == 0);
    CHECK(body.at("retainedBytes").as_int64() == 0);
    CHECK(test::scrape{parts.diagnostics.registry}.value("lab_retained_bytes") == 0);
  }
}
