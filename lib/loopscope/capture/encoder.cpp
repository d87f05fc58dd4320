#include <loopscope/base/read_file.hpp>
#include <loopscope/capture/child_end_impl.hpp>
#include <loopscope/capture/encoder.hpp>
#include <loopscope/process/child.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace loopscope::capture {

namespace asio = boost::asio;

namespace {

// Empty if there is none.
boost::json::array array_of(boost::json::object const& in, std::string_view name) {
  auto const* found = in.if_contains(name);
  return found && found->is_array() ? found->get_array() : boost::json::array{};
}

std::optional<model::unresolved_module> parse_unresolved(boost::json::value const& from) {
  auto const* object = from.if_object();
  auto const* path = object ? object->if_contains("path") : nullptr;
  auto const* share = object ? object->if_contains("share") : nullptr;
  if (!path || !path->is_string() || !share || !share->is_number()) return std::nullopt;
  return model::unresolved_module{std::string{path->get_string()}, share->to_number<double>()};
}

std::optional<encoder_report> parse_report(std::string const& output) {
  boost::system::error_code error;
  auto const report = boost::json::parse(output.substr(0, output.find('\n')), error);
  auto const* object = error ? nullptr : report.if_object();
  auto const* share = object ? object->if_contains("unresolvedShare") : nullptr;
  if (!share || !share->is_number()) return std::nullopt;
  encoder_report read{.figures = *object, .unresolved_share = share->to_number<double>()};
  for (auto const& path : array_of(*object, "changedModules"))
    if (path.is_string()) read.changed_modules.emplace_back(path.get_string());
  for (auto const& note : array_of(*object, "notes"))
    if (note.is_string()) read.notes.emplace_back(note.get_string());
  for (auto const& each : array_of(*object, "unresolvedModules"))
    if (auto found = parse_unresolved(each)) read.unresolved_modules.push_back(std::move(*found));
  return read;
}

}  // namespace

encoder::encoder(std::filesystem::path program) : program_{std::move(program)} {
  if (auto const maps = model::parse_maps(read_file_or_nothing("/proc/self/maps")))
    keep_files(*maps);
}

asio::awaitable<result<encoder_report>> encoder::run(
    std::filesystem::path const& raw,
    std::vector<std::pair<std::string, std::filesystem::path>> const& outputs,
    model::presentation shown, std::chrono::seconds limit, std::string& why) const {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::vector<std::string> arguments{"encode", raw.string(), "--process", std::to_string(getpid())};
  arguments.emplace_back("--names").append("=").append(to_text(shown.names));
  arguments.emplace_back("--frames").append("=").append(to_text(shown.frames));
  for (auto const& [format, path] : outputs) {
    arguments.emplace_back("--output");
    arguments.push_back(format + '=' + path.string());
  }
  std::optional<process::child> child;
  try {
    child.emplace(program_, arguments);
  } catch (std::system_error const& error) {
    why = error.what();
    co_return errc::encoder_failed;
  }
  auto const end = co_await end_of_tool(*child, limit);
  why = end.why;
  if (!end.outcome) co_return end.outcome.error();
  auto const report = parse_report(child->output());
  if (report) co_return *report;
  why = "its report could not be read";
  co_return errc::encoder_failed;
}

result<std::filesystem::path> find_encoder(std::filesystem::path const& configured) {
  auto const runs = [](std::filesystem::path const& path) {
    return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
  };
  if (!configured.empty()) {
    if (runs(configured)) return configured;
    return errc::not_found;
  }
  std::error_code error;
  auto const here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  if (error)
    throw std::system_error{error,
                            "cannot look for the encoder beside the program: /proc/self/exe"};
  for (auto const& path : {here / "loopscope", here.parent_path() / "libexec/loopscope/loopscope"})
    if (runs(path)) return path;
  return errc::not_found;
}

}  // namespace loopscope::capture
