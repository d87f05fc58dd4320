#include "heap.hpp"

#include "heap_json.hpp"
#include "text_table.hpp"

#include <loopscope/heap_graph/read_snapshot.hpp>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace loopscope::tool {

namespace {

using heap_graph::heap_snapshot;
using heap_graph::snapshot_parts;

heap_snapshot read(std::filesystem::path const& path, snapshot_parts wanted) {
  auto heap = heap_graph::read_snapshot(path, wanted);
  if (heap) return std::move(*heap);
  throw std::runtime_error{path.string() + ": not a heap snapshot: " + heap.error().reason +
                           " (at byte " + std::to_string(heap.error().offset) + ")"};
}

void finish(std::ostream& out) {
  out.flush();
  if (!out) throw std::system_error{errno, std::generic_category(), "standard output"};
}

template <typename Row>
std::span<Row const> first_of(std::vector<Row> const& rows, std::size_t limit) {
  return std::span{rows}.first(limit == 0 ? rows.size() : std::min(limit, rows.size()));
}

void write_rest(std::ostream& out, std::size_t all, std::size_t shown) {
  if (shown < all) out << "... and " << all - shown << " more (--limit 0 shows all)\n";
}

object_sum sum_of(heap_snapshot const& heap, std::vector<std::uint32_t> const& nodes) {
  object_sum sum{nodes.size()};
  for (auto const node : nodes) sum.bytes += heap.self_bytes[node];
  return sum;
}

std::string text_of(object_sum sum) {
  return std::to_string(sum.count) + (sum.count == 1 ? " object, " : " objects, ") +
         size_text(sum.bytes);
}

// The paths of lists that change their names may be long.
std::string path_text(std::string const& objects, std::vector<std::string> const& path) {
  constexpr std::size_t first = 10;
  constexpr std::size_t last = 5;
  constexpr auto arrow = " <- ";
  if (path.empty()) return printable(objects) + arrow + "(nothing, or weak references)";
  auto text = printable(objects);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.size() > first + last + 1 && i == first) {
      text += arrow + ("(" + std::to_string(path.size() - first - last)) + " more)";
      i = path.size() - last;
    }
    text += arrow + printable(path[i]);
  }
  return text;
}

std::string name_and_id(heap_snapshot const& heap, std::uint32_t node) {
  return std::string{heap.strings[heap.title_of(node)]} + " @" + std::to_string(heap.id[node]);
}

std::vector<std::uint32_t> unreached_objects(heap_snapshot const& heap,
                                             heap_graph::dominator_tree const& tree) {
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t node = 0; node < heap.size(); ++node)
    if (heap.is_object(node) && !tree.is_reached(node)) nodes.push_back(node);
  return nodes;
}

void write_dominators(std::ostream& out, heap_snapshot const& heap,
                      heap_graph::dominator_tree const& tree,
                      std::span<heap_graph::largest_row const> rows) {
  auto const all_bytes = tree.order.empty() ? 0 : tree.retained_bytes[heap.root];
  text_table table{{"retained", "share", "self", "object"}};
  for (auto const& row : rows) {
    auto const retained = tree.retained_bytes[row.node];
    auto const name = printable(name_and_id(heap, row.node));
    table.push_back({size_text(retained), percent_text(heap_graph::share_of(retained, all_bytes)),
                     size_text(heap.self_bytes[row.node]),
                     std::string(std::size_t{2} * (row.depth - 1), ' ') + name});
  }
  write_table(out, table);
}

}  // namespace

void show_heap(heap_top_arguments const& asked, std::ostream& out) {
  auto const heap = read(asked.file, snapshot_parts::edges);
  auto const all = heap_graph::top(heap, heap_graph::find_dominators(heap), asked.by);
  auto const rows = first_of(all, asked.limit);
  object_sum sum;
  for (auto const& row : all) sum = {sum.count + row.count, sum.bytes + row.self_bytes};
  if (asked.json) {
    write_top_json(out, asked.by, sum, rows);
    return finish(out);
  }
  out << text_of(sum) << "\n\n";
  text_table table{{"objects", "self", "retained", std::string{to_text(asked.by)}}};
  for (auto const& row : rows)
    table.push_back({std::to_string(row.count), size_text(row.self_bytes),
                     size_text(row.retained_bytes), printable(row.name)});
  write_table(out, table);
  write_rest(out, all.size(), rows.size());
  finish(out);
}

