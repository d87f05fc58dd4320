#pragma once

#include <loopscope/base/file_descriptor.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <ostream>
#include <streambuf>
#include <string_view>

namespace loopscope::tool {

/// Writes to a descriptor, and remembers why it could not.
class descriptor_buffer : public std::streambuf {
 public:
  explicit descriptor_buffer(int fd);

  /// errno of the write that failed, 0 without.
  [[nodiscard]] int error() const noexcept { return error_; }

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  int fd_;
  int error_ = 0;
  std::array<char, std::size_t{64} * 1024> pending_;
};

/// A file that is written as a whole or not at all. What a failure would leave is removed.
/// \throws  system_error everywhere, with the path of the file.
class output_file {
 public:
  /// \param in_place  write into the file that stands at `path`, or a new one, but not through a
  ///                  link; it is empty if that fails. Else beside it, under a temporary name.
  output_file(std::filesystem::path path, bool in_place);
  ~output_file();
  output_file(output_file const&) = delete;
  output_file& operator=(output_file const&) = delete;

  std::ostream& stream() noexcept { return stream_; }

  /// Everything has been written: checks that it was.
  void complete();

  /// Gives the file its name. Call it when all files are complete.
  void publish();

  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

 private:
  file_descriptor open_in_place();
  file_descriptor open_temporary();

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty in place
  bool created_ = false;
  bool published_ = false;
  file_descriptor file_;
  descriptor_buffer buffer_;
  std::ostream stream_;
};

}  // namespace loopscope::tool
