#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/refused_calls.hpp"
#include "support/tick.hpp"

#include <loopscope/cpu/gperftools_profiler.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
using cpu::gperftools_profiler;
using test::in_child;
using test::tick;

namespace {

bool is_here() {
  if (gperftools_profiler::available()) return true;
  WARN("this build is without gperftools");
  return false;
}

std::uint64_t word(std::string const& profile, std::size_t number) {
  std::uint64_t value = 0;
  std::memcpy(&value, profile.data() + number * sizeof value, sizeof value);
  return value;
}

void limit_file_size(rlim_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

bool is_whole(std::string const& profile) {
  return profile.find("[stack]") != std::string::npos;  // the maps are at its end
}

// Until there is no room for a large block.
void use_up_memory() {
  rlimit const limit{std::size_t{1} << 31, std::size_t{1} << 31};
  setrlimit(RLIMIT_AS, &limit);
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): that is its purpose
  while (::operator new (std::size_t{4} << 20, std::nothrow)) continue;
}

}  // namespace

TEST_CASE("A build without gperftools says so", "[cpu]") {
  if (gperftools_profiler::available()) return;
  gperftools_profiler profiler;

  CHECK(profiler.start().error() == errc::unsupported);
  CHECK(profiler.stop(1ms).empty());
}

TEST_CASE("gperftools counts the signals that come", "[cpu]") {
  if (!is_here()) return;
  gperftools_profiler profiler;
  REQUIRE(profiler.start());
  tick();

  auto const profile = profiler.stop(1234us);

  REQUIRE(profile.size() > 8 * sizeof(std::uint64_t));
  CHECK(word(profile, 3) == 1234);
  CHECK(word(profile, 5) == 1);  // the first record's count
  CHECK(is_whole(profile));
  CHECK(profiler.stop(1234us).empty());
}

TEST_CASE("gperftools that profiles already is left alone", "[cpu]") {
  if (!is_here()) return;
  gperftools_profiler first;
  REQUIRE(first.start());
  gperftools_profiler second;

  CHECK(first.start().error() == errc::busy);
  CHECK(second.start().error() == errc::busy);
  CHECK(second.stop(1ms).empty());
  second.discard();

  CHECK(is_whole(first.stop(1ms)));
  CHECK(second.start());
}

// In each of these gperftools would end the process.
TEST_CASE("gperftools is not started where it could not write", "[cpu]") {
  if (!is_here()) return;

  SECTION("below a file size limit") {
    CHECK(in_child([] {
            gperftools_profiler profiler;
            limit_file_size(1 << 20);
            if (profiler.start().error() != boost::system::errc::file_too_large) return 1;
            limit_file_size(RLIM_INFINITY);
            if (!profiler.start()) return 2;
            return is_whole(profiler.stop(1ms)) ? 0 : 3;
          }) == 0);
  }

  SECTION("without memory files") {
    auto const error = GENERATE(ENOSYS, EPERM);
    CAPTURE(error);

    CHECK(in_child([error] {
            gperftools_profiler profiler;
            if (!test::refuse_from_now_on({{SYS_memfd_create, error}})) return 0;
            auto const started = profiler.start();
            if (started.error().value() != error) return 1;
            return profiler.stop(1ms).empty() ? 0 : 2;
          }) == 0);
  }

  SECTION("without a descriptor") {
    CHECK(in_child([] {
            gperftools_profiler profiler;
            rlimit const none{0, 0};
            setrlimit(RLIMIT_NOFILE, &none);
            return profiler.start().error().value() == EMFILE ? 0 : 1;
          }) == 0);
  }

  SECTION("without memory") {
    CHECK(in_child([] {
            gperftools_profiler profiler;
            use_up_memory();
            return profiler.start().error() == errc::memory_refused ? 0 : 1;
          }) == 0);
  }
}

TEST_CASE("A file size limit that comes meanwhile costs the profile and not the process", "[cpu]") {
  if (!is_here()) return;
  auto const discarded = GENERATE(false, true);
  CAPTURE(discarded);

  CHECK(in_child([discarded] {
          std::signal(SIGXFSZ, SIG_IGN);
          gperftools_profiler profiler;
          if (!profiler.start()) return 1;
          tick();
          limit_file_size(0);
          if (discarded)
            profiler.discard();
          else if (!profiler.stop(1ms).empty())
            return 2;
          limit_file_size(RLIM_INFINITY);
          if (!profiler.start()) return 3;
          return is_whole(profiler.stop(1ms)) ? 0 : 4;
        }) == 0);
}

TEST_CASE("gperftools is dropped together with the object", "[cpu]") {
  if (!is_here()) return;
  {
    gperftools_profiler profiler;
    REQUIRE(profiler.start());
  }

  CHECK(gperftools_profiler{}.start());
}
