#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/cgroup.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loopscope;

namespace {

// Version and directory below `sys/fs/cgroup`.
using groups = std::vector<std::pair<int, std::string>>;

groups found(std::string_view controller, std::string_view rows) {
  test::temp_dir const root;
  std::filesystem::create_directories(root / "proc/self");
  test::write_file(root / "proc/self/cgroup", rows);
  groups all;
  for (auto const& [version, directory] : cgroups_of_process(controller, root.path()))
    all.emplace_back(version, directory.lexically_relative(root / "sys/fs/cgroup").string());
  return all;
}

}  // namespace

TEST_CASE("A process belongs to its cgroup and every one above", "[base]") {
  SECTION("of version 2, whatever the controller") {
    groups const expected{{2, "."}, {2, "system.slice"}, {2, "system.slice/app"}};

    CHECK(found("memory", "0::/system.slice/app\n") == expected);
    CHECK(found("cpu", "0::/system.slice/app\n") == expected);
  }

  SECTION("with a cgroup namespace, which shows the root alone") {
    CHECK(found("memory", "0::/\n") == groups{{2, "."}});
  }

  SECTION("of version 1, each controller below its own mount") {
    auto const* const rows = "4:cpu,cpuacct:/c\n3:memory:/m/n\n2:cpuset:/s\n1:name=systemd:/d\n";

    CHECK(found("memory", rows) == groups{{1, "memory"}, {1, "memory/m"}, {1, "memory/m/n"}});
    CHECK(found("cpu", rows) == groups{{1, "cpu"}, {1, "cpu/c"}});
    CHECK(found("cpuacct", rows) == groups{{1, "cpuacct"}, {1, "cpuacct/c"}});
    CHECK(found("pids", rows).empty());
  }

  SECTION("of both, where both are mounted") {
    CHECK(found("memory", "3:memory:/m\n0::/u\n") ==
          groups{{1, "memory"}, {1, "memory/m"}, {2, "."}, {2, "u"}});
  }

  SECTION("whose name may hold colons and spaces") {
    CHECK(found("memory", "0::/a:b c\n") == groups{{2, "."}, {2, "a:b c"}});
  }
}

TEST_CASE("A list of cgroups that says nothing names none", "[base]") {
  SECTION("empty or damaged") {
    auto const rows = GENERATE(as<std::string>{}, "", "\n", "nonsense\n", "0:memory\n");
    CAPTURE(rows);

    CHECK(found("memory", rows).empty());
  }

  SECTION("missing") {
    test::temp_dir const root;

    CHECK(cgroups_of_process("memory", root.path()).empty());
  }
}
