#pragma once

#include <loopscope/base/capture_formats.hpp>
#include <loopscope/model/presentation.hpp>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

namespace loopscope::tool {

/// A file to write.
struct output {
  std::filesystem::path path;
  bool in_place;  ///< into the file that is there; else it is replaced when the new one is complete
};

struct encode_arguments {
  std::filesystem::path raw;
  std::map<std::string, output> outputs;  ///< that were named, by format
  std::filesystem::path directory{};      ///< for all other formats; empty: there are none
  std::vector<std::string> formats{};     ///< for it; empty: all
  std::filesystem::path executable{};     ///< empty: where it ran
  pid_t process = 0;                      ///< that was captured and may still run; 0: none
  model::presentation shown{};            ///< of what is written for people
};

/// The files to write, by format, which is their extension.
/// \throws usage_error  a format that was asked for is of another kind of capture.
std::map<std::string, output> outputs_for(encode_arguments const& asked, capture_kind kind);

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
