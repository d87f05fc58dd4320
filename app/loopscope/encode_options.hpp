#pragma once

#include "arguments.hpp"

#include <loopscope/base/capture_formats.hpp>

#include <CLI/App.hpp>

#include <map>
#include <string>
#include <vector>

namespace loopscope::tool {

/// What stands behind `encode`, before it is known what it means together.
struct encode_words {
  std::string raw{};
  std::string directory{};
  std::string executable{};
  std::string process{};
  std::string names{};
  std::string frames{};
  std::vector<std::string> formats{};
  std::vector<std::string> outputs{};
};

/// Adds the command `encode`. \param to  borrowed.
void add_encode(CLI::App& program, encode_words& to);

/// The files to write, by format, which is their extension.
/// \throws usage_error  a format that was asked for is of another kind of capture.
std::map<std::string, output> outputs_for(encode_arguments const& asked, capture_kind kind);

/// \throws usage_error
encode_arguments checked(encode_words const& given);

}  // namespace loopscope::tool
