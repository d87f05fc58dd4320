#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace loopscope::tool {

enum class file_format { cpuprofile, pb_gz, prof, folded };

inline constexpr std::array<std::pair<file_format, std::string_view>, 4> file_formats{{
    {file_format::cpuprofile, "cpuprofile"},
    {file_format::pb_gz, "pb.gz"},
    {file_format::prof, "prof"},
    {file_format::folded, "folded"},
}};

/// Its name, which is also the extension of its files.
std::string_view name_of(file_format format);

/// A file to write.
struct output {
  std::filesystem::path path;
  bool in_place;  ///< into the file that is there; else it is replaced when the new one is complete
};

struct encode_arguments {
  std::filesystem::path raw;
  std::map<file_format, output> outputs;
  std::filesystem::path executable{};  ///< empty: where it ran
};

/// The help or the version, to be printed.
struct information {
  std::string text;
};

using arguments = std::variant<information, encode_arguments>;

/// What was asked cannot be understood; the text is one line.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// \throws usage_error
arguments parse_arguments(int argc, char const* const* argv);

}  // namespace loopscope::tool
