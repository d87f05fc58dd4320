#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using http::field;
using http::status;
using http::verb;
using test::peer;
using test::request;

namespace {

std::string const with_token = "X-Lab-Token: correct-token";

// Counts how often a handler was reached.
struct counted {
  int calls = 0;

  http::handler handler() {
    return [this](http::request const& asked) -> asio::awaitable<http::response> {
      ++calls;
      co_return http::text(status::ok, "text/plain", std::to_string(asked.body.size()));
    };
  }

  std::vector<http::route> routes() {
    using http::access;
    return {
        {verb::get, "/open", access::open, handler(), ""},
        {verb::post, "/open", access::open, handler(), "", {}, bytes(10)},
        {verb::get, "/closed", access::token, handler(), ""},
        {verb::post, "/api/lab/act", access::token, handler(), ""},
    };
  }
};

std::string detail_of(test::string_response const& response) {
  auto const body = boost::json::parse(response.body()).as_object();
  REQUIRE(body.contains("detail"));
  return std::string{body.at("detail").as_string()};
}

}  // namespace

TEST_CASE("What is guarded", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};

  SECTION("is 403 without the right token, whether it exists or not") {
    auto const line =
        GENERATE(as<std::string>{}, "POST /api/lab/act", "GET /api/lab/act", "GET /api/lab/no",
                 "GET /api/lab", "GET /api/lab/../open", "GET /api%2Flab/act", "GET /api/lab/%zz",
                 "POST /api/lab/act?x=1", "GET /closed", "GET http://elsewhere/api/lab/act");
    CAPTURE(line);

    auto const response = client.ask(request(line, {"X-Lab-Token: wrong"}));

    CHECK(response.result() == status::forbidden);
    CHECK(response[field::content_type] == "application/problem+json");
    CHECK(response.count("x-lab-instance") == 0);
    CHECK(response.count(field::allow) == 0);
    CHECK(reached.calls == 0);
  }

  SECTION("is refused in the same words for every reason") {
    auto const none = client.ask(request("POST /api/lab/act")).body();
    auto const wrong = client.ask(request("POST /api/lab/act", {"X-Lab-Token: wrong"})).body();
    auto const twice = client.ask(request("POST /api/lab/act", {with_token, with_token})).body();
    auto const missing = client.ask(request("GET /api/lab/missing")).body();

    CHECK(none == wrong);
    CHECK(none == twice);
    CHECK(none == missing);
  }

  SECTION("is refused before the body is read") {
    client.send(request("POST /api/lab/act", {"Content-Length: 1000000"}));

    auto const response = client.read();

    CHECK(response.result() == status::forbidden);
    CHECK_FALSE(response.keep_alive());
  }

  SECTION("responds to the holder of the token, and says which instance it is") {
    auto const response = client.ask(request("POST /api/lab/act", {with_token}));

    CHECK(response.result() == status::ok);
    CHECK(response["x-lab-instance"] == "instance-1");
    CHECK(reached.calls == 1);
  }

  SECTION("says to the holder of the token what there is not") {
    auto const [line, code] = GENERATE(table<std::string, status>({
        {"GET /api/lab/act", status::method_not_allowed},
        {"GET /api/lab/no", status::not_found},
        {"GET /api/lab", status::not_found},
        {"GET /api/lab/../open", status::not_found},
        {"GET /api/lab/%zz", status::bad_request},
        {"POST /api/lab/act?x=1", status::bad_request},
    }));
    CAPTURE(line);

    auto const response = client.ask(request(line, {with_token}));

    CHECK(response.result() == code);
    CHECK(response["x-lab-instance"] == "instance-1");
  }
}

