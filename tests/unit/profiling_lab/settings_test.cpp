#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <profiling_lab/settings.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
using lab::load_settings;

namespace {

using variables = std::map<std::string, std::string>;
using flags = std::vector<std::string_view>;

// A configuration file, and the flag that names it.
struct config_file {
  test::temp_dir dir;
  std::string path = (dir / "lab.json").string();
  std::string flag = "--config=" + path;

  explicit config_file(std::string_view text) { test::write_file(path, text); }
};

}  // namespace

TEST_CASE("Settings without any source are the defaults", "[profiling_lab][settings]") {
  auto const loaded = load_settings({}, {});

  CHECK(loaded.errors.empty());
  CHECK(loaded.command == lab::command::run);
  CHECK(loaded.values == lab::settings{});
  CHECK(loaded.values.server.host.to_string() == "127.0.0.1");
  CHECK(loaded.values.server.port == 3001);
  CHECK_FALSE(loaded.values.lab.enable);
  CHECK(loaded.values.artifacts.max_age == 24h);
}

TEST_CASE("The sources of settings", "[profiling_lab][settings]") {
  config_file const file{
      R"({"server": {"port": 1001, "host": "127.0.0.2"}, "app_env": "staging"})"};

  SECTION("win in their order: flag, environment, file, default") {
    auto const from_file = load_settings({file.flag}, {});
    auto const from_environment = load_settings({file.flag}, {{"PORT", "1002"}});
    auto const from_flag = load_settings({file.flag, "--port=1003"}, {{"PORT", "1002"}});

    CHECK(from_file.values.server.port == 1001);
    CHECK(from_environment.values.server.port == 1002);
    CHECK(from_flag.values.server.port == 1003);
    CHECK(from_flag.values.server.host.to_string() == "127.0.0.2");
    CHECK(from_flag.values.app_env == lab::environment::staging);
    CHECK(from_flag.values.artifacts.directory == "/tmp");
    CHECK(from_flag.errors.empty());
  }

  SECTION("are checked even where another one wins") {
    auto const loaded = load_settings({"--port=1003"}, {{"PORT", "none"}});

    CHECK(loaded.values.server.port == 1003);
    CHECK(loaded.errors ==
          std::vector<std::string>{"environment PORT: has to be an integer from 0 to 65535"});
  }

  SECTION("have the file named by LAB_CONFIG, unless a flag names another") {
    config_file const other{R"({"server": {"port": 2001}})"};

    CHECK(load_settings({}, {{"LAB_CONFIG", other.path}}).values.server.port == 2001);
    CHECK(load_settings({file.flag}, {{"LAB_CONFIG", other.path}}).values.server.port == 1001);
  }

  SECTION("count an empty variable as unset") {
    auto const loaded = load_settings(
        {},
        {{"PORT", ""}, {"HOST", ""}, {"LAB_TOKEN", ""}, {"LAB_ENABLE", ""}, {"LAB_CONFIG", ""}});

    CHECK(loaded.errors.empty());
    CHECK(loaded.values == lab::settings{});
  }

  SECTION("do not include variables of others") {
    auto const loaded =
        load_settings({}, {{"PATH", "/bin"}, {"MY_LAB_X", "1"}, {"SERVER_PORT", "1"}});

    CHECK(loaded.errors.empty());
    CHECK(loaded.values == lab::settings{});
  }
}

