#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/base/secret.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/http/limits.hpp>

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lab {

enum class environment { development, staging, production };

std::string_view to_text(environment value) noexcept;

/// Everything that can be set, with its default.
struct settings {
  struct server_settings {
    boost::asio::ip::address host = boost::asio::ip::address_v4::loopback();
    std::uint16_t port = 3001;
    loopscope::http::limits limits;
    std::chrono::milliseconds shutdown_grace{10'000};
    bool operator==(server_settings const&) const = default;
  };
  struct lab_settings {
    bool enable = false;
    loopscope::secret token;
    std::filesystem::path token_file;
    bool allow_prod = false;
    bool operator==(lab_settings const&) const = default;
  };

  server_settings server;
  environment app_env = environment::development;
  lab_settings lab;
  loopscope::artifacts::settings artifacts;
  std::filesystem::path encoder;  ///< empty: look for it
  /// While the lab is open.
  loopscope::heap::tracking_mode heap_tracking = loopscope::heap::tracking_mode::exact;
  loopscope::log_level log_level = loopscope::log_level::info;

  bool operator==(settings const&) const = default;

  /// Whether the token opens the lab: enabled, and in production expressly allowed.
  [[nodiscard]] bool lab_is_open() const noexcept {
    return lab.enable && (app_env != environment::production || lab.allow_prod);
  }
};

/// What the command line asks for.
enum class command { run, help, version, healthcheck };

/// Settings as far as they could be read, and everything that is wrong with them.
struct loaded_settings {
  lab::settings values;
  lab::command command = lab::command::run;
  std::vector<std::string> errors;  ///< `<source> <name>: <what is wrong>`
};

/// Reads flags over environment over file over defaults; an empty variable counts as unset.
///
/// Unknown flags, keys and `LAB_*` variables and wrong values of every source are all reported.
/// \param arguments    without the program's name.
/// \param environment  every variable of the process.
loaded_settings load_settings(std::vector<std::string_view> const& arguments,
                              std::map<std::string, std::string> const& environment);

/// `--help`, one paragraph a setting.
std::string settings_help();

/// The table for the README.
std::string settings_markdown();

/// Variables and values as text, secrets as `***`.
std::vector<std::pair<std::string_view, std::string>> printable(settings const& values);

}  // namespace lab
