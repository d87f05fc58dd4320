#pragma once

#include "support/temp_dir.hpp"

#include <loopscope/model/memory_map.hpp>

#include <algorithm>
#include <cstdint>
#include <dlfcn.h>
#include <filesystem>
#include <link.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace loopscope::test {

inline std::vector<model::mapping> own_maps() {
  return model::parse_maps(read_file("/proc/self/maps")).value();
}

/// The file that a loaded library lies in.
inline std::filesystem::path library_path(char const* name) {
  auto* const handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
  link_map* loaded = nullptr;
  if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &loaded) != 0)
    throw std::runtime_error{std::string{"not loaded: "} + name};
  dlclose(handle);
  return loaded->l_name;
}

/// A second copy of the library of mathematics, loaded from a folder of its own.
class library_copy {
 public:
  library_copy() {
    std::filesystem::copy_file(library_path("libm.so.6"), path());
    handle_ = dlopen(path().c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle_) throw std::runtime_error{"cannot load " + path().string()};
  }
  ~library_copy() {
    if (handle_) dlclose(handle_);
  }
  library_copy(library_copy const&) = delete;
  library_copy& operator=(library_copy const&) = delete;

  [[nodiscard]] std::filesystem::path path() const { return folder_ / "libcopy.so"; }

  [[nodiscard]] std::uint64_t function(char const* name) const {
    return reinterpret_cast<std::uint64_t>(dlsym(handle_, name));
  }

  /// Puts another library in its place, as a package manager does.
  void replace() const {
    auto const other = folder_ / "new";
    std::filesystem::copy_file(library_path("libc.so.6"), other);
    std::filesystem::rename(other, path());
  }

  void remove() const { std::filesystem::remove(path()); }

  void unload() {
    dlclose(handle_);
    handle_ = nullptr;
  }

  /// Its mapping of code, out of `maps`.
  [[nodiscard]] model::mapping code_in(std::vector<model::mapping> const& maps) const {
    auto const* const found = model::find_mapping(maps, function("cos"));
    if (!found) throw std::runtime_error{"not mapped: " + path().string()};
    return *found;
  }

 private:
  temp_dir folder_;
  void* handle_ = nullptr;
};

}  // namespace loopscope::test
