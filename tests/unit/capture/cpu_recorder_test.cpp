#include "support/catch.hpp"
#include "support/diagnostics.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using capture::capture_phase;

namespace {

// The thread that makes it is sampled at 1000 Hz, for a minute unless somebody ends it.
struct sampled {
  test::diagnostics all;

  explicit sampled(byte_count quota = mebibytes(64),
                   std::string_view encoder = test::well_behaved_encoder)
      : all{quota, encoder} {}
  // NOLINTNEXTLINE(bugprone-exception-escape): a test that cannot clean up had better end
  ~sampled() { all.cancel_captures(); }

  result<std::string> start() { return all.start_recording(); }

  std::optional<capture::capture_state> find(std::string const& id) {
    return all.tell_control([&] { return all.jobs.find(id); });
  }

  std::optional<capture::capture_state> wait(std::string const& id) {
    return all.on_control(all.jobs.wait(id));
  }

  std::string start_sampling() {
    auto const id = start();
    REQUIRE(id);
    all.take_samples();
    return *id;
  }

  capture::capture_state finish(std::string const& id) {
    all.parts.end_captures();
    return *wait(id);
  }

  // How many files there are with an extension.
  std::size_t count(std::string const& extension) {
    std::size_t found = 0;
    for (auto const& each : fs::directory_iterator{all.dir.path()})
      if (each.path().extension() == extension) ++found;
    return found;
  }
};

// A busy machine brings others along.
std::vector<std::string> warnings_with(std::string_view beginning,
                                       capture::capture_state const& state) {
  std::vector<std::string> found;
  for (auto const& each : state.result.quality.at("warnings").as_array())
    if (each.as_string().starts_with(beginning)) found.emplace_back(each.as_string());
  return found;
}

}  // namespace

TEST_CASE("A CPU capture that is ended early", "[capture]") {
  if (!test::can_sample()) return;
  sampled lab;
  auto const id = lab.start_sampling();

  auto const state = lab.finish(id);

  SECTION("is done, and marked as truncated") {
    CHECK(state.phase == capture_phase::done);
    CHECK(state.result.quality.at("truncated").as_bool());
    CHECK(state.result.figures.at("durationSeconds").as_int64() == 60);
    CHECK(state.result.quality.at("measuredSeconds").as_double() > 0);
    CHECK(state.result.quality.at("measuredSeconds").as_double() < 60);
    CHECK_FALSE(lab.all.jobs.in_progress(capture_kind::cpu));
  }

  SECTION("has the samples that were taken until then") {
    auto const figure = [&](char const* name) {
      return state.result.quality.at(name).to_number<std::uint64_t>();
    };
    CHECK(figure("samplesTaken") > 0);
    CHECK(figure("samplesExpected") > 0);
    CHECK(figure("samplesTaken") + figure("dropped") + figure("overruns") <=
          2 * figure("samplesExpected"));
    CHECK(state.result.quality.at("unresolvedShare").as_double() == 0.25);
  }

  SECTION("is stored in every format under one id, for DevTools first") {
    auto const formats = capture::cpu_formats();
    REQUIRE(state.result.artifacts.size() == formats.size());
    CHECK_THAT(state.result.artifacts.front().name, Catch::Matchers::EndsWith(".cpuprofile"));
    for (std::size_t i = 0; i < state.result.artifacts.size(); ++i) {
      auto const& format = formats[i];
      CHECK(state.result.artifacts[i].capture_id == id);
      CHECK_THAT(state.result.artifacts[i].name, Catch::Matchers::EndsWith('.' + format));
      CHECK(test::read_file(state.result.artifacts[i].path) == format);
    }
  }

  SECTION("leaves no raw capture") {
    CHECK(lab.count(".raw") == 0);
    CHECK(lab.count(".part") == 0);
  }

  SECTION("ends every later one at once") {
    auto const later = lab.start();
    REQUIRE(later);

    auto const ended = lab.wait(*later);

    REQUIRE(ended);
    CHECK(ended->progress < 1);
    CHECK((ended->phase == capture_phase::done || ended->error == errc::nothing_captured));
  }
}

