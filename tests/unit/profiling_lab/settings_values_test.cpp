#include "support/catch.hpp"

#include <profiling_lab/settings.hpp>
#include <profiling_lab/settings_table.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace loopscope;

namespace {

lab::setting const& row_of(std::string_view variable) {
  auto const& table = lab::settings_table();
  auto const same = [&](lab::setting const& row) { return row.variable == variable; };
  auto const found = std::find_if(table.begin(), table.end(), same);
  REQUIRE(found != table.end());
  return *found;
}

// How a setting shows, once it was set by its variable.
std::string shown(std::string const& variable, std::string const& value) {
  auto const loaded = lab::load_settings({}, {{variable, value}});
  REQUIRE(loaded.errors.empty());
  return row_of(variable).print(loaded.values);
}

}  // namespace

TEST_CASE("A setting takes", "[profiling_lab][settings]") {
  SECTION("its borders and what lies between, and shows them as they were written") {
    auto const [variable, value] = GENERATE(table<std::string, std::string>({
        {"HOST", "0.0.0.0"},
        {"HOST", "::"},
        {"PORT", "0"},
        {"PORT", "65535"},
        {"APP_ENV", "development"},
        {"APP_ENV", "staging"},
        {"APP_ENV", "production"},
        {"LAB_MAX_CONNECTIONS", "1"},
        {"LAB_MAX_CONNECTIONS", "1000000"},
        {"LAB_HEADER_TIMEOUT", "1ms"},
        {"LAB_HEADER_TIMEOUT", "30s"},
        {"LAB_BODY_TIMEOUT", "1ms"},
        {"LAB_BODY_TIMEOUT", "10m"},
        {"LAB_IDLE_TIMEOUT", "1ms"},
        {"LAB_IDLE_TIMEOUT", "1h"},
        {"LAB_WRITE_TIMEOUT", "1ms"},
        {"LAB_WRITE_TIMEOUT", "10m"},
        {"LAB_SHUTDOWN_GRACE", "0s"},
        {"LAB_SHUTDOWN_GRACE", "10m"},
        {"LAB_ENABLE", "false"},
        {"LAB_ALLOW_PROD", "true"},
        {"LAB_ALLOW_PROD", "false"},
        {"LAB_LOG_LEVEL", "debug"},
        {"LAB_LOG_LEVEL", "info"},
        {"LAB_LOG_LEVEL", "warn"},
        {"LAB_LOG_LEVEL", "error"},
        {"LAB_ARTIFACT_DIR", "/var/lib/my lab"},
        {"LAB_ARTIFACT_MAX_MB", "1"},
        {"LAB_ARTIFACT_MAX_MB", "1048576"},
        {"LAB_ARTIFACT_MAX_AGE", "1s"},
        {"LAB_ARTIFACT_MAX_AGE", "8760h"},
    }));
    CAPTURE(variable);

    CHECK(shown(variable, value) == value);
  }

  SECTION("a duration in any unit, and shows it in the largest that fits") {
    CHECK(shown("LAB_HEADER_TIMEOUT", "2000ms") == "2s");
    CHECK(shown("LAB_ARTIFACT_MAX_AGE", "7200s") == "2h");
    CHECK(shown("LAB_ARTIFACT_MAX_AGE", "90m") == "90m");
  }
}

