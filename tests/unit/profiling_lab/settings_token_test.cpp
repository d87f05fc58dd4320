#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <profiling_lab/settings.hpp>

#include <map>
#include <string>
#include <vector>

using namespace loopscope;
using lab::load_settings;

namespace {

using variables = std::map<std::string, std::string>;
using errors = std::vector<std::string>;

std::string const eleven = "eleven-long";
std::string const twelve = "twelve--long";

// What is wrong with a token that comes from a file with this content.
struct token_file {
  test::temp_dir dir;
  std::string path = (dir / "token").string();

  explicit token_file(std::string_view text) { test::write_file(path, text); }

  [[nodiscard]] lab::loaded_settings load(variables more = {{"LAB_ENABLE", "true"}}) const {
    more["LAB_TOKEN_FILE"] = path;
    return load_settings({}, more);
  }
};

}  // namespace

TEST_CASE("Enabling the lab", "[profiling_lab][settings]") {
  SECTION("needs a token") {
    auto const loaded = load_settings({}, {{"LAB_ENABLE", "true"}});

    CHECK(loaded.errors == errors{"LAB_ENABLE: needs LAB_TOKEN or LAB_TOKEN_FILE"});
  }

  SECTION("needs a token of twelve characters unless it is in development") {
    auto const [environment, token, accepted] = GENERATE_REF(table<std::string, std::string, bool>({
        {"development", "x", true},
        {"development", eleven, true},
        {"staging", eleven, false},
        {"production", eleven, false},
        {"staging", twelve, true},
        {"production", twelve, true},
    }));
    CAPTURE(environment, token);

    auto const loaded =
        load_settings({}, {{"LAB_ENABLE", "true"}, {"APP_ENV", environment}, {"LAB_TOKEN", token}});

    CHECK(loaded.errors.empty() == accepted);
    CHECK(loaded.values.lab.token.matches(token));
    if (!accepted)
      CHECK(loaded.errors == errors{"LAB_TOKEN: has to be at least 12 characters long unless "
                                    "APP_ENV is development"});
  }
}

TEST_CASE("A token for a lab that stays closed may be short or missing",
          "[profiling_lab][settings]") {
  CHECK(load_settings({}, {{"APP_ENV", "production"}, {"LAB_TOKEN", "x"}}).errors.empty());
  CHECK(load_settings({}, {{"APP_ENV", "production"}}).errors.empty());
}

TEST_CASE("A token file", "[profiling_lab][settings]") {
  SECTION("gives the token without the line's end") {
    auto const ending = GENERATE(as<std::string>{}, "", "\n", "\r\n", "\n\n");
    token_file const file{twelve + ending};

    auto const loaded = file.load();

    CHECK(loaded.errors.empty());
    CHECK(loaded.values.lab.token.matches(twelve));
    CHECK(loaded.values.lab.token.length() == 12);
  }

  SECTION("has to hold one token and nothing else") {
    auto const text = GENERATE(as<std::string>{}, "", "\n", " \n", "two words", "two\nlines\n",
                               " leading", "trailing \n");
    CAPTURE(text);
    token_file const file{text};

    CHECK(file.load({}).errors ==
          errors{"LAB_TOKEN_FILE " + file.path + ": has to hold visible ASCII characters"});
  }

  SECTION("has to be a file that can be read") {
    test::temp_dir const dir;
    auto const path = GENERATE_REF((dir / "missing").string(), dir.path().string());
    CAPTURE(path);

    CHECK(load_settings({}, {{"LAB_TOKEN_FILE", path}}).errors ==
          errors{"LAB_TOKEN_FILE " + path + ": cannot be read: No such file or directory"});
  }

  SECTION("does not stand beside a token") {
    token_file const file{twelve};

    CHECK(file.load({{"LAB_TOKEN", twelve}}).errors ==
          errors{"LAB_TOKEN, LAB_TOKEN_FILE: only one of them may be set"});
  }

  SECTION("is held to the length of tokens too") {
    token_file const file{eleven};

    CHECK(file.load({{"LAB_ENABLE", "true"}, {"APP_ENV", "staging"}}).errors.size() == 1);
  }

  SECTION("can be named by a flag and in the configuration") {
    token_file const file{twelve};
    auto const config = file.dir / "lab.json";
    test::write_file(config, R"({"lab": {"token_file": ")" + file.path + R"("}})");

    CHECK(load_settings({"--lab-token-file=" + file.path}, {}).values.lab.token.matches(twelve));
    CHECK(load_settings({"--config=" + config.string()}, {}).values.lab.token.matches(twelve));
  }
}

TEST_CASE("A token is never shown", "[profiling_lab][settings]") {
  token_file const file{twelve};
  auto const from_variable = load_settings({}, {{"LAB_TOKEN", twelve}});
  auto const from_file = file.load();
  auto const wrong = load_settings({}, {{"LAB_TOKEN", twelve + " x"}});
  auto const misplaced = load_settings({"--lab-token=" + twelve, twelve}, {});

  for (auto const* loaded : {&from_variable, &from_file, &wrong, &misplaced}) {
    for (auto const& [name, value] : lab::printable(loaded->values)) {
      CAPTURE(name);
      CHECK(value.find(twelve) == std::string::npos);
    }
    for (auto const& error : loaded->errors) CHECK(error.find(twelve) == std::string::npos);
  }
  std::map<std::string_view, std::string> const shown = [&] {
    auto const all = lab::printable(from_variable.values);
    return std::map<std::string_view, std::string>{all.begin(), all.end()};
  }();
  CHECK(shown.at("LAB_TOKEN") == "***");
  CHECK(shown.at("PORT") == "3001");
}
