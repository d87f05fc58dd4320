#include "support/catch.hpp"
#include "support/pipe.hpp"

#include <loopscope/base/log.hpp>
#include <loopscope/base/time.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <future>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
using namespace std::string_literals;
namespace json = boost::json;

namespace {

// Every line as JSON; a line that is not an object throws and fails the test.
std::vector<json::object> parsed(std::string const& text) {
  std::vector<json::object> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line).as_object());
  return lines;
}

// A logger on a small pipe that nobody reads before `read()` or `finish()`.
struct logged {
  test::small_pipe pipe;
  std::optional<logger> log;
  std::future<std::string> text;

  explicit logged(log_level level = log_level::info, byte_count capacity = kibibytes(64)) {
    log.emplace(pipe.to.get(), level, capacity);
  }

  void read() { text = std::async(std::launch::async, test::read_to_end, pipe.from.get()); }

  // Destroys the logger; all that it wrote.
  std::string finish() {
    if (!text.valid()) read();
    log.reset();
    pipe.to = file_descriptor{};
    return text.get();
  }
};

std::vector<std::string> events(std::vector<json::object> const& lines) {
  std::vector<std::string> names;
  names.reserve(lines.size());
  for (auto const& line : lines) names.emplace_back(line.at("event").as_string());
  return names;
}

}  // namespace

TEST_CASE("A log line is one JSON object", "[base]") {
  logged out;

  SECTION("of time, level, event and fields, in this order") {
    auto const before = std::chrono::system_clock::now();
    out.log->info("listening", {{"host", "127.0.0.1"}, {"port", 3001}});
    auto const text = out.finish();
    auto const time = text.substr(0, 35);

    CHECK_THAT(time,
               Catch::Matchers::Matches(R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",)"));
    CHECK(time.substr(9, 24) >= iso_time(before));
    CHECK(time.substr(9, 24) <= iso_time(std::chrono::system_clock::now()));
    CHECK(text.substr(35) == R"("level":"info","event":"listening","host":"127.0.0.1","port":3001})"
                             "\n");
  }

  SECTION("in which numbers and booleans keep their type and value") {
    out.log->info("numbers", {{"min", std::numeric_limits<std::int64_t>::min()},
                              {"max", std::numeric_limits<std::uint64_t>::max()},
                              {"small", static_cast<std::int8_t>(-5)},
                              {"half", 0.5},
                              {"tiny", 5e-324},
                              {"nan", std::numeric_limits<double>::quiet_NaN()},
                              {"inf", -std::numeric_limits<double>::infinity()},
                              {"yes", true},
                              {"no", false}});
    auto const line = parsed(out.finish()).at(0);

    CHECK(line.at("min").as_int64() == std::numeric_limits<std::int64_t>::min());
    CHECK(line.at("max").as_uint64() == std::numeric_limits<std::uint64_t>::max());
    CHECK(line.at("small").as_int64() == -5);
    CHECK(line.at("half").as_double() == 0.5);
    CHECK(line.at("tiny").as_double() == 5e-324);
    CHECK(line.at("nan").is_null());
    CHECK(line.at("inf").is_null());
    CHECK(line.at("yes").as_bool());
    CHECK_FALSE(line.at("no").as_bool());
  }

  SECTION("whatever ASCII the text holds") {
    std::string hostile;
    for (char c = 1; c != 0x7f; ++c) hostile += c;
    hostile += "\0\x7f\"}\n{\"level\":\"audit\"}\r\n\\u0041"s;
    out.log->info(hostile, {{"key", hostile}, {hostile, "value"}});
    auto const lines = parsed(out.finish());

    REQUIRE(lines.size() == 1);
    CHECK(lines[0].size() == 5);
    CHECK(lines[0].at("level").as_string() == "info");
    CHECK(lines[0].at("event").as_string() == hostile);
    CHECK(lines[0].at("key").as_string() == hostile);
    CHECK(lines[0].at(hostile).as_string() == "value");
  }

  SECTION("of ASCII alone, even if the text is not UTF-8") {
    out.log->info("bytes", {{"key", "\xff\x80\xc3\xa9\xed\xa0\x80"}});
    auto const text = out.finish();

    CHECK_THAT(text,
               test::ContainsSubstring(R"("key":"\u00ff\u0080\u00c3\u00a9\u00ed\u00a0\u0080")"));
    CHECK(parsed(text).size() == 1);
  }

  SECTION("with fields that were gathered in a vector") {
    std::vector<log_field> fields{{"a", 1}};
    fields.emplace_back("b", std::string_view{"two"});
    out.log->info("gathered", fields);
    auto const line = parsed(out.finish()).at(0);

    CHECK(line.at("a").as_int64() == 1);
    CHECK(line.at("b").as_string() == "two");
  }
}

TEST_CASE("A log level has a name", "[base]") {
  auto const [level, name] = GENERATE(table<log_level, std::string>({
      {log_level::debug, "debug"},
      {log_level::info, "info"},
      {log_level::warn, "warn"},
      {log_level::error, "error"},
  }));
  CAPTURE(name);

  CHECK(to_text(level) == name);
  CHECK(parse_log_level(name) == level);
  CHECK_FALSE(parse_log_level(name + " "));
  CHECK_FALSE(parse_log_level(name.substr(1)));
  CHECK_FALSE(parse_log_level(""));
}