TEST_CASE("What is public", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};

  SECTION("needs no token and shows no instance") {
    auto const response = client.ask(request("GET /open"));

    CHECK(response.result() == status::ok);
    CHECK(response.count("x-lab-instance") == 0);
  }

  SECTION("is 404 for an unknown path") {
    CHECK(client.ask(request("GET /no")).result() == status::not_found);
  }

  SECTION("is 405 for an unknown verb, with those that are known") {
    auto const response = client.ask(request("BREW /open"));

    CHECK(response.result() == status::method_not_allowed);
    CHECK(response[field::allow] == "GET, HEAD, POST");
  }

  SECTION("is 400 for a wrong parameter, which is named") {
    auto const response = client.ask(request("GET /open?a=1"));

    CHECK(response.result() == status::bad_request);
    CHECK(detail_of(response) == "a: unknown parameter");
    CHECK(reached.calls == 0);
  }

  SECTION("is 400 for a malformed target") {
    auto const target = GENERATE(as<std::string>{}, "*", "/%", "/%4", "/open%zz", "host:80");
    CAPTURE(target);

    auto const response = client.ask(request("GET " + target));

    CHECK(response.result() == status::bad_request);
    CHECK(detail_of(response) == "the request target is malformed");
  }

  SECTION("is 400 without exactly one Host, but for HTTP/1.0") {
    auto const [head, code] = GENERATE(table<std::string, status>({
        {"GET /open HTTP/1.1\r\n", status::bad_request},
        {"GET /open HTTP/1.1\r\nHost: a\r\nHost: a\r\n", status::bad_request},
        {"GET /open HTTP/1.0\r\nHost: a\r\nHost: b\r\n", status::bad_request},
        {"GET /open HTTP/1.1\r\nHost: a\r\n", status::ok},
        {"GET /open HTTP/1.1\r\nHost:\r\n", status::ok},
        {"GET /open HTTP/1.0\r\n", status::ok},
    }));
    CAPTURE(head);

    CHECK(client.ask(head + "\r\n").result() == code);
  }
}

TEST_CASE("A head that breaks a rule is refused before anything else, and closed", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};
  auto const line = GENERATE(as<std::string>{}, "POST /open", "POST /api/lab/act", "GET /missing",
                             "GET *", "BREW /open");
  auto const [field, code] = GENERATE(table<std::string, status>({
      {"Transfer-Encoding: xchunked", status::not_implemented},
      {"Transfer-Encoding: chunked, chunked", status::bad_request},
      {"Host: again", status::bad_request},
  }));
  CAPTURE(line, field);

  client.send(request(line, {field}) + request("GET /open"));
  auto const response = client.read();

  CHECK(response.result() == code);
  CHECK_FALSE(response.keep_alive());
  CHECK(client.read_to_end().empty());
  CHECK(reached.calls == 0);
}

TEST_CASE("An escaped slash separates no segments", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};
  auto const target =
      GENERATE(as<std::string>{}, "/api%2flab/act", "/api/lab%2Fact", "/api/lab/a%2Fct");
  CAPTURE(target);

  CHECK(client.ask(request("POST " + target)).result() == status::forbidden);
  CHECK(client.ask(request("POST " + target, {with_token})).result() == status::not_found);
  CHECK(client.ask(request("GET /%2Fopen")).result() == status::not_found);
  CHECK(reached.calls == 0);
}

TEST_CASE("A trailer changes neither the request nor the connection", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};
  auto const trailer =
      GENERATE(as<std::string>{}, "Connection: close", "Content-Length: 7",
               "Transfer-Encoding: gzip", "Host: b", "X-Lab-Token: wrong", "Expect: 100-continue");
  CAPTURE(trailer);

  client.send(request("POST /api/lab/act", {with_token, "Transfer-Encoding: chunked"}) +
              "1\r\nx\r\n0\r\n" + trailer + "\r\n\r\n");
  auto const response = client.read();

  CHECK(response.result() == status::ok);
  CHECK(response.body() == "1");
  CHECK(response.keep_alive());
  CHECK(client.ask(request("GET /open")).result() == status::ok);
}

