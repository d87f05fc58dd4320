#include "support/catch.hpp"
#include "support/diagnostics.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"

#include <loopscope/base/time.hpp>
#include <loopscope/control/artifact_handlers.hpp>

#include <boost/asio/post.hpp>

#include <filesystem>
#include <future>
#include <string>
#include <system_error>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using http::field;
using http::status;
using http::verb;
using test::asked;
using test::call;
using test::json_of;

namespace {

constexpr std::string_view content = "0123456789";

// A store with one artifact, and the handlers over it.
struct artifacts_api {
  test::diagnostics all;
  artifacts::artifact saved = test::save(all.store, content);
  control::send_artifact send{all.workers, all.store};
  control::delete_artifact remove{all.workers, all.store};
  control::list_artifacts list{all.workers, all.store};

  [[nodiscard]] http::response fetch(asked const& request) { return call(all.io, send, request); }
  [[nodiscard]] asked get() const { return asked{verb::get, saved.name}; }

  std::string body_of(http::response& response) {
    REQUIRE(response.source);
    return test::run_on(all.io, test::drained(*response.source));
  }
};

}  // namespace

TEST_CASE("Listing artifacts", "[control]") {
  artifacts_api api;

  SECTION("shows each with its size, digest, kind, time and capture, and their sum") {
    auto const response = call(api.all.io, api.list, asked{});

    auto const body = json_of(response);
    REQUIRE(response.code() == status::ok);
    CHECK(body.at("count").as_int64() == 1);
    CHECK(body.at("bytes").as_int64() == 10);
    auto const& shown = body.at("artifacts").as_array().at(0).as_object();
    CHECK(shown.size() == 7);
    CHECK(shown.at("name").as_string() == api.saved.name);
    CHECK(shown.at("path").as_string() == api.saved.path.string());
    CHECK(shown.at("bytes").as_int64() == 10);
    CHECK(shown.at("sha256").as_string() == test::sha256_text(content));
    CHECK(shown.at("kind").as_string() == "cpu");
    CHECK(shown.at("createdAt").as_string() == iso_time(api.saved.created));
    CHECK(shown.at("captureId").as_string() == api.saved.capture_id);
  }

  SECTION("shows the oldest first") {
    auto const older = test::save(api.all.store, "old");
    test::set_age(older.path, 1h);

    auto const body = json_of(call(api.all.io, api.list, asked{}));

    CHECK(body.at("count").as_int64() == 2);
    CHECK(body.at("bytes").as_int64() == 13);
    CHECK(body.at("artifacts").as_array().at(0).as_object().at("name").as_string() == older.name);
  }

  SECTION("is empty, not absent, when there are none") {
    REQUIRE(api.all.store.remove(api.saved.name));

    auto const body = json_of(call(api.all.io, api.list, asked{}));

    CHECK(body.at("artifacts").as_array().empty());
    CHECK(body.at("count").as_int64() == 0);
    CHECK(body.at("bytes").as_int64() == 0);
  }

  SECTION("is 507 when the directory is gone") {
    fs::remove_all(api.all.dir.path());

    CHECK(call(api.all.io, api.list, asked{}).code() == status::insufficient_storage);
  }
}

