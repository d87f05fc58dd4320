#pragma once

#include <loopscope/model/presentation.hpp>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <variant>

namespace loopscope::tool {

/// A file to write.
struct output {
  std::filesystem::path path;
  bool in_place;  ///< into the file that is there; else it is replaced when the new one is complete
};

struct encode_arguments {
  std::filesystem::path raw;
  std::map<std::string, output> outputs;  ///< by format, which is the extension of its files
  std::filesystem::path executable{};     ///< empty: where it ran
  pid_t process = 0;                      ///< that was captured and may still run; 0: none
  model::presentation shown{};            ///< of what is written for people
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
