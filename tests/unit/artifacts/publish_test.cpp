#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/refused_calls.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/pending_artifact.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <vector>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::pending_artifact;

namespace {

struct way {
  std::string name;
  std::vector<test::refused_call> refused;
};

// From the first one that a system may leave to the last.
std::vector<way> ways() {
  std::vector<way> all{{"renameat2", {}}};
  for (auto const error : {EINVAL, ENOSYS, EPERM})
    all.push_back({"link, for " + std::to_string(error), {{SYS_renameat2, error}}});
  for (auto const error : {EPERM, EOPNOTSUPP, ENOSYS})
    all.push_back({"reservation, for " + std::to_string(error),
                   {{SYS_renameat2, EINVAL}, {SYS_linkat, error}}});
  return all;
}

struct directory {
  test::temp_dir dir;
  std::string name = test::artifact_name("0123abcd");
  fs::path part = dir / (".loopscope-" + name + ".part");
  fs::path published = dir / name;

  // Publishes a new file. \return no result if the kernel cannot refuse calls.
  std::optional<result<void>> publish(std::vector<test::refused_call> const& refused) {
    auto pending = pending_artifact::create(
        file_descriptor{open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}, dir.path(),
        name);
    REQUIRE(pending);
    REQUIRE(pending->write("new"));
    REQUIRE(pending->complete());
    std::optional<result<void>> outcome;
    test::refusing(refused, [&] { outcome = pending->publish(); });
    return outcome;
  }
};

}  // namespace

TEST_CASE("A file is published, whatever the system refuses", "[artifacts]") {
  directory here;
  auto const how = GENERATE(from_range(ways()));
  CAPTURE(how.name);

  auto const outcome = here.publish(how.refused);

  if (!outcome) return;
  REQUIRE(outcome->has_value());
  struct stat info {};
  REQUIRE(lstat(here.published.c_str(), &info) == 0);
  CHECK(info.st_nlink == 1);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(test::read_file(here.published) == "new");
  CHECK_FALSE(fs::exists(here.part));
}

TEST_CASE("A file that is published never replaces another", "[artifacts]") {
  directory here;
  auto const victim = here.dir / "victim";
  test::write_file(victim, "precious");
  auto const how = GENERATE(from_range(ways()));
  using put = std::function<void(fs::path const&, fs::path const&)>;
  auto const [what, plant] = GENERATE(table<std::string, put>({
      {"file", [](auto& at, auto& from) { fs::copy_file(from, at); }},
      {"empty file", [](auto& at, auto&) { test::write_file(at, ""); }},
      {"symbolic link", [](auto& at, auto& from) { fs::create_symlink(from, at); }},
      {"link to nowhere", [](auto& at, auto&) { fs::create_symlink("nowhere", at); }},
      {"hard link", [](auto& at, auto& from) { fs::create_hard_link(from, at); }},
      {"directory", [](auto& at, auto&) { fs::create_directory(at); }},
  }));
  CAPTURE(how.name, what);
  plant(here.published, victim);
  struct stat before {
  }, after{};
  REQUIRE(lstat(here.published.c_str(), &before) == 0);

  auto const outcome = here.publish(how.refused);

  if (!outcome) return;
  CHECK(outcome->error() == storage_error(EEXIST));
  REQUIRE(lstat(here.published.c_str(), &after) == 0);
  CHECK(after.st_ino == before.st_ino);
  CHECK(after.st_size == before.st_size);
  CHECK(test::read_file(victim) == "precious");
  CHECK_FALSE(fs::exists(here.part));
  CHECK_FALSE(fs::exists(here.dir / "nowhere"));
}

TEST_CASE("A file that cannot be published leaves nothing", "[artifacts]") {
  directory here;
  auto const [error, refused] =
      GENERATE(table<boost::system::error_code, std::vector<test::refused_call>>({
          {storage_error(EIO), {{SYS_renameat2, EIO}}},
          {storage_error(EIO), {{SYS_renameat2, EINVAL}, {SYS_linkat, EIO}}},
          {errc::rename_refused,
           {{SYS_renameat2, EINVAL}, {SYS_linkat, EPERM}, {SYS_renameat, EPERM}}},
      }));
  CAPTURE(error, refused.size());

  auto const outcome = here.publish(refused);

  if (!outcome) return;
  CHECK(outcome->error() == error);
  CHECK(fs::is_empty(here.dir.path()));
}

TEST_CASE("A file system that cannot flush is no error", "[artifacts]") {
  directory here;
  auto const error = GENERATE(EINVAL, ENOSYS, EOPNOTSUPP, EIO);
  CAPTURE(error);
  auto pending = pending_artifact::create(
      file_descriptor{open(here.dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
      here.dir.path(), here.name);
  REQUIRE(pending);
  REQUIRE(pending->write("new"));
  std::optional<result<void>> completed;

  test::refusing({{SYS_fsync, error}}, [&] { completed = pending->complete(); });

  if (completed) CHECK(completed->has_value() == (error != EIO));
}
