#include "support/catch.hpp"
#include "support/fake_encoder.hpp"
#include "support/run.hpp"

#include <loopscope/capture/heap_comparison.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace asio = boost::asio;
using namespace loopscope;
using capture::heap_comparison;
using outcome = result<file_descriptor>;

namespace {

// Lets a script compare.
struct comparing {
  test::temp_dir dir;
  capture::heap_comparer comparer;

  explicit comparing(std::string const& script)
      : comparer{test::write_program(dir / "tool", "#!/bin/sh\n" + script + '\n')} {}

  // On the loop that runs.
  asio::awaitable<std::shared_ptr<heap_comparison>> make(bool folded = false) {
    auto const loop = co_await asio::this_coro::executor;
    heap_comparison::files const of{"a b", "c", folded};
    co_return std::make_shared<heap_comparison>(loop, comparer, of);
  }
};

std::string contents(file_descriptor const& file) {
  std::array<char, 200> text{};
  auto const got = pread(file.get(), text.data(), text.size(), 0);
  return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

}  // namespace

TEST_CASE("A comparison of heaps", "[capture]") {
  SECTION("is what the tool writes") {
    auto const [folded, expected] = GENERATE(table<bool, std::string>({
        {false, "heap diff a b c --json --limit 100\n"},
        {true, "heap diff a b c --folded\n"},
    }));
    comparing lab{"echo \"$*\""};

    auto const written = test::run([&, is_folded = folded]() -> asio::awaitable<outcome> {
      auto const comparison = co_await lab.make(is_folded);
      co_return co_await comparison->run();
    }());

    REQUIRE(written);
    CHECK(contents(*written) == expected);
    CHECK_FALSE(lab.comparer.is_running);
  }

  SECTION("may be longer than a pipe holds") {
    comparing lab{"head -c 1000000 /dev/zero"};

    auto const written = test::run([&]() -> asio::awaitable<outcome> {
      auto const comparison = co_await lab.make();
      co_return co_await comparison->run();
    }());

    struct stat info {};
    REQUIRE(written);
    REQUIRE(fstat(written->get(), &info) == 0);
    CHECK(info.st_size == 1'000'000);
  }

  SECTION("fails with the tool's words") {
    auto const [script, error, detail] = GENERATE(table<std::string, errc, std::string>({
        {"echo 'c: no snapshot' >&2; exit 1", errc::encoder_failed, "c: no snapshot"},
        {"echo 'no room' >&2; exit 3", errc::storage_full, "no room"},
        {"echo 'different processes' >&2; exit 4", errc::invalid_argument, "different processes"},
        {"kill -9 $$", errc::encoder_failed, "ended by signal 9 (Killed)"},
    }));
    CAPTURE(script);
    comparing lab{script};
    std::string said;

    auto const written = test::run([&]() -> asio::awaitable<outcome> {
      auto const comparison = co_await lab.make();
      auto result = co_await comparison->run();
      said = comparison->detail();
      co_return result;
    }());

    REQUIRE_FALSE(written);
    CHECK(written.error() == error);
    CHECK(said == detail);
    CHECK_FALSE(lab.comparer.is_running);
  }
}

TEST_CASE("One comparison of heaps runs at a time, and ends when it is cancelled", "[capture]") {
  comparing lab{"exec sleep 100"};
  std::optional<outcome> first;
  std::optional<outcome> second;

  test::run([&]() -> asio::awaitable<void> {
    auto const running = co_await lab.make();
    auto const other = co_await lab.make();
    auto const loop = co_await asio::this_coro::executor;
    auto run = [&first, running]() -> asio::awaitable<void> { first = co_await running->run(); };
    asio::co_spawn(loop, std::move(run), asio::detached);
    while (!lab.comparer.is_running) co_await asio::post(loop, asio::use_awaitable);
    second = co_await other->run();
    running->cancel();
    while (!first) co_await asio::post(loop, asio::use_awaitable);
  }());

  REQUIRE((first && second));
  CHECK(first->error() == errc::cancelled);
  CHECK(second->error() == errc::busy);
}

TEST_CASE("A comparison of heaps that is cancelled first does not begin", "[capture]") {
  comparing lab{"touch \"$0.ran\""};

  auto const written = test::run([&]() -> asio::awaitable<outcome> {
    auto const comparison = co_await lab.make();
    comparison->cancel();
    co_return co_await comparison->run();
  }());

  CHECK(written.error() == errc::cancelled);
  CHECK_FALSE(std::filesystem::exists(lab.dir / "tool.ran"));
}