TEST_CASE("Flags", "[profiling_lab][settings]") {
  SECTION("take their value after an equals sign or as the next word") {
    auto const given = GENERATE(flags{"--port=5", "--app-env=staging"},
                                flags{"--port", "5", "--app-env", "staging"},
                                flags{"--app-env", "staging", "--port=5"});

    auto const loaded = load_settings(given, {});

    CHECK(loaded.errors.empty());
    CHECK(loaded.values.server.port == 5);
    CHECK(loaded.values.app_env == lab::environment::staging);
  }

  SECTION("keep what follows the first equals sign") {
    CHECK(load_settings({"--lab-artifact-dir=/a=b"}, {}).values.artifacts.directory == "/a=b");
  }

  SECTION("that ask for something else than to run are told apart") {
    auto const [flag, command] = GENERATE(table<std::string, lab::command>({
        {"--help", lab::command::help},
        {"-h", lab::command::help},
        {"--version", lab::command::version},
        {"--healthcheck", lab::command::healthcheck},
    }));
    CAPTURE(flag);

    auto const loaded = load_settings({flag}, {});

    CHECK(loaded.command == command);
    CHECK(loaded.errors.empty());
  }

  SECTION("for help and version work whatever the environment has") {
    auto const flag = GENERATE(as<std::string>{}, "--help", "--version");
    CAPTURE(flag);

    auto const loaded =
        load_settings({flag}, {{"PORT", "x"}, {"LAB_X", "1"}, {"LAB_CONFIG", "/no/such/file"}});

    CHECK(loaded.errors.empty());
  }

  SECTION("for a health check read the settings of the service that runs") {
    auto const loaded = load_settings({"--healthcheck"}, {{"PORT", "4000"}});

    CHECK(loaded.values.server.port == 4000);
  }

  SECTION("are complained of one by one") {
    auto const [given, complaint] = GENERATE(table<flags, std::string>({
        {{"--no-such=1"}, "flag --no-such: unknown flag"},
        {{"--Port=1"}, "flag --Port: unknown flag"},
        {{"--"}, "flag --: unknown flag"},
        {{"--=1"}, "flag --: unknown flag"},
        {{"--lab-token=correct-token"}, "flag --lab-token: unknown flag"},
        {{"--help=1"}, "flag --help: unknown flag"},
        {{"--port"}, "flag --port: needs a value"},
        {{"--port", "--host=::1"}, "flag --port: needs a value"},
        {{"--config"}, "flag --config: needs a value"},
        {{"--port=1", "--port=2"}, "flag --port: given more than once"},
        {{"--port=1", "--port=1"}, "flag --port: given more than once"},
        {{"--config=/dev/null", "--config=/dev/null"}, "flag --config: given more than once"},
    }));
    CAPTURE(complaint);

    auto const errors = load_settings(given, {}).errors;

    CHECK(std::find(errors.begin(), errors.end(), complaint) != errors.end());
  }

  SECTION("that are none are not repeated: one may be a token in the wrong place") {
    auto const word = GENERATE(as<std::string>{}, "correct-token", "-p", "port=1", "");

    auto const errors = load_settings({"--port=1", word}, {}).errors;

    CHECK(errors == std::vector<std::string>{"argument 2: is not a flag"});
  }
}

