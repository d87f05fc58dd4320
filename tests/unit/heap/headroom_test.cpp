#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/byte_count.hpp>
#include <loopscope/heap/headroom.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

using namespace loopscope;
using heap::memory_headroom;

namespace {

constexpr byte_count unlimited{std::numeric_limits<std::uint64_t>::max()};

std::string text(byte_count value) {
  return std::to_string(value.value) + "\n";
}

std::string kib(byte_count value) {
  return " " + std::to_string(value.value >> 10);
}

// A root directory with `proc` and `sys` as the kernel would show them.
struct machine {
  test::temp_dir dir;

  void file(std::filesystem::path const& path, std::string_view contents) const {
    std::filesystem::create_directories((dir.path() / path).parent_path());
    test::write_file(dir.path() / path, contents);
  }

  void available(byte_count memory) const {
    file("proc/meminfo", "MemTotal:       99999999 kB\nMemFree:          100 kB\nMemAvailable:   " +
                             std::to_string(memory.value / 1024) +
                             " kB\nBuffers:               5 kB\n");
  }

  void member_of(std::string_view rows) const { file("proc/self/cgroup", rows); }

  // `group` of version 2; its path begins with `/`.
  void group(std::string const& path, std::string const& limit, byte_count usage) const {
    file("sys/fs/cgroup" + path + "/memory.max", limit);
    file("sys/fs/cgroup" + path + "/memory.current", text(usage));
  }

  void group_1(std::string const& path, std::string const& limit, byte_count usage) const {
    file("sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes", limit);
    file("sys/fs/cgroup/memory" + path + "/memory.usage_in_bytes", text(usage));
  }

  // What the process may have and has, as /proc shows it.
  void address_space(std::string const& limit, byte_count used) const {
    file("proc/self/limits",
         "Limit                     Soft Limit           Hard Limit           Units     \n"
         "Max data size             unlimited            unlimited            bytes     \n"
         "Max address space         " +
             limit + "           unlimited            bytes     \n");
    file("proc/self/status",
         "Name:\tlab\nVmPeak:\t 9999999 kB\nVmSize:\t" + kib(used) + " kB\nVmData:\t 1 kB\n");
  }

  void data(std::string const& limit, byte_count used) const {
    file("proc/self/limits",
         "Limit                     Soft Limit           Hard Limit           Units     \n"
         "Max data size             " +
             limit +
             "            unlimited            bytes     \n"
             "Max address space         unlimited            unlimited            bytes     \n");
    file("proc/self/status", "VmSize:\t 9999999 kB\nVmData:\t" + kib(used) + " kB\n");
  }

  [[nodiscard]] byte_count headroom(byte_count reusable = bytes(0)) const {
    return memory_headroom(dir.path(), reusable);
  }
};

}  // namespace

TEST_CASE("Without a cgroup the machine's available memory counts", "[heap]") {
  machine const host;

  SECTION("as the kernel estimates it") {
    host.available(mebibytes(300));

    CHECK(host.headroom() == mebibytes(300));
  }

  SECTION("and is unknown if nothing reports it") {
    CHECK(host.headroom() == unlimited);
  }

  SECTION("even if the table is odd") {
    auto const meminfo = GENERATE(as<std::string>{}, "", "MemAvailable:", "MemAvailable: lots kB\n",
                                  "XMemAvailable: 5 kB\n", "MemTotal: 5 kB\n");
    CAPTURE(meminfo);
    host.file("proc/meminfo", meminfo);

    CHECK(host.headroom() == unlimited);
  }
}

TEST_CASE("A cgroup of version 2 limits", "[heap]") {
  machine const host;
  host.available(mebibytes(4096));
  host.member_of("0::/app\n");

  SECTION("to what is left of it") {
    host.group("/app", text(mebibytes(512)), mebibytes(200));

    CHECK(host.headroom() == mebibytes(312));
  }

  SECTION("unless the machine has even less") {
    host.group("/app", text(mebibytes(512)), mebibytes(200));
    host.available(mebibytes(100));

    CHECK(host.headroom() == mebibytes(100));
  }

  SECTION("to nothing when it is used up, or beyond") {
    auto const used = GENERATE(mebibytes(512), mebibytes(512) + bytes(1), mebibytes(600));
    host.group("/app", text(mebibytes(512)), used);

    CHECK(host.headroom() == bytes(0));
  }

  SECTION("nothing when its limit is `max`") {
    host.group("/app", "max\n", mebibytes(200));

    CHECK(host.headroom() == mebibytes(4096));
  }

  SECTION("without the page cache that the kernel can drop") {
    host.group("/app", text(mebibytes(512)), mebibytes(500));
    host.file("sys/fs/cgroup/app/memory.stat",
              "anon 1048576\nactive_file 7\ntotal_inactive_file 9\n"
              "inactive_file 104857600\nslab 5\n");

    CHECK(host.headroom() == mebibytes(112));
  }

  SECTION("also when there is more page cache than memory in use") {
    host.group("/app", text(mebibytes(512)), mebibytes(10));
    host.file("sys/fs/cgroup/app/memory.stat", "inactive_file 20971520\n");

    CHECK(host.headroom() == mebibytes(512));
  }

  SECTION("only if both its files can be read") {
    auto const* const missing = GENERATE("memory.max", "memory.current");
    CAPTURE(missing);
    host.group("/app", text(mebibytes(512)), mebibytes(200));
    REQUIRE(std::filesystem::remove(host.dir.path() / "sys/fs/cgroup/app" / missing));

    CHECK(host.headroom() == mebibytes(4096));
  }

  SECTION("not if its directory is missing") {
    CHECK(host.headroom() == mebibytes(4096));
  }

  SECTION("even if the machine does not report its own") {
    host.group("/app", text(mebibytes(512)), mebibytes(200));
    REQUIRE(std::filesystem::remove(host.dir / "proc/meminfo"));

    CHECK(host.headroom() == mebibytes(312));
  }
}

