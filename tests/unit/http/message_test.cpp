#include "support/catch.hpp"

#include <loopscope/http/message.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cerrno>
#include <string>
#include <system_error>

using namespace loopscope;
using http::field;
using http::status;

namespace {

boost::json::object body_of(http::response const& response) {
  return boost::json::parse(response.message.body()).as_object();
}

}  // namespace

TEST_CASE("Every error has its status", "[http]") {
  auto const [error, code] = GENERATE(table<errc, status>({
      {errc::busy, status::conflict},
      {errc::timed_out, status::gateway_timeout},
      {errc::invalid_argument, status::bad_request},
      {errc::not_found, status::not_found},
      {errc::quota_exceeded, status::insufficient_storage},
      {errc::storage_full, status::insufficient_storage},
      {errc::memory_refused, status::insufficient_storage},
      {errc::range_unsatisfiable, status::range_not_satisfiable},
      {errc::unsupported, status::not_implemented},
      {errc::nothing_captured, status::internal_server_error},
      {errc::capture_failed, status::internal_server_error},
      {errc::cancelled, status::conflict},
      {errc::rename_refused, status::insufficient_storage},
      {errc::tracking_off, status::conflict},
      {errc::encoder_failed, status::internal_server_error},
      {errc::not_a_raw_capture, status::internal_server_error},
      {errc::unknown_raw_version, status::internal_server_error},
      {errc::raw_truncated, status::internal_server_error},
      {errc::raw_malformed, status::internal_server_error},
  }));
  auto const message = make_error_code(error).message();
  CAPTURE(message);

  CHECK(http::status_of(error) == code);
  auto const response = http::problem(error);
  CHECK(response.code() == code);
  CHECK(body_of(response).at("detail").as_string() == message);
}

TEST_CASE("A storage error is 507, with its cause", "[http]") {
  auto const error = GENERATE(ENOENT, EACCES, EMFILE, ENOSPC, EDQUOT, EIO, EROFS);
  CAPTURE(error);

  auto const response = http::problem(storage_error(error));

  CHECK(response.code() == status::insufficient_storage);
  CHECK(body_of(response).at("detail").as_string() == storage_error(error).message());
}

TEST_CASE("An error of another kind is ours, not the caller's", "[http]") {
  auto const error =
      boost::system::errc::make_error_code(GENERATE(boost::system::errc::no_such_file_or_directory,
                                                    boost::system::errc::operation_not_permitted));

  CHECK(http::status_of(error) == status::internal_server_error);
}

TEST_CASE("A problem", "[http]") {
  SECTION("has type, title, status and detail") {
    auto const response = http::problem(status::bad_request, "ms: an integer from 1 to 60000");

    auto const body = body_of(response);
    CHECK(response.code() == status::bad_request);
    CHECK(response.message[field::content_type] == "application/problem+json");
    CHECK(body.size() == 4);
    CHECK(body.at("type").as_string() == "about:blank");
    CHECK(body.at("title").as_string() == "Bad Request");
    CHECK(body.at("status").as_int64() == 400);
    CHECK(body.at("detail").as_string() == "ms: an integer from 1 to 60000");
  }

  SECTION("has no detail if none is given") {
    auto const body = body_of(http::problem(status::forbidden));

    CHECK(body.size() == 3);
    CHECK_FALSE(body.contains("detail"));
  }

  SECTION("gives a detail in place of the error's own words") {
    auto const body = body_of(http::problem(errc::memory_refused, "1 MiB is left"));

    CHECK(body.at("status").as_int64() == 507);
    CHECK(body.at("detail").as_string() == "1 MiB is left");
  }

  SECTION("ends with a newline, so that it does not run into the next prompt") {
    auto const response = http::problem(status::bad_request, "ms: an integer");

    CHECK(response.message.body().ends_with("}\n"));
  }

  SECTION("escapes what it quotes") {
    auto const body = body_of(http::problem(status::bad_request, "a \"b\" \n\\"));

    CHECK(body.at("detail").as_string() == "a \"b\" \n\\");
  }
}

TEST_CASE("A JSON response", "[http]") {
  SECTION("says so, and has no source") {
    auto const response = http::json(status::created, boost::json::object{{"a", 1}});

    CHECK(response.code() == status::created);
    CHECK(response.message[field::content_type] == "application/json");
    CHECK(response.message.body() == "{\"a\":1}\n");
    CHECK_FALSE(response.source);
  }

  SECTION("writes values as people do") {
    auto const [value, text] = GENERATE(table<boost::json::value, std::string>({
        {2.0, "2"},
        {0.5, "0.5"},
        {-1.25, "-1.25"},
        {1234.5, "1234.5"},
        {7, "7"},
        {nullptr, "null"},
        {true, "true"},
        {"q\"\n", R"("q\"\u000a")"},
        {boost::json::array{}, "[]"},
        {boost::json::array{1, 2.5, "x"}, R"([1,2.5,"x"])"},
        {boost::json::object{}, "{}"},
        {boost::json::object{{"a\"", 1.5}, {"b", boost::json::object{{"c", nullptr}}}},
         R"({"a\"":1.5,"b":{"c":null}})"},
    }));
    CAPTURE(text);

    CHECK(http::json(status::ok, value).message.body() == text + "\n");
  }

  SECTION("reads back as the same number") {
    auto const number = GENERATE(0.1, 1.0 / 3, 1e300, 1e-300, 123456789.123456789);

    auto const response = http::json(status::ok, boost::json::array{number});

    CHECK(std::stod(response.message.body().substr(1)) == number);
  }
}

TEST_CASE("Other responses", "[http]") {
  SECTION("have the media type that they are given") {
    auto const response = http::text(status::ok, "text/plain; version=0.0.4", "a 1\n");

    CHECK(response.message[field::content_type] == "text/plain; version=0.0.4");
    CHECK(response.message.body() == "a 1\n");
  }

  SECTION("have no body and no type if they are empty") {
    auto const response = http::empty(status::no_content);

    CHECK(response.code() == status::no_content);
    CHECK(response.message.body().empty());
    CHECK(response.message.count(field::content_type) == 0);
  }
}
