#pragma once

#include "support/temp_dir.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace loopscope::test {

/// An artifact's name; the first four digits of `id` name the instance that wrote it.
inline std::string artifact_name(std::string_view id, std::string_view extension = "prof") {
  return std::string{"cpu-2026-01-02T03-04-05.678Z-"}.append(id).append(".").append(extension);
}

/// Makes a file look as if it was written `age` ago.
inline void set_age(std::filesystem::path const& path, std::chrono::milliseconds age) {
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - age);
}

/// Writes a file as an instance that is gone would have left it.
inline std::filesystem::path plant(std::filesystem::path const& path, std::string_view bytes,
                                   std::chrono::milliseconds age = std::chrono::minutes{1}) {
  write_file(path, bytes);
  set_age(path, age);
  return path;
}

}  // namespace loopscope::test
