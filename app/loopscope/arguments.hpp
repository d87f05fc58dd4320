#pragma once

#include <loopscope/heap_graph/groups.hpp>
#include <loopscope/model/presentation.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
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

struct heap_top_arguments {
  std::filesystem::path file;
  heap_graph::group_by by;
  std::size_t limit;  ///< of rows; 0: none
  bool json;
};

enum class heap_diff_form { table, json, folded };

struct heap_diff_arguments {
  std::filesystem::path from;
  std::filesystem::path to;
  heap_graph::group_by by;
  std::size_t limit;  ///< of rows; 0: none
  heap_diff_form form;
};

struct heap_retainers_arguments {
  std::filesystem::path file;
  std::string type;                 ///< of the objects; empty: the one with the id
  std::optional<std::uint32_t> id;  ///< if there is no type
  std::size_t limit;                ///< of rows; 0: none
  bool json;
};

struct heap_dominators_arguments {
  std::filesystem::path file;
  std::uint32_t depth;  ///< of the tree; 0: all of it
  std::size_t limit;    ///< of rows; 0: none
  bool json;
};

/// The help or the version, to be printed.
struct information {
  std::string text;
};

using arguments =
    std::variant<information, encode_arguments, heap_top_arguments, heap_diff_arguments,
                 heap_retainers_arguments, heap_dominators_arguments>;

/// What was asked cannot be understood; the text is one line.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// \throws usage_error
arguments parse_arguments(int argc, char const* const* argv);

}  // namespace loopscope::tool
