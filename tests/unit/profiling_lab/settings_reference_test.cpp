#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <profiling_lab/settings.hpp>
#include <profiling_lab/settings_table.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

using namespace loopscope;
using test::ContainsSubstring;

namespace {

constexpr std::string_view begin_mark = "<!-- settings:begin -->\n";
constexpr std::string_view end_mark = "<!-- settings:end -->";

// The README's settings table. With APPROVE=1 in the environment it is rewritten.
std::string readme_table() {
  auto const path = (std::filesystem::path{GOLDEN_DIR} / "../../README.md").lexically_normal();
  auto text = test::read_file(path);
  auto const marked = text.find(begin_mark);
  REQUIRE(marked != std::string::npos);
  auto const begin = marked + begin_mark.size();
  auto const end = text.find(end_mark, begin);
  REQUIRE(end != std::string::npos);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  if (!std::getenv("APPROVE")) return text.substr(begin, end - begin);
  test::write_file(path, text.replace(begin, end - begin, lab::settings_markdown()));
  return lab::settings_markdown();
}

}  // namespace

TEST_CASE("The README has the settings as they are", "[profiling_lab][settings]") {
  CHECK(readme_table() == lab::settings_markdown());
}

TEST_CASE("The settings table for people", "[profiling_lab][settings]") {
  auto const text = lab::settings_markdown();

  SECTION("is one row a setting, with as many cells as the head has") {
    std::istringstream in{text};
    std::size_t rows = 0;
    for (std::string row; std::getline(in, row); ++rows) {
      CAPTURE(row);
      CHECK(std::count(row.begin(), row.end(), '|') == 7);
    }
    CHECK(rows == 2 + lab::settings_table().size());
  }

  SECTION("names a secret's variable alone") {
    CHECK_THAT(text, ContainsSubstring("\n| `LAB_TOKEN` | - | - |"));
  }

  SECTION("has the defaults") {
    CHECK_THAT(text, ContainsSubstring("\n| `PORT` | `--port` | `server.port` |"));
    CHECK_THAT(text, ContainsSubstring("| an integer from 0 to 65535 | `3001` |\n"));
  }
}

TEST_CASE("The help", "[profiling_lab][settings]") {
  auto const text = lab::settings_help();

  SECTION("names every setting in every source, what it takes and its default") {
    for (auto const& row : lab::settings_table()) {
      CAPTURE(row.variable);
      CHECK_THAT(text, ContainsSubstring('[' + std::string{row.variable} + ']'));
      CHECK_THAT(text, ContainsSubstring("Takes " + std::string{row.expects}));
      if (!row.flag.empty())
        CHECK_THAT(text, ContainsSubstring("--" + std::string{row.flag} + ' '));
      if (!row.key.empty()) CHECK_THAT(text, ContainsSubstring('(' + std::string{row.key} + ')'));
    }
  }

  SECTION("names the other flags") {
    for (std::string const flag : {"--help", "--version", "--healthcheck", "--config"})
      CHECK_THAT(text, ContainsSubstring(flag));
  }
}
