#include "support/catch.hpp"
#include "support/environment_variable.hpp"
#include "support/fake_encoder.hpp"
#include "support/ignored_sigchld.hpp"
#include "support/run.hpp"

#include <loopscope/capture/encoder.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using test::ContainsSubstring;

namespace {

// Lets a script encode a raw capture that is there.
struct encoding {
  test::temp_dir dir;
  model::presentation shown;
  std::string why;

  encoding() { test::write_file(dir / "raw", "samples"); }

  asio::awaitable<result<capture::encoder_report>> run(std::string_view script,
                                                       std::chrono::seconds limit) {
    capture::encoder const encoder{test::write_program(dir / "encoder", script)};
    auto const outputs = std::vector{std::pair{std::string{"folded"}, dir / "a b.folded"},
                                     std::pair{std::string{"prof"}, dir / "c.prof"}};
    co_return co_await encoder.run(dir / "raw", outputs, shown, limit, why);
  }

  result<capture::encoder_report> encode(std::string_view script,
                                         std::chrono::seconds limit = 10s) {
    return test::run(run(script, limit));
  }
};

}  // namespace

TEST_CASE("The encoder", "[capture]") {
  encoding lab;

  SECTION("writes every format, and reports on its work") {
    auto const report = lab.encode(test::well_behaved_encoder);

    CAPTURE(lab.why);
    REQUIRE(report);
    CHECK(report->unresolved_share == 0.25);
    CHECK(test::read_file(lab.dir / "a b.folded") == "folded");
    CHECK(test::read_file(lab.dir / "c.prof") == "prof");
  }

  SECTION("reports which files name nothing any more") {
    auto const report = lab.encode(
        "#!/bin/sh\necho '{\"unresolvedShare\":0,\"changedModules\":[\"/lib/a b.so\",7]}'\n");

    REQUIRE(report);
    CHECK(report->changed_modules == std::vector<std::string>{"/lib/a b.so"});
  }

  SECTION("reports what files lack") {
    auto const report =
        lab.encode("#!/bin/sh\necho '{\"unresolvedShare\":0,\"notes\":[\"x has none.\",7]}'\n");

    REQUIRE(report);
    CHECK(report->notes == std::vector<std::string>{"x has none."});
  }

  SECTION("reports which files have frames without a name") {
    auto const report = lab.encode(
        "#!/bin/sh\necho '{\"unresolvedShare\":0.5,\"unresolvedModules\":["
        "{\"path\":\"/lib/a "
        "b.so\",\"share\":0.5},{\"path\":7,\"share\":1},{\"path\":\"/c\"},3]}'\n");

    REQUIRE(report);
    CHECK(report->unresolved_modules ==
          std::vector<model::unresolved_module>{{"/lib/a b.so", 0.5}});
  }

  SECTION("knows this process, to look for files that are on the disk no more") {
    lab.encode("#!/bin/sh\necho \"$3 $4\" >&2; exit 1\n");

    CHECK(lab.why == "--process " + std::to_string(getpid()));
  }

  SECTION("and how its names and frames are to be shown") {
    lab.shown = {model::name_style::full, model::frame_style::all};
    lab.encode("#!/bin/sh\necho \"$5 $6\" >&2; exit 1\n");

    CHECK(lab.why == "--names=full --frames=all");
  }

  SECTION("fails with its own words if it has any, else with how it ended") {
    auto const [script, why] = GENERATE(table<std::string, std::string>({
        {"echo 'no such stack' >&2; echo more >&2; exit 4", "no such stack"},
        {"exit 4", "exit code 4"},
        {"kill -9 $$", "ended by signal 9"},
        {"true", "its report could not be read"},
        {"echo nonsense", "its report could not be read"},
        {"echo '{}'", "its report could not be read"},
        {"echo '{\"unresolvedShare\":\"0\"}'", "its report could not be read"},
    }));
    CAPTURE(script);

    auto const report = lab.encode("#!/bin/sh\n" + script + '\n');

    REQUIRE_FALSE(report);
    CHECK(report.error() == errc::encoder_failed);
    CHECK_THAT(lab.why, Catch::Matchers::StartsWith(why));
  }

  SECTION("reports by its exit code that there was no room for its output") {
    auto const report = lab.encode("#!/bin/sh\necho 'no room' >&2; exit 3\n");

    REQUIRE_FALSE(report);
    CHECK(report.error() == errc::storage_full);
    CHECK(lab.why == "no room");
  }

  SECTION("fails if it cannot be started") {
    auto const report = lab.encode("#!/no/such/interpreter\n");

    REQUIRE_FALSE(report);
    CHECK(report.error() == errc::encoder_failed);
    CHECK_THAT(lab.why, ContainsSubstring("No such file"));
  }

  SECTION("is killed when it takes too long") {
    auto const report = lab.encode("#!/bin/sh\nexec sleep 100\n", 0s);

    REQUIRE_FALSE(report);
    CHECK(report.error() == errc::encoder_failed);
    CHECK_THAT(lab.why, ContainsSubstring("longer than 0 s"));
  }

  SECTION("is given no secret of ours, and does not profile itself") {
    test::environment_variable const token{"LAB_TOKEN", "correct-token"};
    test::environment_variable const key{"AWS_SECRET_ACCESS_KEY", "correct-key"};
    test::environment_variable const profile{"CPUPROFILE", "/dev/null"};
    test::environment_variable const other{"LOOPSCOPE_TEST", "gone"};
    test::environment_variable const zone{"TZ", "kept"};

    auto const report = lab.encode(
        "#!/bin/sh\n"
        "echo \"${LAB_TOKEN-unset} ${AWS_SECRET_ACCESS_KEY-unset} ${CPUPROFILE-unset}"
        " ${LOOPSCOPE_TEST-unset} $TZ $PATH\" >&2; exit 1\n");

    REQUIRE_FALSE(report);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    CHECK(lab.why == "unset unset unset unset kept " + std::string{std::getenv("PATH")});
  }

  SECTION("fails if nobody can tell how it ended, whatever it wrote") {
    test::ignored_sigchld const ignored{0};

    auto const report = lab.encode("#!/bin/sh\necho words >&2; echo '{\"unresolvedShare\":0}'\n");

    REQUIRE_FALSE(report);
    CHECK(report.error() == errc::encoder_failed);
    CHECK_THAT(lab.why, ContainsSubstring("its exit status is not known: SIGCHLD is ignored"));
  }

  SECTION("holds none of our files open") {
    lab.encode("#!/bin/sh\nls /proc/self/fd | wc -w >&2; exit 1\n");

    CHECK(std::stoi(lab.why) == 4);  // three of its own, and what reads the directory
  }
}