TEST_CASE("A logger writes its level and above", "[base]") {
  auto const [level, expected] = GENERATE(table<log_level, std::vector<std::string>>({
      {log_level::debug, {"d", "i", "w", "e", "a"}},
      {log_level::info, {"i", "w", "e", "a"}},
      {log_level::warn, {"w", "e", "a"}},
      {log_level::error, {"e", "a"}},  // an audit line is above every level
  }));
  CAPTURE(to_text(level));
  auto const at_once = GENERATE(true, false);
  logged out{at_once ? level : log_level::info};
  if (!at_once) out.log->level(level);

  out.log->debug("d");
  out.log->info("i");
  out.log->warn("w");
  out.log->error("e");
  CHECK(out.log->audit("a", {}));
  CHECK(out.log->level() == level);
  CHECK(out.log->enabled(log_level::error));
  CHECK(out.log->enabled(log_level::debug) == (level == log_level::debug));
  auto const lines = parsed(out.finish());

  CHECK(events(lines) == expected);
  CHECK(lines.back().at("level").as_string() == "audit");
}

TEST_CASE("A logger whose reader is slow", "[base]") {
  constexpr int count = 200;  // far more than pipe and buffer hold
  logged out{log_level::info, bytes(1000)};

  SECTION("drops ordinary lines and says how many") {
    for (int i = 0; i < count; ++i) out.log->info("line", {{"number", i}});
    auto const lines = parsed(out.finish());
    std::int64_t written = 0, dropped = 0, latest = -1;
    for (auto const& line : lines) {
      if (line.at("event") == "log_dropped") {
        CHECK(line.at("level") == "warn");
        dropped += line.at("lines").as_int64();
        continue;
      }
      ++written;
      CHECK(line.at("number").as_int64() > latest);
      latest = line.at("number").as_int64();
    }

    CHECK(written > 0);
    CHECK(dropped > 0);
    CHECK(written + dropped == count);
  }

  SECTION("says of each audit line whether there was room, and keeps those") {
    std::vector<int> taken;
    for (int i = 0; i < count; ++i)
      if (out.log->audit("guarded_call", {{"number", i}})) taken.push_back(i);
    CHECK(taken.size() < count);
    out.read();
    auto const end = std::chrono::steady_clock::now() + 60s;
    while (!out.log->audit("guarded_call", {{"number", count}}))
      REQUIRE(std::chrono::steady_clock::now() < end);
    taken.push_back(count);
    auto const lines = parsed(out.finish());

    REQUIRE(lines.size() == taken.size());
    for (std::size_t i = 0; i < taken.size(); ++i)
      CHECK(lines[i].at("number").as_int64() == taken[i]);
  }

  SECTION("still takes a line longer than its buffer") {
    CHECK(out.log->audit("long", {{"text", std::string(5000, 'x')}}));
    auto const lines = parsed(out.finish());

    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("text").as_string().size() == 5000);
  }
}

TEST_CASE("A logger writes out what is left when it ends", "[base]") {
  logged out;
  for (int i = 0; i < 20; ++i) out.log->info("line");

  CHECK(parsed(out.finish()).size() == 20);
}

TEST_CASE("A logger does not wait for its end to write", "[base]") {
  logged out;
  out.log->info("line");
  char first = 0;

  REQUIRE(::read(out.pipe.from.get(), &first, 1) == 1);
  CHECK(first == '{');
}

TEST_CASE("Lines of many threads never mix", "[base]") {
  constexpr int count = 250;
  constexpr std::size_t threads = 4;
  logged out{log_level::info, mebibytes(1)};
  out.read();
  {
    std::vector<std::jthread> writers;
    writers.reserve(threads);
    for (std::size_t thread = 0; thread < threads; ++thread)
      writers.emplace_back([&out, thread] {
        for (int i = 0; i < count; ++i) out.log->info("line", {{"thread", thread}, {"number", i}});
      });
  }
  auto const lines = parsed(out.finish());
  std::vector<std::int64_t> next(threads);
  for (auto const& line : lines) {
    auto& expected = next.at(static_cast<std::size_t>(line.at("thread").as_int64()));
    CHECK(line.at("number").as_int64() == expected++);
  }

  CHECK(lines.size() == threads * count);
}

TEST_CASE("A descriptor that somebody made non-blocking loses no line", "[base]") {
  constexpr int count = 200;
  logged out;
  REQUIRE(::fcntl(out.pipe.to.get(), F_SETFL, O_NONBLOCK) == 0);
  for (int i = 0; i < count; ++i) CHECK(out.log->audit("guarded_call", {{"number", i}}));

  CHECK(parsed(out.finish()).size() == count);
}

TEST_CASE("A logger does not wait for a reader that never reads", "[base]") {
  // Its write end stays open: the thread that writes to it is nobody's any more.
  static auto* const pipe = new test::small_pipe;
  std::optional<logger> log{std::in_place, pipe->to.get()};
  log->info("long", {{"text", std::string(100'000, 'x')}});
  log->flush_until(std::chrono::steady_clock::now() + 10ms);
  auto const start = std::chrono::steady_clock::now();

  log.reset();

  CHECK(std::chrono::steady_clock::now() - start < logger::default_flush);
  pipe->from = file_descriptor{};  // its thread ends
}

TEST_CASE("A reader that goes away does not end the program", "[base]") {
  test::small_pipe pipe;
  pipe.from = file_descriptor{};
  {
    logger log{pipe.to.get()};
    CHECK(log.audit("nobody reads", {}));
  }
  logger again{pipe.to.get()};
  again.info("nobody reads");

  SUCCEED("SIGPIPE did not end the process");
}
