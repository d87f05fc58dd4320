#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

// A heap snapshot as the service takes it. What is large lies in the file as it does in memory, in
// sections of bounded size that follow each other: nobody has to hold all of it.

/// A live block.
struct raw_heap_node {
  std::uint64_t size = 0;   ///< in bytes, as asked for
  std::uint32_t id = 0;     ///< of its life, above 0
  std::uint32_t stack = 0;  ///< number in raw_heap::stacks, from 1; 0 unknown
  std::uint32_t type = 0;   ///< number in raw_heap::types, from 1; 0 unknown
  std::uint32_t reserved = 0;

  bool operator==(raw_heap_node const&) const = default;
};
static_assert(sizeof(raw_heap_node) == 24);

/// A word of one block that points into another.
struct raw_heap_edge {
  std::uint32_t from = 0;  ///< index of a node; ascending over the file
  std::uint32_t to = 0;    ///< index of a node
  std::uint32_t word = 0;  ///< offset in `from`, in words of 8 bytes

  bool operator==(raw_heap_edge const&) const = default;
};
static_assert(sizeof(raw_heap_edge) == 12);

/// What holds a block from outside of the heap.
enum class root_kind : std::uint32_t {
  registered,  ///< `holder` is a number in raw_heap::registered_roots
  statics,     ///< `address` lies in a file's data
  stack,       ///< `holder` is a number in raw_heap::threads
};

struct raw_heap_root {
  root_kind kind{};
  std::uint32_t holder = 0;
  std::uint64_t address = 0;  ///< of the word that points
  std::uint32_t to = 0;       ///< index of a node
  std::uint32_t reserved = 0;

  bool operator==(raw_heap_root const&) const = default;
};
static_assert(sizeof(raw_heap_root) == 24);

/// What the first words of a block tell of its type.
enum class type_kind : std::uint32_t {
  polymorphic,  ///< `name` is what its type_info has
  coroutine,    ///< `address` is the function that resumes it
};

struct raw_heap_type {
  type_kind kind{};
  std::uint64_t address = 0;
  std::string name;  ///< mangled

  bool operator==(raw_heap_type const&) const = default;
};

/// A stack that allocates.
struct raw_heap_stack {
  std::uint64_t objects = 0;  ///< that it has allocated, freed or not; 0: not counted
  std::uint64_t bytes = 0;
  std::vector<std::uint64_t> pcs;  ///< return addresses, innermost first

  bool operator==(raw_heap_stack const&) const = default;
};

/// A live allocation that stands for `weight` others like it.
struct raw_heap_sample {
  std::uint32_t stack = 0;  ///< number in raw_heap::stacks, from 1; 0 unknown
  std::uint32_t reserved = 0;
  std::uint64_t size = 0;
  double weight = 0;

  bool operator==(raw_heap_sample const&) const = default;
};
static_assert(sizeof(raw_heap_sample) == 24);

}  // namespace loopscope::model
