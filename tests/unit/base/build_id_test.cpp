#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/build_id.hpp>

#include <filesystem>
#include <string>

using namespace loopscope;

TEST_CASE("The executable knows its build id", "[base]") {
  auto const& id = executable_build_id();

  SECTION("in hexadecimal, two digits a byte") {
    CHECK(id.size() == 40);  // --build-id=sha1
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  }

  SECTION("as it stands in the file, not in a library") {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < id.size(); i += 2)
      bytes += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
    auto const note = std::string{"GNU\0", 4} + bytes;

    CHECK(test::read_file("/proc/self/exe").find(note) != std::string::npos);
  }
}

TEST_CASE("The library knows its version", "[base]") {
  auto const text = std::string{version()};

  CHECK_THAT(text, Catch::Matchers::Matches(R"(\d+\.\d+\.\d+)"));
}
