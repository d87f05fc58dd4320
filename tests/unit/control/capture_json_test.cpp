#include "support/catch.hpp"

#include <loopscope/base/time.hpp>
#include <loopscope/capture/capture_job.hpp>
#include <loopscope/control/capture_json.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
using capture::capture_phase;

namespace {

capture::capture_state example(capture_phase phase) {
  capture::capture_state state;
  state.id = "0123abcd";
  state.request = {{"requestedSeconds", 10}, {"hz", 250}};
  state.phase = phase;
  state.started = std::chrono::system_clock::time_point{1'700'000'000s};
  state.progress = 0.25;
  return state;
}

capture::capture_state done() {
  auto state = example(capture_phase::done);
  artifacts::artifact file;
  file.path = "/tmp/cpu-x.cpuprofile";
  state.result.artifacts = {file, file};
  state.result.figures = {{"durationSeconds", 3}};
  state.result.quality = {{"verdict", "usable"}};
  return state;
}

}  // namespace

TEST_CASE("The progress of a capture", "[control]") {
  SECTION("says what was asked for and how far it has come") {
    auto const body = control::progress_json(example(capture_phase::sampling));

    CHECK(body.at("id").as_string() == "0123abcd");
    CHECK(body.at("kind").as_string() == "cpu");
    CHECK(body.at("phase").as_string() == "sampling");
    CHECK(body.at("progress").as_double() == 0.25);
    CHECK(body.at("startedAt").as_string() == "2023-11-14T22:13:20.000Z");
    CHECK(body.at("requestedSeconds").as_int64() == 10);
    CHECK(body.at("hz").as_int64() == 250);
    CHECK_FALSE(body.contains("result"));
    CHECK_FALSE(body.contains("error"));
  }

  SECTION("never goes beyond the end") {
    auto late = example(capture_phase::sampling);
    late.progress = 1.02;

    CHECK(control::progress_json(late).at("progress").as_double() == 0.99);
  }

  SECTION("stays where it is unless the result is there") {
    auto const [phase, name] = GENERATE(table<capture_phase, std::string>({
        {capture_phase::encoding, "encoding"},
        {capture_phase::failed, "failed"},
        {capture_phase::cancelled, "cancelled"},
    }));
    CAPTURE(name);

    auto const body = control::progress_json(example(phase));

    CHECK(body.at("phase").as_string() == name);
    CHECK(body.at("progress").as_double() == 0.25);
    CHECK_FALSE(body.contains("result"));
  }

  SECTION("has the error of a capture that failed, with its detail") {
    auto failed = example(capture_phase::failed);
    failed.error = errc::encoder_failed;
    auto const message = failed.error.message();

    CHECK(control::progress_json(failed).at("error").as_string() == message);
    failed.detail = "exit code 1";
    CHECK(control::progress_json(failed).at("error").as_string() == message + ": exit code 1");
  }

  SECTION("has the result of a capture that is done") {
    auto const body = control::progress_json(done());

    CHECK(body.at("progress").to_number<double>() == 1);
    CHECK(body.at("result").as_object() == control::result_json(done()));
    CHECK_FALSE(body.contains("error"));
  }
}

TEST_CASE("The result of a capture", "[control]") {
  auto const body = control::result_json(done());

  SECTION("has the names that the Node lab gave it") {
    CHECK(body.at("filePath").as_string() == "/tmp/cpu-x.cpuprofile");
    CHECK(body.at("durationSeconds").as_int64() == 3);
    CHECK(body.at("artifacts").as_array().size() == 2);
  }

  SECTION("says how far it can be trusted") {
    CHECK(body.at("quality").at("verdict").as_string() == "usable");
  }
}