TEST_CASE("An encoder that is cancelled is killed", "[capture]") {
  encoding lab;
  asio::io_context loop{1};
  asio::cancellation_signal leave;
  auto const started = std::chrono::steady_clock::now();
  auto body = [&]() -> asio::awaitable<result<capture::encoder_report>> {
    auto work = lab.run("#!/bin/sh\nexec sleep 100\n", 100s);
    asio::post(loop, [&] { leave.emit(asio::cancellation_type::terminal); });
    co_return co_await asio::co_spawn(
        loop, std::move(work), asio::bind_cancellation_slot(leave.slot(), asio::use_awaitable));
  };

  auto const report = test::run_on(loop, body());

  REQUIRE_FALSE(report);
  CHECK(report.error() == errc::cancelled);
  CHECK(std::chrono::steady_clock::now() - started < 60s);
}

TEST_CASE("Looking for the encoder", "[capture]") {
  test::temp_dir const dir;
  test::write_program(dir / "program", "#!/bin/sh\n");
  test::write_file(dir / "text", "#!/bin/sh\n");
  fs::create_directory(dir / "directory");

  SECTION("takes the configured one") {
    auto const found = capture::find_encoder(dir / "program");

    REQUIRE(found);
    CHECK(*found == dir / "program");
  }

  SECTION("takes nothing else if the configured one cannot be run") {
    auto const name = GENERATE(as<std::string>{}, "text", "directory", "missing");
    CAPTURE(name);

    CHECK(capture::find_encoder(dir / name).error() == errc::not_found);
  }
}
