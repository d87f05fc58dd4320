#include <profiling_lab/instance.hpp>

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/duration.hpp>
#include <loopscope/base/ids.hpp>
#include <loopscope/base/json_text.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/http/client.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unistd.h>

namespace lab {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t id_digits = 16;

// `http://169.254.170.2/v4/<id>` + `/task`; empty if there is no answer or none that names the
// task.
std::string fetch_task_arn(std::string_view uri) {
  constexpr std::string_view scheme = "http://";
  if (!uri.starts_with(scheme)) return {};
  uri.remove_prefix(scheme.size());
  auto const authority = uri.substr(0, uri.find('/'));
  auto const path = std::string{uri.substr(authority.size())} + "/task";
  auto const colon = std::min(authority.find(':'), authority.size());
  auto const port = loopscope::parse_integer<std::uint16_t>(
      authority.substr(std::min(colon + 1, authority.size())));
  auto const answer = loopscope::http::get(authority.substr(0, colon), port ? *port : 80, path, 2s);
  if (!answer || answer->status != 200) return {};

  boost::system::error_code error;
  auto const body = boost::json::parse(answer->body, error);
  auto const* task = error ? nullptr : body.if_object();
  auto const* arn = task ? task->if_contains("TaskARN") : nullptr;
  return arn && arn->is_string() ? std::string{arn->get_string()} : std::string{};
}

}  // namespace

std::string to_json(instance const& who) {
  loopscope::json_text text;
  text.add("id", who.id).add("pid", who.pid);
  if (who.task_arn.empty())
    text.add_json("taskArn", "null");
  else
    text.add("taskArn", who.task_arn);
  text.add("buildId", loopscope::executable_build_id());
  text.add("startedAt", loopscope::iso_time(who.started_at));
  return text.finish();
}

instance describe_instance(std::string const& metadata_uri) {
  return {loopscope::random_hex(id_digits), getpid(),
          metadata_uri.empty() ? std::string{} : fetch_task_arn(metadata_uri),
          std::chrono::system_clock::now()};
}

}  // namespace lab