TEST_CASE("The tightest of nested cgroups counts", "[heap]") {
  machine const host;
  host.available(mebibytes(4096));
  host.member_of("0::/system.slice/outer/inner\n");

  auto const [slice, outer, inner, left] =
      GENERATE(table<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>({
          {1000, 500, 300, 200},  // the innermost
          {1000, 250, 900, 150},  // between
          {150, 500, 900, 50},    // the outermost
      }));
  CAPTURE(slice, outer, inner);
  host.group("/system.slice", text(mebibytes(slice)), mebibytes(100));
  host.group("/system.slice/outer", text(mebibytes(outer)), mebibytes(100));
  host.group("/system.slice/outer/inner", text(mebibytes(inner)), mebibytes(100));

  SECTION("wherever it is") {
    CHECK(host.headroom() == mebibytes(left));
  }

  SECTION("and the mount itself, which is the container's own group, too") {
    host.group("", text(mebibytes(140)), mebibytes(100));

    CHECK(host.headroom() == mebibytes(std::min<std::uint64_t>(left, 40)));
  }

  SECTION("but none beside it") {
    host.group("/system.slice/other", text(mebibytes(1)), mebibytes(1));

    CHECK(host.headroom() == mebibytes(left));
  }
}

TEST_CASE("In a container the group is the mount", "[heap]") {
  machine const host;
  host.available(mebibytes(4096));
  host.group("", text(mebibytes(256)), mebibytes(56));

  SECTION("with a cgroup namespace") {
    host.member_of("0::/\n");

    CHECK(host.headroom() == mebibytes(200));
  }

  SECTION("and without one, where the path shown is the host's") {
    host.member_of("0::/docker/0123456789abcdef\n");

    CHECK(host.headroom() == mebibytes(200));
  }
}

TEST_CASE("A cgroup of version 1 limits", "[heap]") {
  machine const host;
  host.available(mebibytes(4096));
  host.member_of("12:cpuset:/other\n7:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n");

  SECTION("to what is left of it") {
    host.group_1("/docker/abc", text(mebibytes(512)), mebibytes(200));

    CHECK(host.headroom() == mebibytes(312));
  }

  SECTION("with every group above it") {
    host.group_1("", text(mebibytes(900)), mebibytes(850));
    host.group_1("/docker", text(mebibytes(256)), mebibytes(216));
    host.group_1("/docker/abc", text(mebibytes(512)), mebibytes(200));

    CHECK(host.headroom() == mebibytes(40));
  }

  SECTION("nothing when its limit is the largest number of pages") {
    host.group_1("/docker/abc", "9223372036854771712\n", mebibytes(200));

    CHECK(host.headroom() == mebibytes(4096));
  }

  SECTION("without the page cache of the group and those below it") {
    host.group_1("/docker/abc", text(mebibytes(512)), mebibytes(500));
    host.file("sys/fs/cgroup/memory/docker/abc/memory.stat",
              "inactive_file 1048576\ntotal_inactive_file 104857600\n");

    CHECK(host.headroom() == mebibytes(112));
  }

  SECTION("not by another controller's path") {
    host.group_1("/other", text(mebibytes(64)), mebibytes(60));

    CHECK(host.headroom() == mebibytes(4096));
  }
}

TEST_CASE("The process' own limits leave", "[heap]") {
  machine const host;
  host.available(mebibytes(4096));
  auto const set = GENERATE(&machine::address_space, &machine::data);

  SECTION("what it has not mapped yet") {
    (host.*set)(text(mebibytes(512)), mebibytes(200));

    CHECK(host.headroom() == mebibytes(312));
  }

  SECTION("what the allocator holds free beside that") {
    (host.*set)(text(mebibytes(512)), mebibytes(500));

    CHECK(host.headroom(mebibytes(100)) == mebibytes(112));
  }

  SECTION("no more than the limit, whatever the allocator says") {
    (host.*set)(text(mebibytes(512)), mebibytes(200));

    CHECK(host.headroom(mebibytes(1000)) == mebibytes(512));
  }

  SECTION("nothing when they were lowered below what is mapped") {
    (host.*set)(text(mebibytes(512)), mebibytes(512) + kibibytes(4));

    CHECK(host.headroom() == bytes(0));
  }

  SECTION("everything if there are none") {
    (host.*set)("unlimited", mebibytes(200));

    CHECK(host.headroom() == mebibytes(4096));
  }

  SECTION("everything if one of the files is missing") {
    auto const* const missing = GENERATE("proc/self/limits", "proc/self/status");
    CAPTURE(missing);
    (host.*set)(text(mebibytes(512)), mebibytes(200));
    REQUIRE(std::filesystem::remove(host.dir.path() / missing));

    CHECK(host.headroom() == mebibytes(4096));
  }
}

TEST_CASE("A damaged list of cgroups is passed over", "[heap]") {
  machine const host;
  host.available(mebibytes(4096));
  host.group("/app", text(mebibytes(512)), mebibytes(200));

  SECTION("row by row") {
    host.member_of("nonsense\n\n:\n0:only one\n0::/app\n");

    CHECK(host.headroom() == mebibytes(312));
  }

  SECTION("without its last line end") {
    host.member_of("0::/app");

    CHECK(host.headroom() == mebibytes(312));
  }
}

TEST_CASE("This machine has some headroom", "[heap]") {
  auto const headroom = memory_headroom();

  CHECK(headroom > mebibytes(1));
  CHECK(headroom < mebibytes(1ULL << 30));
}
