#include "support/catch.hpp"

#include <loopscope/model/raw_cpu_profile.hpp>

#include <functional>
#include <random>
#include <sstream>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;

namespace {

model::raw_cpu_profile small_capture() {
  model::raw_cpu_profile raw;
  raw.period = 10ms;
  raw.start_ns = 1000;
  raw.end_ns = 5000;
  raw.start_unix_ns = 1'767'323'045'000'000'000;
  raw.dropped = 3;
  raw.executable = "/srv/bin/lab";
  raw.build_id = "0123abcd";
  raw.maps = "1000-2000 r-xp 00000000 fe:00 1 /srv/bin/lab\n";
  raw.labels = {"", "/api/a", std::string{"\0b", 2}};
  raw.stacks = {{}, {0x1001}, {0x1002, 0x1003, 0xffffffffffffffff}};
  raw.stack_ends = {model::stack_end::whole, model::stack_end::cut, model::stack_end::broken};
  raw.samples = {{1000, 1, 0, 0}, {2000, 2, 2, 7}, {2000, 0, 1, 0xffffffff}, {5000, 2, 0, 0}};
  raw.gperftools = "gperftools";
  raw.objects = {{0x1000, "0123abcd"}, {0x9000, ""}};
  return raw;
}

std::string written(model::raw_cpu_profile const& raw) {
  std::ostringstream out;
  model::write_raw(out, raw);
  return out.str();
}

errc failure_of(std::string_view bytes) {
  auto const read = model::read_raw(bytes);
  REQUIRE(read.has_error());
  return static_cast<errc>(read.error().value());
}

}  // namespace

TEST_CASE("A raw capture", "[model]") {
  auto const bytes = written(small_capture());

  SECTION("is read as it was written") {
    auto const read = model::read_raw(bytes);

    REQUIRE(read);
    CHECK(*read == small_capture());
  }

  SECTION("that is empty is read as it was written") {
    model::raw_cpu_profile none;
    none.period = 1ns;

    auto const read = model::read_raw(written(none));

    REQUIRE(read);
    CHECK(*read == none);
  }

  SECTION("need not say how its stacks end") {
    auto older = small_capture();
    older.stack_ends.clear();

    auto const read = model::read_raw(written(older));

    REQUIRE(read);
    CHECK(*read == older);
  }

  SECTION("is an error wherever it is cut off") {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      auto const expected = size < 8 ? errc::not_a_raw_capture : errc::raw_truncated;

      CHECK(failure_of(std::string_view{bytes}.substr(0, size)) == expected);
    }
  }

  SECTION("ends where it says") {
    CHECK(failure_of(bytes + '\0') == errc::raw_malformed);
  }

  SECTION("of another version is refused as such") {
    auto const version = GENERATE(0, 2, 0x7f);
    auto other = bytes;
    other[8] = static_cast<char>(version);

    CHECK(failure_of(other) == errc::unknown_raw_version);
  }

  SECTION("is told apart from other files") {
    auto const other =
        GENERATE(as<std::string>{}, "", "LOOPS", "loopsraw........", "{\"nodes\":[]}");
    CAPTURE(other);

    CHECK(failure_of(other) == errc::not_a_raw_capture);
  }

  SECTION("may hold a section that is not known yet") {
    auto const later = std::string("\x63\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0ab", 18);
    auto with_more = bytes;
    with_more.insert(16, later);  // behind the magic and the version

    auto const read = model::read_raw(with_more);

    REQUIRE(read);
    CHECK(*read == small_capture());
  }
}

TEST_CASE("A raw capture that contradicts itself is malformed", "[model]") {
  using raw = model::raw_cpu_profile;
  auto const [what, spoil] = GENERATE(table<std::string, std::function<void(raw&)>>({
      {"no such stack", [](raw& r) { r.samples[0].stack = 3; }},
      {"too few ends of stacks", [](raw& r) { r.stack_ends.pop_back(); }},
      {"too many ends of stacks", [](raw& r) { r.stack_ends.push_back({}); }},
      {"no such end of a stack", [](raw& r) { r.stack_ends[0] = model::stack_end{3}; }},
      {"no such label", [](raw& r) { r.samples[0].label = 3; }},
      {"no labels at all", [](raw& r) { r.labels.clear(); }},
      {"a first label with a text", [](raw& r) { r.labels[0] = "x"; }},
      {"time runs backwards", [](raw& r) { r.samples[1].time_ns = 999; }},
      {"a sample before the start", [](raw& r) { r.samples[0].time_ns = 999; }},
      {"a sample after the end", [](raw& r) { r.samples[3].time_ns = 5001; }},
      {"an end before the start", [](raw& r) { r.end_ns = 999; }},
      {"no period", [](raw& r) { r.period = 0ns; }},
      {"a negative period", [](raw& r) { r.period = -1ns; }},
  }));
  CAPTURE(what);
  auto capture = small_capture();
  spoil(capture);

  CHECK(failure_of(written(capture)) == errc::raw_malformed);
}

TEST_CASE("A damaged raw capture is read or refused, never more", "[model]") {
  auto const bytes = written(small_capture());
  std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): the same damage each time
  auto const any = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>{0, below - 1}(random);
  };

  for (int round = 0; round < 20'000; ++round) {
    auto damaged = bytes;
    for (auto hits = any(4) + 1; hits > 0; --hits)
      damaged[any(damaged.size())] = static_cast<char>(any(256));
    if (any(4) == 0) damaged.erase(any(damaged.size()), any(32));
    auto const read = model::read_raw(damaged);

    if (read) CHECK(*model::read_raw(written(*read)) == *read);
  }
}
