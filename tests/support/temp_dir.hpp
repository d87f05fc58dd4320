#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace loopscope::test {

/// A new, empty directory, removed at the end with all that is in it.
class temp_dir {
 public:
  temp_dir() {
    auto pattern = (std::filesystem::temp_directory_path() / "loopscope-test-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw std::system_error{errno, std::generic_category(), "mkdtemp " + pattern};
    path_ = pattern;
  }
  ~temp_dir() {
    std::error_code gone;
    std::filesystem::remove_all(path_, gone);
  }
  temp_dir(temp_dir const&) = delete;
  temp_dir& operator=(temp_dir const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

  /// The path of `name` in it.
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void write_file(std::filesystem::path const& path, std::string_view bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error{"cannot write " + path.string()};
}

inline std::string read_file(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path.string()};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace loopscope::test
