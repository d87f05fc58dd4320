#include <profiling_lab/settings.hpp>
#include <profiling_lab/settings_sources.hpp>

#include <loopscope/base/expects.hpp>
#include <loopscope/base/file_descriptor.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace loopscope;
using namespace std::chrono_literals;
using variables = std::map<std::string, std::string>;

// Two files for the settings to name, and the letters that stand for their paths in an input: other
// files below /dev may have no end.
constexpr int config_fd = 100;
constexpr int token_fd = 101;
constexpr char config_letter = '<';
constexpr char token_letter = '>';
std::string const config_path = "/dev/fd/100";
std::string const token_path = "/dev/fd/101";

struct input {
  std::vector<std::string> arguments;
  variables environment;
  std::string token;  // the content of the token file
  std::string config;
};

std::string_view take_until(std::string_view& text, std::string_view end) {
  auto const part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + end.size()));
  return part;
}

std::string with_paths(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == config_letter)
      out += config_path;
    else if (c == token_letter)
      out += token_path;
    else
      out += c;
  }
  return out;
}

// Arguments and variables, one a line, the token file and the configuration; a line with a dash
// ends each but the last.
input split(std::string_view text) {
  constexpr std::string_view end = "\n-\n";
  input parts;
  for (auto lines = take_until(text, end); !lines.empty();)
    parts.arguments.push_back(with_paths(take_until(lines, "\n")));
  for (auto lines = take_until(text, end); !lines.empty();) {
    auto value = take_until(lines, "\n");
    auto const name = take_until(value, "=");
    parts.environment.emplace(name, with_paths(value));
  }
  parts.token = take_until(text, end);
  parts.config = with_paths(text);
  return parts;
}

void write_to(int fd, std::string_view text) {
  auto const whole = static_cast<ssize_t>(text.size());
  LOOPSCOPE_EXPECTS(ftruncate(fd, 0) == 0 && pwrite(fd, text.data(), text.size(), 0) == whole);
}

bool make_files() {
  for (auto const fd : {config_fd, token_fd}) {
    file_descriptor const file{memfd_create("fuzz", MFD_CLOEXEC)};
    if (dup2(file.get(), fd) < 0) throw std::system_error{errno, std::generic_category(), "dup2"};
  }
  return true;
}

lab::loaded_settings load(input const& from) {
  write_to(config_fd, from.config);
  write_to(token_fd, from.token);
  return lab::load_settings({from.arguments.begin(), from.arguments.end()}, from.environment);
}

template <class T>
bool within(T const& value, T const& min, T const& max) {
  return value >= min && value <= max;
}

void check_ranges(lab::settings const& accepted) {
  auto const& limits = accepted.server.limits;
  LOOPSCOPE_EXPECTS(within<std::size_t>(limits.connections, 1, 1'000'000));
  LOOPSCOPE_EXPECTS(within<std::chrono::milliseconds>(limits.head_time, 1ms, 30s));
  LOOPSCOPE_EXPECTS(within<std::chrono::milliseconds>(limits.body_time, 1ms, 10min));
  LOOPSCOPE_EXPECTS(within<std::chrono::milliseconds>(limits.idle_time, 1ms, 1h));
  LOOPSCOPE_EXPECTS(within<std::chrono::milliseconds>(accepted.server.shutdown_grace, 0ms, 10min));
  LOOPSCOPE_EXPECTS(within(accepted.artifacts.quota, mebibytes(1), mebibytes(1'048'576)));
  LOOPSCOPE_EXPECTS(within<std::chrono::milliseconds>(accepted.artifacts.max_age, 1s, 8760h));
  LOOPSCOPE_EXPECTS(!accepted.artifacts.directory.empty());
}

void check_token(lab::settings const& accepted) {
  if (!accepted.lab.enable) return;
  auto const development = accepted.app_env == lab::environment::development;
  LOOPSCOPE_EXPECTS(accepted.lab.token.length() >= (development ? 1U : 12U));
}

// What is printed, taken for variables, gives the same settings again, but for the token.
void check_print(lab::settings accepted) {
  accepted.lab = {};
  variables again;
  for (auto const& [name, value] : lab::printable(accepted)) again.emplace(name, value);
  auto const loaded = lab::load_settings({}, again);
  LOOPSCOPE_EXPECTS(loaded.errors.empty() && loaded.values == accepted);
}

// Another token of the same length, just as wrong where it is wrong.
std::string other_token(std::string token) {
  for (auto& c : token)
    if (c > ' ' && c < 0x7f) c = c == '~' ? '!' : static_cast<char>(c + 1);
  return token;
}

// Of a configuration, what is wrong with it may be reported.
bool token_file_is_config(input const& from) {
  std::vector<std::string> ignored;
  auto const flag =
      lab::read_flags({from.arguments.begin(), from.arguments.end()}, ignored).config_file;
  auto const variable = from.environment.find("LAB_CONFIG");
  auto const otherwise = variable == from.environment.end() ? "" : variable->second;
  std::error_code missing;
  return std::filesystem::equivalent(flag.value_or(otherwise), token_path, missing);
}

// Whatever is said and printed would be the same with another token.
void check_secrecy(input from, lab::loaded_settings const& loaded) {
  if (!token_file_is_config(from)) from.token = other_token(from.token);
  if (auto const found = from.environment.find("LAB_TOKEN"); found != from.environment.end())
    found->second = other_token(found->second);
  auto const other = load(from);
  LOOPSCOPE_EXPECTS(other.errors == loaded.errors);
  LOOPSCOPE_EXPECTS(lab::printable(other.values) == lab::printable(loaded.values));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  [[maybe_unused]] static auto const made = make_files();
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  if (text.find("dev/") != std::string_view::npos) return 0;
  auto const parts = split(text);
  auto const loaded = load(parts);
  auto const runs =
      loaded.command == lab::command::run || loaded.command == lab::command::healthcheck;
  if (runs && loaded.errors.empty()) {
    check_ranges(loaded.values);
    check_token(loaded.values);
    check_print(loaded.values);
  }
  check_secrecy(parts, loaded);
  return 0;
}
