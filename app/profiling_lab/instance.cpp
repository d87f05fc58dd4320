#include <profiling_lab/instance.hpp>

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/hex.hpp>
#include <loopscope/base/json_writer.hpp>
#include <loopscope/base/time.hpp>
#include <loopscope/http/client.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <cstdint>
#include <string_view>
#include <unistd.h>

namespace lab {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t id_digits = 16;
constexpr std::uint16_t http_port = 80;

// `http://169.254.170.2/v4/<id>` + `/task`; empty if there is no response or none that names the
// task.
std::string fetch_task_arn(std::string_view uri) {
  auto const url = boost::urls::parse_uri(uri);
  if (!url || url->scheme_id() != boost::urls::scheme::http || url->encoded_host().empty())
    return {};
  auto const port = url->port_number() != 0 ? url->port_number() : http_port;
  auto const path = std::string{url->encoded_path()} + "/task";
  auto const response = loopscope::http::get(url->host_address(), port, path, 2s);
  if (!response || response->status != 200) return {};

  boost::system::error_code error;
  auto const body = boost::json::parse(response->body, error);
  auto const* task = error ? nullptr : body.if_object();
  auto const* arn = task ? task->if_contains("TaskARN") : nullptr;
  return arn && arn->is_string() ? std::string{arn->get_string()} : std::string{};
}

}  // namespace

std::string to_json(instance const& who) {
  std::string text;
  loopscope::json_writer out{text};
  out.begin_object().member("id", who.id).member("pid", who.pid).key("taskArn");
  if (who.task_arn.empty())
    out.value(nullptr);
  else
    out.value(who.task_arn);
  out.member("buildId", loopscope::executable_build_id())
      .member("startedAt", loopscope::iso_time(who.started_at))
      .end_object();
  return text;
}

instance describe_instance(std::string const& metadata_uri) {
  return {loopscope::random_hex(id_digits), getpid(),
          metadata_uri.empty() ? std::string{} : fetch_task_arn(metadata_uri),
          std::chrono::system_clock::now()};
}

}  // namespace lab
