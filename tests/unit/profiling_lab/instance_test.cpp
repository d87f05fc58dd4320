#include "support/catch.hpp"
#include "support/serving_thread.hpp"

#include <profiling_lab/instance.hpp>

#include <chrono>
#include <string>
#include <unistd.h>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using http::status;
using http::verb;

namespace {

http::handler respond(status code, std::string const& body) {
  return [=](http::request const&) -> asio::awaitable<http::response> {
    co_return http::text(code, "application/json", body);
  };
}

http::route task(std::string_view path, http::handler handler) {
  return {verb::get, std::string{path}, http::access::open, std::move(handler), ""};
}

std::string const arn = "arn:aws:ecs:eu-central-1:123456789012:task/lab/0123456789abcdef";

std::vector<http::route> metadata_endpoint() {
  return {
      task("/v4/good/task", respond(status::ok, R"({"Cluster":"lab","TaskARN":")" + arn + "\"}")),
      task("/v4/error/task", respond(status::not_found, R"({"TaskARN":")" + arn + "\"}")),
      task("/v4/text/task", respond(status::ok, "no JSON")),
      task("/v4/array/task", respond(status::ok, R"(["TaskARN"])")),
      task("/v4/none/task", respond(status::ok, R"({"Cluster":"lab"})")),
      task("/v4/number/task", respond(status::ok, R"({"TaskARN":7})")),
  };
}

}  // namespace

TEST_CASE("An instance", "[profiling_lab][instance]") {
  SECTION("is this process, with an id of its own") {
    auto const before = std::chrono::system_clock::now();
    auto const one = lab::describe_instance("");
    auto const two = lab::describe_instance("");

    CHECK(one.pid == getpid());
    CHECK(one.id.size() == 16);
    CHECK(one.id.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(one.id != two.id);
    CHECK(one.started_at >= before);
    CHECK(one.started_at <= std::chrono::system_clock::now());
  }

  SECTION("has no task outside of ECS") {
    CHECK(lab::describe_instance("").task_arn.empty());
  }
}

TEST_CASE("The task of an instance on ECS", "[profiling_lab][instance]") {
  test::serving_thread const metadata{metadata_endpoint()};
  auto const host = "http://127.0.0.1:" + std::to_string(metadata.port());

  SECTION("is what the metadata endpoint calls it") {
    CHECK(lab::describe_instance(host + "/v4/good").task_arn == arn);
  }

  SECTION("is unknown when the endpoint does not name it") {
    auto const path = GENERATE(as<std::string>{}, "/v4/error", "/v4/text", "/v4/array", "/v4/none",
                               "/v4/number", "/v4/missing", "");
    CAPTURE(path);

    CHECK(lab::describe_instance(host + path).task_arn.empty());
  }

  SECTION("is unknown when the address is none") {
    auto const uri = GENERATE(as<std::string>{}, "https://127.0.0.1/v4", "127.0.0.1/v4", "http://",
                              "http:///v4", "nonsense");
    CAPTURE(uri);

    CHECK(lab::describe_instance(uri).task_arn.empty());
  }
}

TEST_CASE("An instance does not wait for a metadata endpoint that is not there",
          "[profiling_lab][instance]") {
  // Bound, so that nobody else gets the port, and not listening.
  asio::io_context loop;
  asio::ip::tcp::socket const silent{loop, {asio::ip::address_v4::loopback(), 0}};
  auto const port = std::to_string(silent.local_endpoint().port());
  auto const started = std::chrono::steady_clock::now();

  CHECK(lab::describe_instance("http://127.0.0.1:" + port + "/v4").task_arn.empty());
  CHECK(std::chrono::steady_clock::now() - started < 1s);
}