TEST_CASE("While a CPU capture runs", "[capture]") {
  if (!test::can_sample()) return;
  sampled lab;
  auto const started = lab.start();
  REQUIRE(started);
  auto const& id = *started;

  SECTION("another one is refused") {
    auto const second = lab.start();

    REQUIRE_FALSE(second);
    CHECK(second.error() == errc::busy);
    CHECK(lab.all.jobs.in_progress(capture_kind::cpu));
    CHECK(lab.find(id)->phase == capture_phase::sampling);
  }

  SECTION("it can be asked for, and another cannot") {
    CHECK(lab.find(id)->id == id);
    CHECK(lab.find(id)->kind == capture_kind::cpu);
    CHECK_FALSE(lab.find("00000000"));
    CHECK_FALSE(lab.wait("00000000"));
  }

  SECTION("it can be cancelled, which leaves nothing") {
    auto const known = lab.all.tell_control([&] { return lab.all.jobs.cancel(id); });
    auto const state = lab.wait(id);

    CHECK(known);
    REQUIRE(state);
    CHECK(state->phase == capture_phase::cancelled);
    CHECK(state->error == errc::cancelled);
    CHECK(state->result.artifacts.empty());
    CHECK(lab.all.store.sweep().count == 0);
    CHECK_FALSE(lab.all.jobs.in_progress(capture_kind::cpu));
  }

  SECTION("it makes way for the next one once it is cancelled") {
    lab.all.tell_control([&] { return lab.all.jobs.cancel(id); });
    lab.wait(id);

    CHECK(lab.start());
  }

  SECTION("cancelling what is not known does nothing") {
    auto const known = lab.all.tell_control([&] { return lab.all.jobs.cancel("00000000"); });

    CHECK_FALSE(known);
    CHECK(lab.find(id)->phase == capture_phase::sampling);
  }
}

TEST_CASE("A CPU capture without storage", "[capture]") {
  if (!test::can_sample()) return;

  SECTION("does not begin when the directory is gone, and can begin when it is back") {
    sampled lab;
    fs::remove_all(lab.all.dir.path());

    auto const refused = lab.start();

    REQUIRE_FALSE(refused);
    CHECK(refused.error() == storage_error(ENOENT));
    CHECK_FALSE(lab.all.jobs.in_progress(capture_kind::cpu));
    fs::create_directory(lab.all.dir.path());
    CHECK(lab.start());
  }

  SECTION("fails when the directory vanishes meanwhile") {
    sampled lab;
    auto const id = lab.start_sampling();
    fs::remove_all(lab.all.dir.path());

    auto const state = lab.finish(id);

    CHECK(state.phase == capture_phase::failed);
    CHECK(state.error == storage_error(ENOENT));
    CHECK_FALSE(lab.all.jobs.in_progress(capture_kind::cpu));
  }

  SECTION("fails when it is larger than the quota, and leaves nothing") {
    sampled lab{bytes(100)};
    auto const id = lab.start_sampling();

    auto const state = lab.finish(id);

    CHECK(state.phase == capture_phase::failed);
    CHECK(state.error == errc::quota_exceeded);
    CHECK(lab.count(".raw") == 0);
    CHECK(lab.count(".part") == 0);
  }
}

