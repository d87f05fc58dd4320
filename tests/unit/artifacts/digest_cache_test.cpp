#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/digest_cache.hpp>
#include <loopscope/base/file_descriptor.hpp>

#include <fcntl.h>
#include <future>
#include <string>
#include <system_error>

using namespace loopscope;
using artifacts::digest_cache;
using artifacts::stat_of;
using test::sha256_text;

namespace {

struct one_file {
  test::temp_dir dir;
  std::filesystem::path path = test::plant(dir / "file", "content");
  file_descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};

  [[nodiscard]] int fd() const { return file.get(); }
};

}  // namespace

TEST_CASE("The digest of a file", "[artifacts]") {
  one_file const here;
  digest_cache digests;

  SECTION("is known once it was computed") {
    CHECK(digests.find("name", stat_of(here.fd())).empty());
    CHECK(digests.compute("name", here.fd()) == sha256_text("content"));
    CHECK(digests.find("name", stat_of(here.fd())) == sha256_text("content"));
    CHECK(digests.find("other", stat_of(here.fd())).empty());
  }

  SECTION("is that of its owner's word where there is one") {
    digests.insert("name", stat_of(here.fd()), "0123");

    CHECK(digests.compute("name", here.fd()) == "0123");
  }

  SECTION("is forgotten") {
    digests.compute("name", here.fd());
    digests.erase("name");
    digests.erase("name");

    CHECK(digests.find("name", stat_of(here.fd())).empty());
  }

  SECTION("is not known any more when the file was changed") {
    digests.compute("name", here.fd());
    test::write_file(here.path, "CONTENT");
    test::set_age(here.path, std::chrono::hours{1});

    CHECK(digests.find("name", stat_of(here.fd())).empty());
    CHECK(digests.compute("name", here.fd()) == sha256_text("CONTENT"));
  }

  SECTION("cannot be had of what cannot be read") {
    CHECK_THROWS_AS(digests.compute("name", -1), std::system_error);
  }
}

TEST_CASE("Digests can be looked up while others are computed", "[artifacts]") {
  one_file const here;
  digest_cache digests;
  auto compute = [&] {
    for (int i = 0; i < 200; ++i) {
      digests.compute("name", here.fd());
      digests.erase("name");
    }
  };
  auto other = std::async(std::launch::async, compute);

  auto const info = stat_of(here.fd());
  for (int i = 0; i < 200; ++i) {
    auto const found = digests.find("name", info);
    CHECK((found.empty() || found == sha256_text("content")));
  }
  other.get();
}
