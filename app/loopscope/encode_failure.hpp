#pragma once

#include "arguments.hpp"

#include <loopscope/symbols/symbolize.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace loopscope::tool {

[[noreturn]] inline void fail(std::filesystem::path const& file, std::string const& reason) {
  throw std::runtime_error{file.string() + ": " + reason};
}

/// What `symbolize` returns of the files that were asked for, or fails with its reason.
template <class Symbolize>  // Symbolize: (symbols::file_places) -> result<Named>
auto with_names(encode_arguments const& asked, Symbolize symbolize) {
  auto const file =
      asked.executable.empty() ? asked.executable : std::filesystem::absolute(asked.executable);
  try {
    auto named = symbolize(symbols::file_places{file.string(), asked.process});
    if (!named) fail(asked.raw, named.error().message());
    return std::move(*named);
  } catch (symbols::wrong_executable const& error) {
    fail(asked.raw, error.what());
  }
}

}  // namespace loopscope::tool
