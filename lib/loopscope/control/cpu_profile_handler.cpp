#include <loopscope/base/build_id.hpp>
#include <loopscope/control/artifact_json.hpp>
#include <loopscope/control/cpu_profile_handler.hpp>

#include <boost/json/array.hpp>

namespace loopscope::control {

namespace {

boost::json::object to_json(capture::cpu_quality const& quality) {
  return {{"samplesExpected", quality.samples_expected},
          {"samplesTaken", quality.samples_taken},
          {"truncated", quality.truncated},
          {"buildId", executable_build_id()}};
}

}  // namespace

boost::asio::awaitable<http::response> record_cpu_profile::operator()(
    http::request const& request) const {
  std::chrono::seconds const duration{request.parameters.integer("seconds")};
  auto const hz = static_cast<int>(request.parameters.integer("hz"));
  auto const profile = co_await cpu.record(duration, hz);
  if (!profile) co_return http::problem(profile.error());

  boost::json::object const body{{"filePath", profile->artifacts.front().path.string()},
                                 {"durationSeconds", profile->duration.count()},
                                 {"artifacts", to_json(profile->artifacts)},
                                 {"quality", to_json(profile->quality)}};
  co_return http::json(http::status::ok, body);
}

std::vector<http::parameter> cpu_profile_parameters() {
  return {http::integer_parameter{"seconds", capture::min_recording.count(),
                                  capture::max_recording.count(), 30},
          http::integer_parameter{"hz", cpu::min_hz, cpu::max_hz, 100}};
}

}  // namespace loopscope::control
