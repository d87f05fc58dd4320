#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/refused_calls.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/store.hpp>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/syscall.h>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using artifacts::store;
using test::plant;

namespace {

// A store in a directory that has the file of an earlier instance, where locks are refused.
struct lockless {
  test::temp_dir dir;
  std::string name = test::artifact_name("01230001");
  fs::path theirs = plant(dir / name, std::string(60, 'x'), 2h);
  fs::path part = plant(dir / (".loopscope-" + test::artifact_name("01230002") + ".part"), "half");
  std::unique_ptr<store> all;

  // Refused only at the start: then locks count as refused for good.
  bool start(int error = ENOLCK) {
    return test::refusing({{SYS_flock, error}}, [&] {
      all = std::make_unique<store>(
          artifacts::settings{.directory = dir.path(), .quota = bytes(100), .max_age = 1h});
    });
  }
};

}  // namespace

TEST_CASE("A store whose file system refuses locks", "[artifacts]") {
  lockless here;
  if (!here.start()) return;
  auto& all = *here.all;
  CHECK(all.lock_refusal() == ENOLCK);

  SECTION("lists and serves what any instance left") {
    REQUIRE(all.list()->size() == 1);
    CHECK(all.list()->front().name == here.name);
    CHECK(all.open(here.name));
    CHECK(all.current_usage().size == bytes(60));
  }

  SECTION("does not evict what may be another live instance's for its age") {
    CHECK(all.sweep().count == 1);
    CHECK(fs::exists(here.theirs));
  }

  SECTION("leaves what another instance may be writing") {
    CHECK(fs::exists(here.part));
  }

  SECTION("evicts its own for their age") {
    auto const saved = test::save(all, "mine");
    test::set_age(saved.path, 2h);

    all.sweep();

    CHECK_FALSE(fs::exists(saved.path));
  }

  SECTION("keeps to the quota with its own files alone") {
    auto const first = test::save(all, std::string(60, 'a'));
    auto const second = test::save(all, std::string(60, 'b'));

    CHECK_FALSE(fs::exists(first.path));
    CHECK(fs::exists(second.path));
    CHECK(fs::exists(here.theirs));
  }

  SECTION("removes any on request") {
    CHECK(all.remove(here.name));
    CHECK_FALSE(fs::exists(here.theirs));
  }
}

TEST_CASE("A store starts whatever error refuses the lock", "[artifacts]") {
  auto const error = GENERATE(ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL, EPERM);
  CAPTURE(error);
  lockless here;

  if (!here.start(error)) return;

  CHECK(here.all->lock_refusal() == error);
  CHECK(test::save(*here.all, "mine").size == bytes(4));
}

TEST_CASE("A store whose file system locks says so", "[artifacts]") {
  test::temp_dir const dir;
  store const all{{.directory = dir.path()}};

  CHECK(all.lock_refusal() == 0);
}
