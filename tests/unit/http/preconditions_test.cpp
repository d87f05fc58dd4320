#include "support/catch.hpp"

#include <loopscope/http/preconditions.hpp>

#include <optional>
#include <string>
#include <string_view>

using namespace loopscope;
using http::field;
using http::status;
using http::verb;

namespace {

constexpr std::string_view etag = R"("sha256-abc")";

std::optional<status> judged(verb method, field name, std::string_view value) {
  http::request_head head;
  head.set_line(method, "", "/", 11);
  head.add(name, to_string(name), value);
  CHECK(http::is_conditional(head));
  return http::failed_precondition(head, etag);
}

}  // namespace

TEST_CASE("If-Match", "[http]") {
  SECTION("lets through what is still the same") {
    auto const value =
        GENERATE(as<std::string>{}, R"("sha256-abc")", "*", " * ", R"("x", "sha256-abc")",
                 R"("sha256-abc","x")", R"(,, "sha256-abc" ,)", R"(W/"x", "sha256-abc")",
                 R"("with, comma", "sha256-abc")");
    CAPTURE(value);

    CHECK_FALSE(judged(verb::get, field::if_match, value));
    CHECK_FALSE(judged(verb::delete_, field::if_match, value));
  }

  SECTION("stops everything else, also what is no list of tags") {
    auto const value =
        GENERATE(as<std::string>{}, R"("x")", "", ",", "sha256-abc", R"("sha256-abc)",
                 R"(W/"sha256-abc")", R"("sha256-abc" "x")", R"("SHA256-ABC")", R"(**)",
                 R"(*, "x")", R"("sha256-abc"x)", R"(w/"sha256-abc")");
    CAPTURE(value);

    CHECK(judged(verb::get, field::if_match, value) == status::precondition_failed);
    CHECK(judged(verb::delete_, field::if_match, value) == status::precondition_failed);
  }
}

TEST_CASE("If-None-Match", "[http]") {
  SECTION("stops what the client has, with 304 where it reads") {
    auto const value = GENERATE(as<std::string>{}, R"("sha256-abc")", "*", R"(W/"sha256-abc")",
                                R"("x", W/"sha256-abc")");
    CAPTURE(value);

    CHECK(judged(verb::get, field::if_none_match, value) == status::not_modified);
    CHECK(judged(verb::head, field::if_none_match, value) == status::not_modified);
    CHECK(judged(verb::delete_, field::if_none_match, value) == status::precondition_failed);
  }

  SECTION("lets through what it has not") {
    auto const value = GENERATE(as<std::string>{}, R"("x")", "", "sha256-abc", R"("x", "y")");
    CAPTURE(value);

    CHECK_FALSE(judged(verb::get, field::if_none_match, value));
  }
}

TEST_CASE("Both preconditions have to hold, and If-Match comes first", "[http]") {
  http::request_head head;
  head.set_line(verb::get, "GET", "/", 11);
  CHECK_FALSE(http::is_conditional(head));
  CHECK_FALSE(http::failed_precondition(head, etag));

  head.add(field::if_none_match, "If-None-Match", R"("x")");
  head.add(field::if_none_match, "If-None-Match", etag);
  CHECK(http::failed_precondition(head, etag) == status::not_modified);

  head.add(field::if_match, "If-Match", R"("x")");
  CHECK(http::failed_precondition(head, etag) == status::precondition_failed);
}