TEST_CASE("A configuration file", "[profiling_lab][settings]") {
  SECTION("gives every setting that is no secret") {
    config_file const file{R"({
      "app_env": "production",
      "server": {"host": "::1", "port": 1, "max_connections": 2, "header_timeout": "3s",
                 "body_timeout": "4s", "idle_timeout": "5s", "write_timeout": "7s",
                 "shutdown_grace": "6s"},
      "lab": {"enable": true, "allow_prod": true},
      "artifacts": {"dir": "/x", "max_mb": 7, "max_age": "8h"},
      "log": {"level": "warn"}})"};

    auto const loaded = load_settings({file.flag}, {{"LAB_TOKEN", "correct-token"}});

    auto const& values = loaded.values;
    CHECK(loaded.errors.empty());
    CHECK(values.app_env == lab::environment::production);
    CHECK(values.server.host.to_string() == "::1");
    CHECK(values.server.port == 1);
    CHECK(values.server.limits.connections == 2);
    CHECK(values.server.limits.head_time == 3s);
    CHECK(values.server.limits.body_time == 4s);
    CHECK(values.server.limits.idle_time == 5s);
    CHECK(values.server.limits.write_time == 7s);
    CHECK(values.server.shutdown_grace == 6s);
    CHECK(values.lab.enable);
    CHECK(values.lab.allow_prod);
    CHECK(values.artifacts == artifacts::settings{"/x", mebibytes(7), 8h});
    CHECK(values.log_level == log_level::warn);
  }

  SECTION("may be empty of settings") {
    config_file const file{"{}"};

    CHECK(load_settings({file.flag}, {}).values == lab::settings{});
  }

  SECTION("that the repository has says what the defaults are") {
    auto const path = std::filesystem::path{GOLDEN_DIR} / "../../config/lab.json";

    auto const loaded = load_settings({"--config=" + path.lexically_normal().string()}, {});

    CHECK(loaded.errors.empty());
    CHECK(loaded.values == lab::settings{});
  }

  SECTION("is complained of by key") {
    auto const [text, complaint] = GENERATE(table<std::string, std::string>({
        {R"({"port": 1})", " port: unknown key"},
        {R"({"server": {"prot": 1}})", " server.prot: unknown key"},
        {R"({"server": {"port": {"x": 1}}})", " server.port: has to be a string,"},
        {R"({"server": 1})", " server: has to be an object"},
        {R"({"server": []})", " server: has to be an object"},
        {R"({"server": {"port": "3001"}})", " server.port: has to be an integer from 0 to 65535"},
        {R"({"server": {"port": 1.5}})", " server.port: has to be a string, an integer or a bool"},
        {R"({"server": {"port": null}})", " server.port: has to be a string, an integer or a bool"},
        {R"({"server": {"port": [1]}})", " server.port: has to be a string, an integer or a bool"},
        {R"({"server": {"port": -1}})", " server.port: has to be an integer from 0 to 65535"},
        {R"({"server": {"port": true}})", " server.port: has to be an integer from 0 to 65535"},
        {R"({"server": {"header_timeout": 10}})", " server.header_timeout: has to be a duration"},
        {R"({"lab": {"enable": "true"}})", " lab.enable: has to be true or false"},
        {R"({"lab": {"enable": 1}})", " lab.enable: has to be true or false"},
        {R"({"lab": {"token": "correct-token"}})", " lab.token: unknown key"},
        {R"({"": 1})", " : unknown key"},
    }));
    CAPTURE(text);
    config_file const file{text};

    auto const errors = load_settings({file.flag}, {}).errors;

    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], Catch::Matchers::StartsWith("file " + file.path + complaint));
  }

  SECTION("has to be there and to be a JSON object") {
    auto const [text, complaint] = GENERATE(table<std::string, std::string>({
        {"", " line 1: not JSON: "},
        {"port = 1", " line 1: not JSON: "},
        {"{} {}", " line 1: not JSON: extra data"},
        {"{\n  \"server\": {},\n}", " line 3: not JSON: "},
        {"{\n  \"server\": {\n", " line 3: not JSON: incomplete"},
        {"[]", ": not an object"},
        {"1", ": not an object"},
    }));
    CAPTURE(text);
    config_file const file{text};

    auto const errors = load_settings({file.flag}, {}).errors;

    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], Catch::Matchers::StartsWith("file " + file.path + complaint));
  }

  SECTION("cannot be missing or a directory") {
    test::temp_dir const dir;
    auto const [path, cause] = GENERATE_REF(table<std::string, std::string>(
        {{dir.path().string(), "Is a directory"},
         {(dir / "missing").string(), "No such file or directory"}}));
    CAPTURE(path);

    CHECK(load_settings({"--config=" + path}, {}).errors ==
          std::vector<std::string>{"file " + path + ": cannot be read: " + cause});
  }
}

TEST_CASE("Everything that is wrong is reported at once", "[profiling_lab][settings]") {
  config_file const file{R"({"server": {"port": "x", "y": 1}, "z": 2})"};

  auto const errors =
      load_settings({file.flag, "--host=nowhere", "--unknown=1"},
                    {{"LAB_NO_SUCH", "1"}, {"APP_ENV", "dev"}, {"LAB_ENABLE", "true"}})
          .errors;

  CHECK(errors.size() == 8);
  std::vector<std::string> const expected{"flag --unknown: ",
                                          "environment LAB_NO_SUCH: ",
                                          "file " + file.path + " server.port: ",
                                          "file " + file.path + " server.y: ",
                                          "file " + file.path + " z: ",
                                          "environment APP_ENV: ",
                                          "flag --host: ",
                                          "LAB_ENABLE: "};
  for (auto const& name : expected) {
    CAPTURE(name);
    CHECK(std::count_if(errors.begin(), errors.end(),
                        [&](auto const& error) { return error.starts_with(name); }) == 1);
  }
}