TEST_CASE("A request that is no HTTP gets 400 and is closed", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};
  auto const text = GENERATE(
      as<std::string>{}, "nonsense\r\n\r\n", "GET\r\n\r\n", "GET /open\r\n\r\n",
      "GET /open HTTP/2.0\r\nHost: a\r\n\r\n", "GET /open HTTP/1.1\r\nHost: a\r\nbad line\r\n\r\n",
      "GET /open HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
      "GET /open HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      "\x16\x03\x01\x02");
  CAPTURE(text);

  client.send(text + request("GET /open"));
  auto const response = client.read_to_end();

  CHECK_THAT(response, Catch::Matchers::StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  CHECK_THAT(response, test::ContainsSubstring("Connection: close\r\n"));
  CHECK(reached.calls == 0);
}

TEST_CASE("HTTP/1.0 is asked for no body", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};

  client.send("POST /open HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  server.run_ready();
  client.send("abc");

  CHECK(client.read().result() == status::ok);
}

TEST_CASE("A request head", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};
  auto const empty = request("GET /open", {"X-Fill: "}).size();

  SECTION("may have 16 KB") {
    auto const fill = std::string(std::size_t{16} * 1024 - empty, 'x');

    CHECK(client.ask(request("GET /open", {"X-Fill: " + fill})).result() == status::ok);
  }

  SECTION("gets 431 and is closed when it has more") {
    auto const fill = std::string(std::size_t{16} * 1024 - empty + 1, 'x');
    client.send(request("GET /open", {"X-Fill: " + fill}));

    CHECK_THAT(client.read_to_end(), Catch::Matchers::StartsWith("HTTP/1.1 431 "));
    CHECK(reached.calls == 0);
  }

  SECTION("gets 431 before it has come to an end") {
    client.send("GET /" + std::string(20'000, 'x'));

    CHECK_THAT(client.read_to_end(), Catch::Matchers::StartsWith("HTTP/1.1 431 "));
  }
}

TEST_CASE("A request body", "[http]") {
  counted reached;
  test::live_server server{reached.routes()};
  peer client{server};

  SECTION("may be as large as the route allows") {
    auto const sent = GENERATE(
        as<std::string>{}, request("POST /open", {"Content-Length: 10"}) + "0123456789",
        request("POST /open", {"Transfer-Encoding: chunked"}) + "a\r\n0123456789\r\n0\r\n\r\n");

    auto const response = client.ask(sent);

    CHECK(response.result() == status::ok);
    CHECK(response.body() == "10");
    CHECK(response.keep_alive());
  }

  SECTION("gets 413 and is closed when it announces more") {
    client.send(request("POST /open", {"Content-Length: 11"}));
    auto const response = client.read();

    CHECK(response.result() == status::payload_too_large);
    CHECK(detail_of(response) == "the body is limited to 10 bytes");
    CHECK_FALSE(response.keep_alive());
    CHECK(reached.calls == 0);
  }

  SECTION("gets 413 and is closed when it turns out to have more") {
    client.send(request("POST /open", {"Transfer-Encoding: chunked"}) +
                "5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n" + request("GET /open"));

    auto const text = client.read_to_end();

    CHECK_THAT(text, Catch::Matchers::StartsWith("HTTP/1.1 413 "));
    CHECK_THAT(text, !test::ContainsSubstring("200 OK"));
    CHECK(reached.calls == 0);
  }

  SECTION("is asked for when the client waits for that") {
    client.send(request("POST /open", {"Content-Length: 3", "Expect: 100-continue"}));
    CHECK(client.read().result() == status::continue_);

    client.send("abc");
    CHECK(client.read().body() == "3");
  }

  SECTION("is not asked for when it is too large anyway") {
    client.send(request("POST /open", {"Content-Length: 11", "Expect: 100-continue"}));

    CHECK(client.read().result() == status::payload_too_large);
  }

  SECTION("never reaches a handler by half") {
    client.send(request("POST /open", {"Content-Length: 5"}) + "abc");
    client.finish();

    CHECK_THAT(client.read_to_end(), Catch::Matchers::StartsWith("HTTP/1.1 400 "));
    CHECK(reached.calls == 0);
  }
}