void show_heap(heap_diff_arguments const& asked, std::ostream& out) {
  auto const from = read(asked.from, snapshot_parts::nodes);
  auto const to = read(asked.to, snapshot_parts::nodes);
  if (!from.process.empty() && !to.process.empty() && from.process != to.process)
    throw not_comparable{asked.from.string() + " and " + asked.to.string() +
                         ": snapshots of different processes, whose objects cannot be matched"};
  auto const changes = heap_graph::find_changes(from, to);
  if (asked.form == heap_diff_form::folded) {
    write_folded_growth(out, from, to, changes);
    return finish(out);
  }
  auto const came = sum_of(to, changes.came);
  auto const went = sum_of(from, changes.went);
  if (asked.form == heap_diff_form::json) {
    auto const types = heap_graph::diff(from, to, changes, heap_graph::group_by::type);
    auto const sites = heap_graph::diff(from, to, changes, heap_graph::group_by::site);
    write_diff_json(out, came, went, first_of(types, asked.limit), first_of(sites, asked.limit));
    return finish(out);
  }
  auto const all = heap_graph::diff(from, to, changes, asked.by);
  auto const rows = first_of(all, asked.limit);
  out << "came: " << text_of(came) << "; went: " << text_of(went) << "\n\n";
  text_table table{{"came", "went", "objects", "bytes", std::string{to_text(asked.by)}}};
  for (auto const& row : rows)
    table.push_back({std::to_string(row.came), std::to_string(row.went),
                     signed_text(row.count_delta()), signed_size_text(row.bytes_delta()),
                     printable(row.name)});
  write_table(out, table);
  write_rest(out, all.size(), rows.size());
  finish(out);
}

void show_heap(heap_retainers_arguments const& asked, std::ostream& out) {
  auto const heap = read(asked.file, snapshot_parts::properties);
  auto const objects =
      asked.id ? objects_with_id(heap, *asked.id) : objects_of_type(heap, asked.type);
  auto const sought = asked.id ? "id " + std::to_string(*asked.id) : "type '" + asked.type + "'";
  if (objects.empty())
    throw std::runtime_error{asked.file.string() + ": no object of " + printable(sought)};
  auto const [rows, paths] = heap_graph::find_retainers(heap, objects, asked.limit);
  auto const sum = sum_of(heap, objects);
  if (asked.json) {
    write_retainers_json(out, sum, rows);
    return finish(out);
  }
  auto const name = asked.id ? name_and_id(heap, objects.front()) : asked.type;
  out << text_of(sum) << "\n\n";
  text_table table{{"objects", "bytes", "held by"}};
  for (auto const& row : rows)
    table.push_back(
        {std::to_string(row.count), size_text(row.self_bytes), path_text(name, row.path)});
  write_table(out, table);
  write_rest(out, paths, rows.size());
  finish(out);
}

void show_heap(heap_dominators_arguments const& asked, std::ostream& out) {
  auto const heap = read(asked.file, snapshot_parts::edges);
  auto const tree = heap_graph::find_dominators(heap);
  auto const rows = heap_graph::largest(tree, asked.depth, asked.limit);
  auto const unreached = sum_of(heap, unreached_objects(heap, tree));
  if (asked.json) {
    write_dominators_json(out, heap, tree, unreached, rows);
    return finish(out);
  }
  auto const reached = tree.order.empty() ? 0 : tree.retained_bytes[heap.root];
  out << size_text(reached) << " reached from the roots; not reached: " << text_of(unreached)
      << "\n\n";
  write_dominators(out, heap, tree, rows);
  finish(out);
}

}  // namespace loopscope::tool
