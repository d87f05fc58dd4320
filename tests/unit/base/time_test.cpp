#include "support/catch.hpp"

#include <loopscope/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;

namespace {

std::chrono::system_clock::time_point at(std::int64_t unix_ms) {
  return std::chrono::system_clock::time_point{std::chrono::milliseconds{unix_ms}};
}

}  // namespace

TEST_CASE("A time is written as ISO 8601 in UTC with milliseconds", "[base]") {
  auto const [unix_ms, text] = GENERATE(table<std::int64_t, std::string>({
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {999, "1970-01-01T00:00:00.999Z"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z"},
      {1'767'323'045'678, "2026-01-02T03:04:05.678Z"},
      {1'798'761'599'999, "2026-12-31T23:59:59.999Z"},
      {2'147'483'648'000, "2038-01-19T03:14:08.000Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
  }));
  CAPTURE(text);

  CHECK(iso_time(at(unix_ms)) == text);
}

TEST_CASE("Milliseconds are cut, never rounded into the next second", "[base]") {
  CHECK(iso_time(at(1'767'323'045'999) + 999us) == "2026-01-02T03:04:05.999Z");
}

TEST_CASE("A time in a file name has no colon", "[base]") {
  CHECK(iso_time_for_name(at(1'767'323'045'678)) == "2026-01-02T03-04-05.678Z");
}

TEST_CASE("A Date header has the form of RFC 9110", "[base]") {
  auto const [unix_ms, text] = GENERATE(table<std::int64_t, std::string>({
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {784'111'777'000, "Sun, 06 Nov 1994 08:49:37 GMT"},  // the example of RFC 9110
      {951'782'400'000, "Tue, 29 Feb 2000 00:00:00 GMT"},
      {1'767'323'045'678, "Fri, 02 Jan 2026 03:04:05 GMT"},
      {1'798'761'599'999, "Thu, 31 Dec 2026 23:59:59 GMT"},
      {1'775'001'600'000, "Wed, 01 Apr 2026 00:00:00 GMT"},
      {1'791'676'800'000, "Sun, 11 Oct 2026 00:00:00 GMT"},
  }));
  CAPTURE(text);

  CHECK(http_date(at(unix_ms)) == text);
}
