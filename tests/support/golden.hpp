#pragma once

#include "support/temp_dir.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace loopscope::test {

/// The approved text tests/golden/<name>. With APPROVE=1 in the environment `actual` becomes it.
inline std::string approved(std::string const& name, std::string const& actual) {
  auto const path = std::filesystem::path{GOLDEN_DIR} / name;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  if (std::getenv("APPROVE")) write_file(path, actual);
  return read_file(path);
}

}  // namespace loopscope::test
