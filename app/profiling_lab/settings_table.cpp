#include <profiling_lab/settings_table.hpp>

#include <loopscope/base/duration.hpp>
#include <loopscope/base/parse_integer.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace lab {

namespace {

using namespace std::chrono_literals;
using loopscope::mebibytes;
using std::chrono::milliseconds;

template <class T>
bool set(T& to, loopscope::result<T> const& value, T const& min, T const& max) {
  if (!value || *value < min || *value > max) return false;
  to = *value;
  return true;
}

template <class Integer>
bool set_integer(Integer& to, std::string_view text, Integer min, Integer max) {
  return set(to, loopscope::parse_integer<Integer>(text), min, max);
}

bool set_duration(milliseconds& to, std::string_view text, milliseconds min, milliseconds max) {
  return set(to, loopscope::parse_duration(text), min, max);
}

bool set_bool(bool& to, std::string_view text) {
  to = text == "true";
  return to || text == "false";
}

std::string print_bool(bool value) {
  return value ? "true" : "false";
}

constexpr std::array environments{environment::development, environment::staging,
                                  environment::production};

bool set_environment(environment& to, std::string_view text) {
  auto const same = [&](environment each) { return to_text(each) == text; };
  auto const found = std::find_if(environments.begin(), environments.end(), same);
  if (found == environments.end()) return false;
  to = *found;
  return true;
}

bool set_log_level(loopscope::log_level& to, std::string_view text) {
  auto const level = loopscope::parse_log_level(text);
  if (level) to = *level;
  return level.has_value();
}

bool set_tracking(loopscope::heap::tracking_mode& to, std::string_view text) {
  auto const mode = loopscope::heap::parse_tracking_mode(text);
  if (mode) to = *mode;
  return mode.has_value();
}

bool set_address(boost::asio::ip::address& to, std::string_view text) {
  boost::system::error_code error;
  auto const address = boost::asio::ip::make_address(text, error);
  if (!error) to = address;
  return !error;
}

// A token that no header can carry would lock everybody out.
bool set_token(loopscope::secret& to, std::string_view text) {
  auto const visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), visible)) return false;
  to = loopscope::secret{text};
  return true;
}

std::string print_secret(loopscope::secret const& value) {
  std::ostringstream out;
  out << value;
  return std::move(out).str();
}

bool set_quota(loopscope::byte_count& to, std::string_view text) {
  std::uint64_t megabytes = 0;
  if (!set_integer<std::uint64_t>(megabytes, text, 1, 1'048'576)) return false;
  to = mebibytes(megabytes);
  return true;
}

bool set_path(std::filesystem::path& to, std::string_view text) {
  to = text;
  return !text.empty() && text.find('\0') == std::string_view::npos;
}

using kind = setting_kind;
using text = std::string_view;

std::vector<setting> server_settings() {
  return {
      {"HOST", "host", "server.host", kind::text, "an IP address", "Address to listen on",
       [](settings& s, text t) { return set_address(s.server.host, t); },
       [](settings const& s) { return s.server.host.to_string(); }},
      {"PORT", "port", "server.port", kind::integer, "an integer from 0 to 65535",
       "Port to listen on; 0 takes any free one",
       [](settings& s, text t) { return set_integer<std::uint16_t>(s.server.port, t, 0, 65535); },
       [](settings const& s) { return std::to_string(s.server.port); }},
      {"APP_ENV", "app-env", "app_env", kind::text, "development, staging or production",
       "What the service runs as; production closes the lab",
       [](settings& s, text t) { return set_environment(s.app_env, t); },
       [](settings const& s) { return std::string{to_text(s.app_env)}; }},
      {"LAB_MAX_CONNECTIONS", "lab-max-connections", "server.max_connections", kind::integer,
       "an integer from 1 to 1000000", "Open connections; one more gets 503",
       [](settings& s, text t) {
         return set_integer<std::size_t>(s.server.limits.connections, t, 1, 1'000'000);
       },
       [](settings const& s) { return std::to_string(s.server.limits.connections); }},
      {"LAB_HEADER_TIMEOUT", "lab-header-timeout", "server.header_timeout", kind::text,
       "a duration from 1ms to 30s", "Time for a request's header",
       [](settings& s, text t) { return set_duration(s.server.limits.head_time, t, 1ms, 30s); },
       [](settings const& s) { return loopscope::to_text(s.server.limits.head_time); }},
      {"LAB_BODY_TIMEOUT", "lab-body-timeout", "server.body_timeout", kind::text,
       "a duration from 1ms to 10m", "Time for a request's body",
       [](settings& s, text t) { return set_duration(s.server.limits.body_time, t, 1ms, 10min); },
       [](settings const& s) { return loopscope::to_text(s.server.limits.body_time); }},
      {"LAB_IDLE_TIMEOUT", "lab-idle-timeout", "server.idle_timeout", kind::text,
       "a duration from 1ms to 1h", "Time between two requests of a connection",
       [](settings& s, text t) { return set_duration(s.server.limits.idle_time, t, 1ms, 1h); },
       [](settings const& s) { return loopscope::to_text(s.server.limits.idle_time); }},
      {"LAB_WRITE_TIMEOUT", "lab-write-timeout", "server.write_timeout", kind::text,
       "a duration from 1ms to 10m", "How long a client may take nothing of its response",
       [](settings& s, text t) { return set_duration(s.server.limits.write_time, t, 1ms, 10min); },
       [](settings const& s) { return loopscope::to_text(s.server.limits.write_time); }},
      {"LAB_SHUTDOWN_GRACE", "lab-shutdown-grace", "server.shutdown_grace", kind::text,
       "a duration from 0s to 10m", "How long a shutdown waits for running requests",
       [](settings& s, text t) { return set_duration(s.server.shutdown_grace, t, 0ms, 10min); },
       [](settings const& s) { return loopscope::to_text(s.server.shutdown_grace); }},
  };
}