TEST_CASE("A setting refuses, and does not clamp", "[profiling_lab][settings]") {
  auto const [variable, values] = GENERATE(table<std::string, std::vector<std::string>>({
      {"HOST", {"localhost", "256.0.0.1", "127.0.0.1:80", "1", " ::1"}},
      {"PORT", {"65536", "-1", "+1", "x", "1x", " 1", "1 ", "0x10", "1.0", "18446744073709551617"}},
      {"APP_ENV", {"dev", "Development", "prod", " staging"}},
      {"LAB_MAX_CONNECTIONS", {"0", "1000001", "-1", "18446744073709551616"}},
      {"LAB_HEADER_TIMEOUT",
       {"0ms", "0s", "30001ms", "31s", "1m", "10", "s", "1.5s", "-1s", "1 s"}},
      {"LAB_BODY_TIMEOUT", {"0s", "601s", "11m", "5d", "1S"}},
      {"LAB_IDLE_TIMEOUT", {"0s", "3601s", "2h", "1us"}},
      {"LAB_WRITE_TIMEOUT", {"0s", "601s", "11m", "1us"}},
      {"LAB_SHUTDOWN_GRACE", {"601s", "-1s", "0", "forever"}},
      {"LAB_ENABLE", {"1", "yes", "TRUE", "on", "true ", "0"}},
      {"LAB_ALLOW_PROD", {"1", "True"}},
      {"LAB_LOG_LEVEL", {"trace", "INFO", "warning", "0"}},
      {"LAB_ARTIFACT_MAX_MB", {"0", "1048577", "-1", "1MB", "17592186044417"}},
      {"LAB_ARTIFACT_MAX_AGE", {"0s", "999ms", "8761h", "9223372036854775807h"}},
      {"LAB_TOKEN", {"with space", "tab\t", "new\nline", "t\xc3\xb6ken"}},
  }));
  CAPTURE(variable);
  for (auto const& value : values) {
    CAPTURE(value);

    auto const loaded = lab::load_settings({}, {{variable, value}});

    auto const expected =
        "environment " + variable + ": has to be " + std::string{row_of(variable).expects};
    CHECK(loaded.errors == std::vector{expected});
  }
}

TEST_CASE("Every setting", "[profiling_lab][settings]") {
  auto const& table = lab::settings_table();

  SECTION("has names of its own in every source") {
    for (auto const column : {&lab::setting::variable, &lab::setting::flag, &lab::setting::key}) {
      std::set<std::string_view> seen;
      for (auto const& row : table)
        if (!(row.*column).empty()) CHECK(seen.insert(row.*column).second);
    }
  }

  SECTION("is told apart from others by what it takes and is for") {
    for (auto const& row : table) {
      CAPTURE(row.variable);
      CHECK_FALSE(row.variable.empty());
      CHECK_FALSE(row.expects.empty());
      CHECK_FALSE(row.purpose.empty());
    }
  }

  SECTION("takes back what it shows as its default, unless it has none") {
    for (auto const& row : table) {
      CAPTURE(row.variable);
      auto const text = row.print({});
      if (text.empty()) continue;
      lab::settings values;
      CHECK(row.assign(values, text));
      CHECK(values == lab::settings{});
    }
  }

  SECTION("is named in a flag by its variable") {
    for (auto const& row : table) {
      if (row.flag.empty()) continue;
      std::string name{row.flag};
      for (char& c : name) c = c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
      CHECK(name == row.variable);
    }
  }

  SECTION("can be refused in every source by the same words") {
    for (auto const& row : table) {
      if (row.flag.empty()) continue;
      auto const flag = "--" + std::string{row.flag} + '=';
      auto const expected =
          "flag --" + std::string{row.flag} + ": has to be " + std::string{row.expects};
      CHECK(lab::load_settings({flag}, {}).errors == std::vector{expected});
    }
  }
}

TEST_CASE("The lab is open", "[profiling_lab][settings]") {
  auto const [enable, environment, allow_prod, open] =
      GENERATE(table<bool, lab::environment, bool, bool>({
          {false, lab::environment::development, true, false},
          {true, lab::environment::development, false, true},
          {true, lab::environment::staging, false, true},
          {true, lab::environment::production, false, false},
          {true, lab::environment::production, true, true},
          {false, lab::environment::production, true, false},
      }));
  lab::settings values;
  values.lab.enable = enable;
  values.lab.allow_prod = allow_prod;
  values.app_env = environment;
  CAPTURE(enable, lab::to_text(environment), allow_prod);

  CHECK(values.lab_is_open() == open);
}
