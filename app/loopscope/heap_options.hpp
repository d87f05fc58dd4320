#pragma once

#include "arguments.hpp"

#include <CLI/App.hpp>

#include <string>

namespace loopscope::tool {

/// What stands behind `heap`, before it is known what it means together.
struct heap_words {
  std::string command{};
  std::string file{};
  std::string later_file{};
  std::string by{};
  std::string limit{};
  std::string depth{};
  std::string type{};
  std::string id{};
  bool json = false;
  bool folded = false;
};

/// Adds the command `heap`, and its own. \param to  borrowed.
void add_heap(CLI::App& program, heap_words& to);

/// \throws usage_error
arguments checked(heap_words const& given);

}  // namespace loopscope::tool
