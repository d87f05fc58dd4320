#include <profiling_lab/gperftools_walk.hpp>
#include <profiling_lab/service.hpp>

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/signal_block.hpp>
#include <loopscope/base/version.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/http/client.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace heap = loopscope::heap;

constexpr int usage_error = 2;
constexpr auto health_patience = 3s;
constexpr std::size_t spare_descriptors = 256;  // for refusals, downloads, captures and the loop

/// A port, a directory or a program that cannot be used.
struct cannot_start : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> all;
  for (char** each = environ; each && *each; ++each) {
    std::string_view const text{*each};
    auto const equals = text.find('=');
    if (equals != std::string_view::npos)
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

// 0 if a service with these settings says that it is healthy.
int check_health(lab::settings const& values) {
  auto const any = values.server.host.is_unspecified();
  auto const loopback = values.server.host.is_v6() ? "::1" : "127.0.0.1";
  auto const host = any ? loopback : values.server.host.to_string();
  auto const response =
      loopscope::http::get(host, values.server.port, "/api/health", health_patience);
  if (response && response->status == 200) return EXIT_SUCCESS;
  auto const reason =
      response ? "status " + std::to_string(response->status) : response.error().message();
  std::cerr << "profiling-lab: not healthy: " << host << " port " << values.server.port << ": "
            << reason << '\n';
  return EXIT_FAILURE;
}

void print(lab::settings const& values, loopscope::logger& log) {
  auto const all = lab::printable(values);
  std::vector<loopscope::log_field> fields;
  fields.reserve(all.size());
  for (auto const& [name, value] : all) fields.emplace_back(name, value);
  log.info("settings", fields);
}

// A connection without a descriptor is not refused but left to wait, and keeps captures and the
// store from opening anything: so there are only as many connections as there are descriptors for.
void fit_connections(std::size_t& connections, loopscope::logger& log) {
  auto const wanted = connections + spare_descriptors;
  auto const limit = loopscope::raise_descriptor_limit(wanted);
  if (limit >= wanted) return;
  connections = std::max(limit, spare_descriptors + 1) - spare_descriptors;
  log.warn("few_descriptors", {{"limit", limit}, {"wanted", wanted}, {"connections", connections}});
}

// \param walk_failure  as from `choose_gperftools_walk`.
int serve(lab::settings values, std::string const& metadata_uri, std::string const& walk_failure) {
  auto const wanted = values.lab_is_open() ? values.heap_tracking : heap::tracking_mode::off;
  heap::tracking_scope const tracking{wanted};
  loopscope::logger log{STDERR_FILENO, values.log_level};
  if (!walk_failure.empty()) log.warn("gperftools_walk_unchanged", {{"reason", walk_failure}});
  print(values, log);
  if (auto const mode = heap::current_tracking(); mode != wanted)
    log.warn("heap_tracking", {{"mode", to_text(mode)},
                               {"wanted", to_text(wanted)},
                               {"reason", "this build has no more"}});
  fit_connections(values.server.limits.connections, log);
  std::optional<lab::service> service;
  try {
    // A signal that comes before its handler is kept: process 1 would never hear of it.
    loopscope::signal_block const kept;
    service.emplace(values, lab::describe_instance(metadata_uri), log);
  } catch (std::system_error const& error) {
    log.error("start_failed", {{"reason", error.what()}});
    throw cannot_start{error.what()};
  }
  if (values.lab.enable && !values.lab_is_open())
    log.warn("lab_closed", {{"reason", "APP_ENV is production and LAB_ALLOW_PROD is not true"}});
  log.info("listening", {{"host", values.server.host.to_string()}, {"port", service->port()}});
  service->run();
  log.info("stopped");
  return EXIT_SUCCESS;
}

// Commands that take no captures are not worth a second start.
bool only_tells(std::vector<std::string_view> const& arguments) {
  auto const tells = [](std::string_view each) {
    return each == "--help" || each == "--version" || each == "--healthcheck";
  };
  return std::any_of(arguments.begin(), arguments.end(), tells);
}

int run(std::vector<std::string_view> const& arguments, std::string const& walk_failure) {
  auto const environment = read_environment();
  auto const loaded = lab::load_settings(arguments, environment);
  for (auto const& error : loaded.errors) std::cerr << "profiling-lab: " << error << '\n';
  if (!loaded.errors.empty()) return usage_error;
  switch (loaded.command) {
    case lab::command::help:
      std::cout << lab::settings_help();
      return EXIT_SUCCESS;
    case lab::command::version:
      std::cout << "profiling-lab " << loopscope::version() << " (build "
                << loopscope::executable_build_id() << ")\n";
      return EXIT_SUCCESS;
    case lab::command::healthcheck:
      return check_health(loaded.values);
    case lab::command::run:
      break;
  }
  auto const metadata = environment.find("ECS_CONTAINER_METADATA_URI_V4");
  try {
    return serve(loaded.values, metadata == environment.end() ? "" : metadata->second,
                 walk_failure);
  } catch (cannot_start const& error) {  // after the last line of the log
    std::cerr << "profiling-lab: " << error.what() << '\n';
    return usage_error;
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe and a file size limit show as errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // ignored by a parent, it would hide how children end
  try {
    std::vector<std::string_view> const arguments{argv + 1, argv + argc};
    auto const failure = only_tells(arguments) ? "" : lab::choose_gperftools_walk(argv);
    return run(arguments, failure);
  } catch (std::exception const& error) {
    std::cerr << "profiling-lab: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