std::vector<setting> lab_settings() {
  return {
      {"LAB_ENABLE", "lab-enable", "lab.enable", kind::boolean, "true or false",
       "Open the endpoints below `/api/lab` to the token",
       [](settings& s, text t) { return set_bool(s.lab.enable, t); },
       [](settings const& s) { return print_bool(s.lab.enable); }},
      {"LAB_TOKEN", "", "", kind::text, "visible ASCII characters",
       "The token; at least 12 characters unless in development",
       [](settings& s, text t) { return set_token(s.lab.token, t); },
       [](settings const& s) { return print_secret(s.lab.token); }},
      {"LAB_TOKEN_FILE", "lab-token-file", "lab.token_file", kind::text, "a path",
       "A file that holds the token, instead of `LAB_TOKEN`",
       [](settings& s, text t) { return set_path(s.lab.token_file, t); },
       [](settings const& s) { return s.lab.token_file.string(); }},
      {"LAB_ALLOW_PROD", "lab-allow-prod", "lab.allow_prod", kind::boolean, "true or false",
       "Open the lab in production too",
       [](settings& s, text t) { return set_bool(s.lab.allow_prod, t); },
       [](settings const& s) { return print_bool(s.lab.allow_prod); }},
      {"LAB_ENCODER", "lab-encoder", "lab.encoder", kind::text, "a path",
       "The `loopscope` program that encodes captures; by default the one beside the service",
       [](settings& s, text t) { return set_path(s.encoder, t); },
       [](settings const& s) { return s.encoder.string(); }},
      {"LAB_HEAP_TRACKING", "lab-heap-tracking", "lab.heap_tracking", kind::text,
       "off, sampled or exact", "What is known of the heap's blocks while the lab is open",
       [](settings& s, text t) { return set_tracking(s.heap_tracking, t); },
       [](settings const& s) { return std::string{loopscope::heap::to_text(s.heap_tracking)}; }},
      {"LAB_LOG_LEVEL", "lab-log-level", "log.level", kind::text, "debug, info, warn or error",
       "The least level that is logged",
       [](settings& s, text t) { return set_log_level(s.log_level, t); },
       [](settings const& s) { return std::string{loopscope::to_text(s.log_level)}; }},
  };
}

std::vector<setting> artifact_settings() {
  return {
      {"LAB_ARTIFACT_DIR", "lab-artifact-dir", "artifacts.dir", kind::text, "a path",
       "Directory for profiles and snapshots",
       [](settings& s, text t) { return set_path(s.artifacts.directory, t); },
       [](settings const& s) { return s.artifacts.directory.string(); }},
      {"LAB_ARTIFACT_MAX_MB", "lab-artifact-max-mb", "artifacts.max_mb", kind::integer,
       "an integer from 1 to 1048576", "MiB of artifacts to keep; the oldest go first",
       [](settings& s, text t) { return set_quota(s.artifacts.quota, t); },
       [](settings const& s) { return std::to_string(s.artifacts.quota.value >> 20); }},
      {"LAB_ARTIFACT_MAX_AGE", "lab-artifact-max-age", "artifacts.max_age", kind::text,
       "a duration from 1s to 8760h", "How long an artifact is kept",
       [](settings& s, text t) { return set_duration(s.artifacts.max_age, t, 1s, 8760h); },
       [](settings const& s) { return loopscope::to_text(s.artifacts.max_age); }},
  };
}

}  // namespace

std::string_view to_text(environment value) noexcept {
  switch (value) {
    case environment::development:
      return "development";
    case environment::staging:
      return "staging";
    case environment::production:
      return "production";
  }
  return "unknown";
}

std::vector<setting> const& settings_table() {
  static auto const table = [] {
    auto all = server_settings();
    for (auto const& part : {lab_settings(), artifact_settings()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

}  // namespace lab
