#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/model/program_image.hpp>
#include <loopscope/model/raw_heap_records.hpp>

#include <cstdint>
#include <cstring>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::model {

/// Figures of the scan.
struct raw_heap_scan {
  std::uint64_t live_bytes = 0;     ///< of all nodes
  std::uint64_t scanned_bytes = 0;  ///< of them that could be read
  std::uint64_t edges = 0;
  std::uint64_t roots = 0;

  bool operator==(raw_heap_scan const&) const = default;
};

/// All of a capture but what is large: see heap_sections.
struct raw_heap {
  std::uint64_t taken_unix_ns = 0;
  std::string process;       ///< random, one for the life of a process: its ids are its own
  bool sampled = false;      ///< `samples` instead of nodes
  std::uint64_t period = 0;  ///< bytes between samples; 0: every block is there
  program_image image;
  std::vector<std::string> registered_roots;
  std::vector<std::string> threads;
  std::vector<raw_heap_type> types;
  std::vector<raw_heap_stack> stacks;  ///< by their number, which is the same in every capture
  std::vector<raw_heap_sample> samples;
  raw_heap_scan scan;
  std::string gperftools;  ///< its own heap profile, or empty

  bool operator==(raw_heap const&) const = default;
};

/// Tags of a heap capture's sections. The first section of one is `mark`, which is empty.
enum class heap_tag : std::uint32_t {
  mark = 100,
  head,
  nodes,  // raw_heap_node...
  edges,  // raw_heap_edge...
  roots,  // raw_heap_root...
  types,
  scan,
  registered_roots,
  threads,
  stacks,
  samples,  // raw_heap_sample...
  gperftools,
  process,
};

/// Whether a raw capture, or its beginning, is one of the heap.
bool is_raw_heap(std::string_view bytes);

/// Writes what the service knows, behind the sections that the scan has written, and the end.
void write_raw_heap_tail(std::ostream& out, raw_heap const& heap);

/// A heap capture: the small parts by value, the large ones in the bytes of the file.
struct heap_sections {
  raw_heap heap;
  std::vector<std::string_view> nodes;  ///< sections, each of whole raw_heap_nodes
  std::vector<std::string_view> edges;
  std::vector<std::string_view> roots;
  std::uint64_t node_count = 0;
};

/// Reads a capture; bounded by the input, and every index in it is checked.
/// \param bytes  outlive the result.
/// \return  errc::not_a_raw_capture, unknown_raw_version, raw_truncated, raw_malformed.
result<heap_sections> read_raw_heap(std::string_view bytes);

/// Goes over the records of one kind, in their order.
template <class Record, class Visit>
void for_each_record(std::vector<std::string_view> const& sections, Visit visit) {
  for (auto const section : sections) {
    for (std::size_t at = 0; at + sizeof(Record) <= section.size(); at += sizeof(Record)) {
      Record one;
      std::memcpy(&one, section.data() + at, sizeof one);
      visit(one);
    }
  }
}

}  // namespace loopscope::model
