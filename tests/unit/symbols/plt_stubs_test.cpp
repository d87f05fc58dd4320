#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/symbols/plt_stubs_impl.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <algorithm>
#include <dlfcn.h>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace loopscope;

#ifdef __x86_64__

namespace {

std::string path_of(std::string const& style) {
  return std::string{PLT_CALLERS} + "/plt-" + style + ".so";
}

symbols::plt_stubs stubs_of(std::string const& path) {
  return symbols::plt_stubs{*symbols::elf_file::open(path)};
}

// A loaded library and the stubs that its code calls, as linked.
class loaded {
 public:
  explicit loaded(std::string const& path) : library_{dlopen(path.c_str(), RTLD_NOW), dlclose} {
    CAPTURE(path);
    REQUIRE(library_);
  }

  // Where a stub is in memory.
  char const* stub(std::string const& function) {
    using pointer = void const* (*)();
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): so dlsym gives functions
    auto const stub =
        reinterpret_cast<pointer>(dlsym(library_.get(), ("stub_of_" + function).c_str()));
    REQUIRE(stub);
    return static_cast<char const*>(stub());
  }

 private:
  std::unique_ptr<void, int (*)(void*)> library_;
};

std::uint64_t as_linked(char const* address) {
  Dl_info info{};
  REQUIRE(dladdr(address, &info) != 0);
  return static_cast<std::uint64_t>(address - static_cast<char const*>(info.dli_fbase));
}

std::vector<model::mapping> own_maps() {
  return *model::parse_maps(test::read_file("/proc/self/maps"));
}

}  // namespace

TEST_CASE("A stub has the name of the function that it calls", "[symbols]") {
  auto const* style = GENERATE("lazy", "now", "ibt");
  auto const* function = GENERATE("log1p", "cos", "getpid");
  CAPTURE(style, function);
  auto const stubs = stubs_of(path_of(style));
  auto const stub = as_linked(loaded{path_of(style)}.stub(function));

  CHECK(stubs.name_at(stub) == function + std::string{"@plt"});
  CHECK(stubs.name_at(stub + 5) == function + std::string{"@plt"});
}

TEST_CASE("A lazy stub has a name also where the processor checks branches", "[symbols]") {
  auto const stubs = stubs_of(path_of("ibt"));
  int bytes = 0;
  for (std::uint64_t address = 0; address < 0x10'000; ++address)
    bytes += stubs.name_at(address) == "log1p@plt" ? 1 : 0;

  CHECK(bytes == 32);  // .plt and .plt.sec
}

TEST_CASE("A stub has a name also if its function is chosen when the program starts", "[symbols]") {
  auto const maps = own_maps();
  auto const is_libc = [](auto const& each) {
    return each.executable && each.path.ends_with("/libc.so.6");
  };
  auto const libc = std::find_if(maps.begin(), maps.end(), is_libc);
  REQUIRE(libc != maps.end());
  auto const stubs = stubs_of(libc->path);
  std::set<std::string> found;
  for (std::uint64_t offset = 0; offset < 0x1000; offset += 8)
    found.insert(stubs.name_at(libc->offset + offset));

  CHECK(found.contains("strlen@plt"));
}

TEST_CASE("The symbolizer names a stub as disassemblers do", "[symbols]") {
  loaded library{path_of("lazy")};
  symbols::symbolizer names{own_maps(), {}};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): an address of code
  auto const& found = names.at(reinterpret_cast<std::uint64_t>(library.stub("log1p")));

  CHECK(found.named);
  REQUIRE(found.frames.size() == 1);
  CHECK(found.frames.front().system_name == "log1p@plt");
}

TEST_CASE("Where no stub is, none is found", "[symbols]") {
  auto const stubs = stubs_of(path_of("lazy"));

  CHECK(stubs.name_at(0).empty());
  CHECK(stubs.name_at(~std::uint64_t{0}).empty());
}

TEST_CASE("A damaged file has some stubs, or none", "[symbols]") {
  auto const original = test::read_file(path_of(GENERATE("lazy", "ibt")));
  test::temp_dir const directory;
  std::minstd_rand random{11};
  for (int i = 0; i < 200; ++i) {
    auto bytes = original;
    for (int change = 0; change < 20; ++change) {
      // The header, or the sections' headers, which stand at the end.
      auto const at = random() % 2'500;
      bytes[at < 64 ? at : bytes.size() - at] = static_cast<char>(random());
    }
    test::write_file(directory / "damaged.so", bytes);
    auto const file = symbols::elf_file::open(directory / "damaged.so");
    if (!file) continue;
    symbols::plt_stubs const stubs{*file};
    for (std::uint64_t address = 0; address < 0x2'000; address += 4)
      std::ignore = stubs.name_at(address);
  }
  SUCCEED("no address outside of the file was read");
}

#endif