TEST_CASE("Sending an artifact", "[control]") {
  artifacts_api api;
  auto const etag = "\"sha256-" + test::sha256_text(content) + '"';

  SECTION("gives all of it, and what a client needs to check and to resume it") {
    auto response = api.fetch(api.get());

    CHECK(response.code() == status::ok);
    CHECK(response.message[field::etag] == etag);
    CHECK(response.message["X-Artifact-Sha256"] == test::sha256_text(content));
    CHECK(response.message[field::accept_ranges] == "bytes");
    CHECK(response.message[field::content_disposition] ==
          "attachment; filename=\"" + api.saved.name + '"');
    CHECK(response.message["X-Content-Type-Options"] == "nosniff");
    CHECK(response.message.count(field::content_range) == 0);
    CHECK(api.body_of(response) == content);
  }

  SECTION("names its media type") {
    auto const [extension, type] = GENERATE(table<std::string, std::string>({
        {"cpuprofile", "application/json"},
        {"heapsnapshot", "application/json"},
        {"heapprofile", "application/json"},
        {"folded", "text/plain; charset=utf-8"},
        {"prof", "application/octet-stream"},
        {"pb.gz", "application/octet-stream"},
        {"heap", "application/octet-stream"},
    }));
    CAPTURE(extension);
    auto const name = test::artifact_name("01230001", extension);
    test::plant(api.all.dir / name, "x");

    CHECK(api.fetch(asked{verb::get, name}).message[field::content_type] == type);
  }

  SECTION("gives the one range that is asked for") {
    auto const [header, range, part] = GENERATE(table<std::string, std::string, std::string>({
        {"bytes=0-3", "bytes 0-3/10", "0123"},
        {"bytes=9-", "bytes 9-9/10", "9"},
        {"bytes=-4", "bytes 6-9/10", "6789"},
        {"bytes=5-100", "bytes 5-9/10", "56789"},
        {"bytes=0-", "bytes 0-9/10", "0123456789"},
    }));
    CAPTURE(header);

    auto response = api.fetch(api.get().with(field::range, header));

    CHECK(response.code() == status::partial_content);
    CHECK(response.message[field::content_range] == range);
    CHECK(response.message[field::etag] == etag);
    CHECK(api.body_of(response) == part);
  }

  SECTION("is 416 for a range that is not there, and says the size") {
    auto const header = GENERATE(as<std::string>{}, "bytes=10-", "bytes=-0", "bytes=10-,20-");
    CAPTURE(header);

    auto const response = api.fetch(api.get().with(field::range, header));

    CHECK(response.code() == status::range_not_satisfiable);
    CHECK(response.message[field::content_range] == "bytes */10");
    CHECK_FALSE(response.source);
  }

  SECTION("gives all of it for a header that is no range, or several") {
    auto const header = GENERATE(as<std::string>{}, "bytes=9-0", "bytes=0-1,4-5");
    auto response = api.fetch(api.get().with(field::range, header));

    CHECK(response.code() == status::ok);
    CHECK(api.body_of(response) == content);
  }

  SECTION("gives a range only of the representation that the client knows") {
    auto const right =
        api.fetch(api.get().with(field::range, "bytes=0-3").with(field::if_range, etag));
    CHECK(right.code() == status::partial_content);

    auto const other = GENERATE_REF(as<std::string>{}, "\"sha256-0\"", "W/" + etag, "*",
                                    "Fri, 02 Jan 2026 03:04:05 GMT");
    CAPTURE(other);
    auto wrong = api.fetch(api.get().with(field::range, "bytes=0-3").with(field::if_range, other));
    CHECK(wrong.code() == status::ok);
    CHECK(api.body_of(wrong) == content);
  }

  SECTION("does not mind an impossible range of another representation") {
    auto const response =
        api.fetch(api.get().with(field::range, "bytes=99-").with(field::if_range, "\"other\""));

    CHECK(response.code() == status::ok);
  }

  SECTION("is judged by its preconditions before its range") {
    auto const known = api.get().with(field::if_none_match, etag).with(field::range, "bytes=99-");
    auto const changed = api.get().with(field::if_match, "\"old\"").with(field::range, "bytes=0-1");
    auto const unchanged = api.get().with(field::if_match, etag).with(field::range, "bytes=0-1");

    auto const not_modified = api.fetch(known);
    CHECK(not_modified.code() == status::not_modified);
    CHECK(not_modified.message[field::etag] == etag);
    CHECK(not_modified.body_size() == 0);
    CHECK(api.fetch(changed).code() == status::precondition_failed);
    CHECK(api.fetch(unchanged).code() == status::partial_content);
  }

  SECTION("has no range if two are asked for in two lines") {
    auto const twice = api.get().with(field::range, "bytes=0-1").with(field::range, "bytes=0-1");

    CHECK(api.fetch(twice).code() == status::ok);
  }

  SECTION("ignores the range when HEAD is asked") {
    auto const response =
        api.fetch(asked{verb::head, api.saved.name}.with(field::range, "bytes=0-3"));

    CHECK(response.code() == status::ok);
    CHECK(response.source->size() == bytes(10));
    CHECK(response.message.count(field::content_range) == 0);
  }

  SECTION("goes on after the artifact was evicted") {
    auto response = api.fetch(api.get());
    REQUIRE(api.all.store.remove(api.saved.name));

    CHECK(api.body_of(response) == content);
  }

  SECTION("fails when the file was cut meanwhile, for the length is promised") {
    auto response = api.fetch(api.get());
    fs::resize_file(api.saved.path, 4);

    CHECK_THROWS_AS(api.body_of(response), std::system_error);
  }

  SECTION("gives an empty artifact too") {
    auto const empty = test::save(api.all.store, "");

    auto response = api.fetch(asked{verb::get, empty.name});

    CHECK(response.code() == status::ok);
    CHECK(api.body_of(response).empty());
  }

  SECTION("is 404 for what is none of ours") {
    auto const name = GENERATE(as<std::string>{}, "", "..", "passwd", "../../etc/passwd",
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof", "cpu-0123abcd.prof");
    CAPTURE(name);

    CHECK(api.fetch(asked{verb::get, name}).code() == status::not_found);
  }
}

TEST_CASE("Deleting an artifact", "[control]") {
  artifacts_api api;
  auto const request = asked{verb::delete_, api.saved.name};

  SECTION("removes it and has nothing to say") {
    auto const response = call(api.all.io, api.remove, request);

    CHECK(response.code() == status::no_content);
    CHECK(response.message.body().empty());
    CHECK_FALSE(fs::exists(api.saved.path));
  }

  SECTION("is 412 if it is not what the client means, and removes nothing") {
    auto const stale = asked{verb::delete_, api.saved.name}.with(field::if_match, "\"old\"");

    CHECK(call(api.all.io, api.remove, stale).code() == status::precondition_failed);
    CHECK(fs::exists(api.saved.path));
  }

  SECTION("removes what the client means") {
    auto const etag = '"' + ("sha256-" + api.saved.sha256) + '"';
    auto const right = asked{verb::delete_, api.saved.name}.with(field::if_match, etag);

    CHECK(call(api.all.io, api.remove, right).code() == status::no_content);
    CHECK_FALSE(fs::exists(api.saved.path));
    CHECK(call(api.all.io, api.remove, right).code() == status::not_found);
  }

  SECTION("is 404 the second time") {
    call(api.all.io, api.remove, request);

    CHECK(call(api.all.io, api.remove, request).code() == status::not_found);
  }

  SECTION("is 404 for what is none of ours, which stays") {
    test::write_file(api.all.dir / "notes", "mine");

    CHECK(call(api.all.io, api.remove, asked{verb::delete_, "notes"}).code() == status::not_found);
    CHECK(fs::exists(api.all.dir / "notes"));
  }
}

TEST_CASE("Reading an artifact for its digest", "[control]") {
  artifacts_api api;
  auto const name = test::artifact_name("01230001");
  test::plant(api.all.dir / name, "from an earlier instance");
  std::promise<void> may_end;
  auto blocked = [released = may_end.get_future().share()] { released.wait(); };

  SECTION("shows it in the list and with the bytes") {
    auto const listed = json_of(call(api.all.io, api.list, asked{}));
    auto const sent = api.fetch(asked{verb::get, name});

    auto const& shown = listed.at("artifacts").as_array().at(0).as_object();
    CHECK(shown.at("name").as_string() == name);
    CHECK(shown.at("sha256").as_string() == test::sha256_text("from an earlier instance"));
    CHECK(sent.message["X-Artifact-Sha256"] == test::sha256_text("from an earlier instance"));
  }

  SECTION("keeps nobody waiting who asks for one that is known") {
    boost::asio::post(api.all.workers.bulk_lane.executor(), blocked);

    auto const sent = api.fetch(api.get());
    auto const removed = call(api.all.io, api.remove, asked{verb::delete_, api.saved.name});

    CHECK(sent.code() == status::ok);
    CHECK(removed.code() == status::no_content);
  }
  may_end.set_value();
}
