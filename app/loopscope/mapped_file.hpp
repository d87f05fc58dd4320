#pragma once

#include <filesystem>
#include <string_view>

namespace loopscope::tool {

/// The bytes of a file, as long as the object lives; the kernel reads them when they are looked at.
class mapped_file {
 public:
  /// \throws system_error  with the path.
  explicit mapped_file(std::filesystem::path const& path);
  ~mapped_file();
  mapped_file(mapped_file const&) = delete;
  mapped_file& operator=(mapped_file const&) = delete;

  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace loopscope::tool
