#include "support/catch.hpp"
#include "support/diagnostics.hpp"

#include <loopscope/control/capture_handlers.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using http::status;
using http::verb;
using test::asked;
using test::json_of;

namespace {

asked to_record(std::string const& is_async) {
  asked request{verb::post};
  request.parameters.set("seconds", 60);
  request.parameters.set("hz", 1000);
  request.parameters.set("names", "short");
  request.parameters.set("frames", "folded");
  request.parameters.set("async", is_async);
  return request;
}

// The capture endpoints over a capture of this thread.
struct captures_api {
  test::diagnostics all;
  control::captures captures{all.control, all.jobs, "/api/lab/captures/"};
  control::record_cpu_profile record{captures, all.parts.services().recording->cpu};
  control::show_capture show{captures};
  control::cancel_capture cancel{captures};

  explicit captures_api(std::string_view encoder = test::well_behaved_encoder)
      : all{mebibytes(64), encoder} {}
  // NOLINTNEXTLINE(bugprone-exception-escape): a test that cannot clean up had better end
  ~captures_api() { all.cancel_captures(); }

  template <class Handler>
  http::response call(Handler const& handler, asked const& what) {
    return test::call(all.io, handler, what);
  }

  // Records until it has taken samples, then ends all captures.
  http::response record_some() {
    asio::co_spawn(all.control, end_after_samples(), asio::use_future);
    return call(record, to_record("false"));
  }

  asio::awaitable<void> end_after_samples() {
    asio::steady_timer pause{all.control};
    while (all.parts.services().recording->cpu.sampler.taken() == 0) {
      pause.expires_after(1ms);
      co_await pause.async_wait(asio::use_awaitable);
    }
    all.parts.end_captures();
  }

  std::string start() {
    auto const response = call(record, to_record("true"));
    REQUIRE(response.code() == status::accepted);
    return std::string{json_of(response).at("id").as_string()};
  }
};

}  // namespace

TEST_CASE("Recording a CPU profile", "[control]") {
  if (!test::can_sample()) return;

  SECTION("responds with its result when it has ended") {
    captures_api api;

    auto const response = api.record_some();

    auto const body = json_of(response);
    REQUIRE(response.code() == status::ok);
    CHECK_THAT(std::string{body.at("filePath").as_string()},
               Catch::Matchers::EndsWith(".cpuprofile"));
    CHECK(body.at("durationSeconds").as_int64() == 60);
    CHECK(body.at("quality").at("measuredSeconds").as_double() < 60);
    CHECK(body.at("artifacts").as_array().size() == capture::cpu_formats().size());
    CHECK(body.at("quality").as_object().at("truncated").as_bool());
  }

  SECTION("is 409 while another one runs, and says which") {
    captures_api api;
    auto const id = api.start();

    auto const async = GENERATE(as<std::string>{}, "false", "true");
    auto const response = api.call(api.record, to_record(async));

    CHECK(response.code() == status::conflict);
    CHECK_THAT(response.message.body(), test::ContainsSubstring("/api/lab/captures/" + id));
  }

  SECTION("is 500 with the reason when it could not be encoded") {
    captures_api api{"#!/bin/sh\necho 'bad samples' >&2; exit 1\n"};

    auto const response = api.record_some();

    CHECK(response.code() == status::internal_server_error);
    CHECK_THAT(response.message.body(), test::ContainsSubstring("bad samples"));
    CHECK_THAT(response.message.body(), test::ContainsSubstring("the raw capture is kept"));
  }

  SECTION("is 507 when the directory is gone") {
    captures_api api;
    fs::remove_all(api.all.dir.path());

    CHECK(api.call(api.record, to_record("false")).code() == status::insufficient_storage);
  }

  SECTION("is cancelled when the client leaves") {
    captures_api api;
    asio::cancellation_signal leave;
    auto const what = to_record("false");
    http::request const request{what.head, what.body, what.parameters, {}};
    auto body = [&]() -> asio::awaitable<http::response> {
      auto leave_when_it_runs = [&]() -> asio::awaitable<void> {
        while (!api.all.jobs.in_progress(capture_kind::cpu))
          co_await asio::post(asio::use_awaitable);
        leave.emit(asio::cancellation_type::terminal);
      };
      asio::co_spawn(api.all.io, std::move(leave_when_it_runs), asio::use_future);
      auto response =
          co_await asio::co_spawn(api.all.io, api.record(request),
                                  asio::bind_cancellation_slot(leave.slot(), asio::use_awaitable));
      co_return response;
    };

    auto const response = test::run_on(api.all.io, body());

    CHECK(response.code() == status::conflict);
    CHECK_FALSE(api.all.jobs.in_progress(capture_kind::cpu));
    CHECK(api.all.store.sweep().count == 0);
  }
}

TEST_CASE("A CPU profile that is recorded asynchronously", "[control]") {
  if (!test::can_sample()) return;
  captures_api api;
  auto const response = api.call(api.record, to_record("true"));
  REQUIRE(response.code() == status::accepted);
  auto const id = std::string{json_of(response).at("id").as_string()};

  SECTION("says at once where to ask for it") {
    CHECK(json_of(response).at("location").as_string() == "/api/lab/captures/" + id);
    CHECK(response.message[http::field::location] == "/api/lab/captures/" + id);
    CHECK(api.all.jobs.in_progress(capture_kind::cpu));
  }

  SECTION("shows how far it has come") {
    auto const shown = api.call(api.show, asked{verb::get, id});

    CHECK(shown.code() == status::ok);
    CHECK(json_of(shown).at("phase").as_string() == "sampling");
    CHECK(json_of(shown).at("requestedSeconds").as_int64() == 60);
  }

  SECTION("can be cancelled, more than once") {
    CHECK(api.call(api.cancel, asked{verb::delete_, id}).code() == status::no_content);
    CHECK(api.call(api.cancel, asked{verb::delete_, id}).code() == status::no_content);
  }

  SECTION("is 404 by any other id") {
    auto const other = GENERATE(as<std::string>{}, "", "00000000", "..");
    CAPTURE(other);

    CHECK(api.call(api.show, asked{verb::get, other}).code() == status::not_found);
    CHECK(api.call(api.cancel, asked{verb::delete_, other}).code() == status::not_found);
    CHECK(api.all.jobs.in_progress(capture_kind::cpu));
  }
}

TEST_CASE("The parameters of a CPU profile have bounds and defaults", "[control]") {
  auto const [query, accepted] = GENERATE(table<std::string, bool>({
      {"", true},
      {"seconds=1&hz=1&async=true", true},
      {"seconds=120&hz=1000&async=false", true},
      {"seconds=0", false},
      {"seconds=121", false},
      {"hz=0", false},
      {"hz=1001", false},
      {"async=1", false},
      {"names=short&frames=folded", true},
      {"names=full&frames=all", true},
      {"names=long", false},
      {"frames=", false},
  }));
  CAPTURE(query);

  auto const checked = http::check_parameters(control::cpu_profile_parameters(), query);

  auto const* values = std::get_if<http::arguments>(&checked);
  CHECK((values != nullptr) == accepted);
  if (values && query.empty()) {
    CHECK(values->integer("seconds") == 30);
    CHECK(values->integer("hz") == 100);
    CHECK(values->choice("async") == "false");
    CHECK(values->choice("names") == "short");
    CHECK(values->choice("frames") == "folded");
  }
}
