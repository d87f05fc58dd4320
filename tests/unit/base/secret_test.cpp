#include "support/catch.hpp"

#include <loopscope/base/secret.hpp>

#include <sstream>
#include <string>

using namespace loopscope;

namespace {

std::string printed(secret const& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

TEST_CASE("A secret matches its own text only", "[base]") {
  secret const token{"correct horse"};

  SECTION("the same text") {
    CHECK(token.matches("correct horse"));
    CHECK(token.length() == 13);
    CHECK_FALSE(token.empty());
  }

  SECTION("no other") {
    auto const candidate =
        GENERATE(as<std::string>{}, "", "c", "correct hors", "correct horse ", "correct horsf",
                 "Correct horse", "***", std::string{"correct horse\0", 14});
    CAPTURE(candidate);

    CHECK_FALSE(token.matches(candidate));
  }

  SECTION("bytes after a zero count") {
    secret const binary{std::string_view{"a\0b", 3}};

    CHECK(binary.matches(std::string_view{"a\0b", 3}));
    CHECK_FALSE(binary.matches(std::string_view{"a\0c", 3}));
  }
}

TEST_CASE("An empty secret matches nothing", "[base]") {
  auto const token = GENERATE(secret{}, secret{""});
  auto const candidate = GENERATE(as<std::string>{}, "", " ", "x", std::string(32, '\0'));
  CAPTURE(candidate);

  CHECK(token.empty());
  CHECK_FALSE(token.matches(candidate));
}

TEST_CASE("A secret never prints its text", "[base]") {
  CHECK(printed(secret{"correct horse"}) == "***");
  CHECK(printed(secret{"x"}) == "***");
  CHECK(printed(secret{}).empty());
}

TEST_CASE("Secrets are equal when their texts are", "[base]") {
  CHECK(secret{"one"} == secret{"one"});
  CHECK(secret{"one"} != secret{"two"});
  CHECK(secret{"one"} != secret{});
}