TEST_CASE("A CPU capture without gperftools' profile", "[capture]") {
  if (!test::can_sample() || !cpu::gperftools_profiler::available()) return;
  cpu::gperftools_profiler of_others;
  REQUIRE(of_others.start());
  sampled lab;
  auto const id = lab.start_sampling();

  auto const state = lab.finish(id);

  SECTION("has every other format") {
    REQUIRE(state.phase == capture_phase::done);
    CHECK(state.result.artifacts.size() == capture::cpu_formats().size() - 1);
    CHECK(lab.count(".prof") == 0);
    CHECK(lab.count(".cpuprofile") == 1);
  }

  SECTION("says why, and what to do") {
    auto const warnings = warnings_with("There is no .prof file: ", state);
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings.front(), test::ContainsSubstring("CPUPROFILE"));
  }

  SECTION("leaves the other user of gperftools alone") {
    CHECK_FALSE(of_others.stop(1ms).empty());
  }
}

TEST_CASE("A CPU capture that cannot be encoded", "[capture]") {
  if (!test::can_sample()) return;

  SECTION("fails with the encoder's words, and keeps the raw capture") {
    auto const [script, error] = GENERATE(table<std::string, errc>({
        {"echo 'bad samples' >&2; exit 1", errc::encoder_failed},
        {"echo 'bad samples' >&2; exit 3", errc::storage_full},
    }));
    CAPTURE(script);
    sampled lab{mebibytes(64), "#!/bin/sh\n" + script + '\n'};
    auto const id = lab.start_sampling();

    auto const state = lab.finish(id);

    CHECK(state.phase == capture_phase::failed);
    CHECK(state.error == error);
    CHECK_THAT(state.detail, Catch::Matchers::StartsWith("bad samples; the raw capture is kept: "));
    CHECK_THAT(state.detail, Catch::Matchers::EndsWith(id + ".raw"));
    CHECK(lab.count(".raw") == 1);
    CHECK(lab.count(".part") == 0);
    CHECK(lab.all.store.sweep().count == 1);
  }

  SECTION("fails when the encoder leaves a file empty") {
    sampled lab{mebibytes(64), "#!/bin/sh\necho '{\"unresolvedShare\":0}'\n"};
    auto const id = lab.start_sampling();

    auto const state = lab.finish(id);

    CHECK(state.phase == capture_phase::failed);
    CHECK(state.error == errc::encoder_failed);
    CHECK_THAT(state.detail, test::ContainsSubstring("empty"));
    CHECK(lab.count(".raw") == 1);
    CHECK(lab.count(".cpuprofile") == 0);
  }

  SECTION("is cancelled together with its encoder, which leaves nothing") {
    sampled lab{mebibytes(64), "#!/bin/sh\nexec sleep 100\n"};
    auto const id = lab.start_sampling();
    lab.all.parts.end_captures();
    while (lab.find(id)->phase == capture_phase::sampling) continue;

    lab.all.tell_control([&] { return lab.all.jobs.cancel(id); });
    auto const state = lab.wait(id);

    REQUIRE(state);
    CHECK(state->phase == capture_phase::cancelled);
    CHECK(lab.count(".raw") == 0);
    CHECK(lab.count(".part") == 0);
  }
}

TEST_CASE("A build that cannot sample says so", "[capture]") {
  if (cpu::loop_sampler::available()) return;
  sampled lab;

  auto const refused = lab.start();

  REQUIRE_FALSE(refused);
  CHECK(refused.error() == errc::unsupported);
  CHECK_FALSE(lab.all.jobs.in_progress(capture_kind::cpu));
}

TEST_CASE("A CPU capture warns of code that has no names any more", "[capture]") {
  if (!test::can_sample()) return;
  auto encoder = std::string{test::well_behaved_encoder};
  auto const report = encoder.find("0.25}");
  encoder.insert(report + 4, R"(,"changedModules":["/opt/a.so","/opt/b.so"])");
  sampled lab{mebibytes(64), encoder};
  auto const id = lab.start_sampling();

  auto const state = lab.finish(id);

  REQUIRE(state.phase == capture_phase::done);
  auto const warnings = warnings_with("The code of ", state);
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], test::ContainsSubstring("/opt/a.so has no names"));
  CHECK_THAT(warnings[1], test::ContainsSubstring("/opt/b.so has no names"));
}
