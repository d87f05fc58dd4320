#pragma once

#include <loopscope/model/symbolized_profile.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace loopscope::model {

/// What a stack tells of the blocks that it allocated.
struct allocation_site {
  std::string type;        ///< by an allocator's template argument; empty if there was none
  std::string name;        ///< `lab::serve (session.cpp:57)`, never empty
  std::string file;        ///< empty if unknown
  std::uint32_t line = 0;  ///< 1-based, 0 unknown

  bool operator==(allocation_site const&) const = default;
};

/// A variable with static storage.
struct static_object {
  std::string name;  ///< `lab::g_cache`, or its place in its file
  std::uint64_t size = 0;

  bool operator==(static_object const&) const = default;
};

/// The names in a heap capture.
struct symbolized_heap : code_tables {
  std::vector<allocation_site> sites;  ///< by stack; the first is that of blocks without a stack
  std::vector<std::string> types;      ///< by raw type, from 1; empty: it was none after all
  std::vector<static_object> statics;
  std::unordered_map<std::uint64_t, std::uint32_t> static_of;  ///< by the address of a word
  std::vector<std::string> notes;  ///< what is missing of the program, and how to get it: sentences

  bool operator==(symbolized_heap const&) const = default;
};

}  // namespace loopscope::model
