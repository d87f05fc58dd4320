#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/cpu/native_profile.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
using cpu::finish_native_profile;

namespace {

using words = std::vector<std::uint64_t>;

constexpr std::size_t period_offset = 24;
constexpr std::string_view process_map = "00400000-00500000 r-xp 00000000 00:00 1 /bin/odd name\n";

// Three stacks, ten samples: header, records {count, depth, pc...}, trailer {0, 1, 0}.
words complete() {
  return {0, 3, 0,        10'000,   0,    // header, with gperftools' own period
          1, 1, 0x400100,                 //
          4, 3, 0x400200, 0x1,      0x2,  //
          5, 2, 0x400300, 0x400400,       //
          0, 1, 0};
}

std::string as_bytes(words const& values) {
  std::string bytes(values.size() * sizeof(std::uint64_t), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// A profile on disk, open as the store would hand it over.
struct profile_file {
  test::temp_dir dir;
  std::filesystem::path path = dir / "cpu.prof";
  file_descriptor fd;

  explicit profile_file(std::string const& bytes, int mode = O_RDWR) {
    test::write_file(path, bytes);
    fd = file_descriptor{::open(path.c_str(), mode | O_CLOEXEC)};
    REQUIRE(fd);
  }
};

}  // namespace

TEST_CASE("A complete native profile is counted", "[cpu]") {
  profile_file const file{as_bytes(complete()) + std::string{process_map}};

  SECTION("samples and stacks") {
    auto const summary = finish_native_profile(file.fd.get(), 1000us).value();

    CHECK(summary.samples == 10);
    CHECK(summary.stacks == 3);
    CHECK(summary.period == 1000us);
  }

  SECTION("wherever its descriptor stands") {
    auto const offset = GENERATE(0, 8, 1'000'000);
    REQUIRE(::lseek(file.fd.get(), offset, SEEK_SET) == offset);

    CHECK(finish_native_profile(file.fd.get(), 1000us).value().samples == 10);
  }

  SECTION("as often as asked") {
    for (int i = 0; i < 2; ++i)
      CHECK(finish_native_profile(file.fd.get(), 1000us).value().samples == 10);
  }
}

TEST_CASE("A complete native profile gets its real period, and keeps every other byte", "[cpu]") {
  auto const before = as_bytes(complete()) + std::string{process_map};
  profile_file const file{before};
  auto const period = GENERATE(1us, 1000us, 10'000us, 1'000'000us);

  REQUIRE(finish_native_profile(file.fd.get(), period));

  auto after = test::read_file(file.path);
  std::uint64_t written = 0;
  std::memcpy(&written, after.data() + period_offset, sizeof written);
  CHECK(written == static_cast<std::uint64_t>(period.count()));
  after.replace(period_offset, sizeof written, before, period_offset, sizeof written);
  CHECK(after == before);
}

TEST_CASE("A native profile without samples is complete", "[cpu]") {
  profile_file const file{as_bytes({0, 3, 0, 10'000, 0, 0, 1, 0})};
  auto const summary = finish_native_profile(file.fd.get(), 1000us).value();

  CHECK(summary.samples == 0);
  CHECK(summary.stacks == 0);
}

TEST_CASE("What follows the trailer of a native profile is no sample", "[cpu]") {
  auto const tail = GENERATE(as<std::string>{}, "", "x", "12345678", std::string(24, '\1'));
  profile_file const file{as_bytes(complete()) + tail};

  CHECK(finish_native_profile(file.fd.get(), 1000us).value().samples == 10);
}

TEST_CASE("A truncated native profile is storage that was full", "[cpu]") {
  auto const whole = as_bytes(complete());

  SECTION("wherever it ends") {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      auto const cut = whole.substr(0, size);
      profile_file const file{cut};
      CAPTURE(size);

      CHECK(finish_native_profile(file.fd.get(), 1000us).error() == errc::storage_full);
      CHECK(test::read_file(file.path) == cut);  // nothing is written to what is no profile
    }
  }

  SECTION("or if a depth points beyond its end") {
    auto const depth = GENERATE(as<std::uint64_t>{}, 14, 1'000'000, 1ULL << 61,
                                std::numeric_limits<std::uint64_t>::max());
    CAPTURE(depth);
    auto damaged = complete();
    damaged[6] = depth;
    profile_file const file{as_bytes(damaged)};

    CHECK(finish_native_profile(file.fd.get(), 1000us).error() == errc::storage_full);
  }

  SECTION("or if it does not begin like a profile") {
    profile_file const file{std::string(200, 'x')};

    CHECK(finish_native_profile(file.fd.get(), 1000us).error() == errc::storage_full);
  }
}

TEST_CASE("A native profile that cannot be read or written is the system's fault", "[cpu]") {
  SECTION("no descriptor") {
    CHECK_THROWS_AS(finish_native_profile(-1, 1000us), std::system_error);
  }

  SECTION("only for writing, or only for reading") {
    auto const mode = GENERATE(O_WRONLY, O_RDONLY);
    profile_file const file{as_bytes(complete()), mode};

    CHECK_THROWS_AS(finish_native_profile(file.fd.get(), 1000us), std::system_error);
  }
}
