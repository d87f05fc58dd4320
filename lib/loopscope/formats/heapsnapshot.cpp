#include <loopscope/base/utf8.hpp>
#include <loopscope/formats/allocation_tree_impl.hpp>
#include <loopscope/formats/file_url_impl.hpp>
#include <loopscope/formats/heap_holders_impl.hpp>
#include <loopscope/formats/heapsnapshot.hpp>
#include <loopscope/formats/record_cursor_impl.hpp>
#include <loopscope/formats/script_ids_impl.hpp>
#include <loopscope/formats/streamed_json_impl.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace loopscope::formats {

namespace {

// Positions in the lists of `meta`.
enum class node_type : std::uint32_t { native = 8, synthetic = 9 };
enum class edge_type : std::uint32_t { element = 1, property = 2, weak = 6 };

constexpr std::uint32_t node_fields = 7;
// Viewers keep sizes in 32 bits.
constexpr std::uint64_t largest_size = 0xffffffff;

constexpr std::string_view meta =
    R"({"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],)"
    R"("node_types":[["hidden","array","string","object","code","closure","regexp","number",)"
    R"("native","synthetic","concatenated string","sliced string","symbol","bigint",)"
    R"("object shape"],"string","number","number","number","number","number"],)"
    R"("edge_fields":["type","name_or_index","to_node"],)"
    R"("edge_types":[["context","element","property","internal","hidden","shortcut","weak"],)"
    R"("string_or_number","node"],)"
    R"("trace_function_info_fields":["function_id","name","script_name","script_id","line",)"
    R"("column"],)"
    R"("trace_node_fields":["id","function_info_index","count","size","children"],)"
    R"("sample_fields":["timestamp_us","last_assigned_id"],)"
    R"("location_fields":["object_index","script_id","line","column"]})";

// A block, or a sample, as a node.
struct shown_block {
  std::uint32_t id = 0;
  std::uint64_t size = 0;
  std::uint32_t type = 0;
  std::uint32_t stack = 0;
};

// Samples of one stack are numbered, so that more of them are new objects in a comparison.
class sample_ids {
 public:
  std::uint32_t next(std::uint32_t stack) {
    auto const number = used_[stack]++;
    return (stack % most_stacks) * samples_of_stack + number % samples_of_stack;
  }

 private:
  static constexpr std::uint32_t samples_of_stack = 1U << 12;
  static constexpr std::uint32_t most_stacks = 1U << 18;

  std::unordered_map<std::uint32_t, std::uint32_t> used_;
};

class string_numbers {
 public:
  std::size_t of(std::string_view text) {
    auto const [known, is_new] = ids_.try_emplace(std::string{text}, all_.size());
    if (is_new) all_.push_back(&known->first);
    return known->second;
  }
  [[nodiscard]] std::vector<std::string const*> const& all() const noexcept { return all_; }

 private:
  std::unordered_map<std::string, std::size_t> ids_;
  std::vector<std::string const*> all_;
};

class heapsnapshot_writer {
 public:
  heapsnapshot_writer(std::ostream& to, heap_capture const& capture, model::frame_style frames)
      : capture_{capture}, holders_{capture}, tree_{capture, frames}, json_{to}, to_{to} {}

  void write() {
    auto& out = json_.writer();
    auto const& process = capture_.raw.heap.process;
    out.begin_object().key("snapshot").begin_object().key("meta").json(meta);
    out.member("node_count", holders_.all().size() + block_count())
        .member("edge_count", edge_count())
        .member("trace_function_count", tree_.places().size());
    // Not of V8: readers skip it.
    if (!process.empty()) out.member("process", process);
    out.end_object();
    write_nodes();
    write_edges();
    write_trace();
    out.key("samples").begin_array().end_array();
    write_locations();
    write_strings();
    out.end_object();
    json_.pass_on(0);
    to_ << '\n';
  }

 private:
  template <class... Numbers>
  void add(Numbers... numbers) {
    auto& out = json_.writer();
    (out.value(numbers), ...);
    json_.pass_on();
  }

  [[nodiscard]] std::uint64_t block_count() const {
    return capture_.raw.node_count + capture_.raw.heap.samples.size();
  }

  [[nodiscard]] std::uint64_t edge_count() const {
    std::uint64_t count = count_records<model::raw_heap_edge>(capture_.raw.edges);
    for (auto const& each : holders_.all()) count += each.edges.size();
    return count;
  }

  template <class Visit>  // Visit: (shown_block const&) -> void
  void for_each_block(Visit visit) const {
    model::for_each_record<model::raw_heap_node>(
        capture_.raw.nodes, [&](model::raw_heap_node const& each) {
          visit(shown_block{heap_holders::id_of_block(each.id), each.size, each.type, each.stack});
        });
    sample_ids ids;
    for (auto const& each : capture_.raw.heap.samples) {
      auto const size = each.weight * static_cast<double>(each.size);
      visit(shown_block{heap_holders::id_of_block(ids.next(each.stack)),
                        static_cast<std::uint64_t>(std::llround(size)), 0, each.stack});
    }
  }

  void write_nodes() {
    auto& out = json_.writer();
    out.key("nodes").begin_array();
    for (auto const& each : holders_.all()) {
      auto const type = each.is_synthetic ? node_type::synthetic : node_type::native;
      add(static_cast<std::uint32_t>(type), strings_.of(each.name), each.id, 0, each.edges.size(),
          0, 0);
    }
    record_cursor<model::raw_heap_edge> edges{capture_.raw.edges};
    std::uint32_t index = 0;
    for_each_block([&](shown_block const& each) {
      std::uint64_t leaving = 0;
      for (; edges && edges->from == index; ++edges) ++leaving;
      add(static_cast<std::uint32_t>(node_type::native),
          strings_.of(name_of(capture_.names, each.type, each.stack)), each.id,
          std::min(each.size, largest_size), leaving, tree_.node_of(each.stack) + 1, 0);
      ++index;
    });
    out.end_array();
  }

  void add_edge(edge_type type, std::uint64_t name_or_index, std::uint64_t to) {
    add(static_cast<std::uint32_t>(type), name_or_index, to * node_fields);
  }

  // Words in a coroutine's frame, as on a stack, may be left over from what was there before. Where
  // a registered root leads to the same block, they do not hold it too.
  [[nodiscard]] bool is_weak(model::raw_heap_edge const& edge, shown_block const& from) const {
    auto const& registered = capture_.reach.is_registered;
    auto const& types = capture_.raw.heap.types;
    return registered[edge.to] && !registered[edge.from] && from.type != 0 &&
           types[from.type - 1].kind == model::type_kind::coroutine;
  }

  // Words of large objects are elements of an array, as far as a reader is concerned.
  void add_block_edge(model::raw_heap_edge const& edge, shown_block const& from) {
    constexpr std::uint64_t small = 512;
    auto const to = holders_.all().size() + edge.to;
    auto const is_stale = is_weak(edge, from);
    if (from.size > small && !is_stale) return add_edge(edge_type::element, edge.word, to);
    auto const name = "+" + std::to_string(std::uint64_t{edge.word} * sizeof(std::uint64_t));
    add_edge(is_stale ? edge_type::weak : edge_type::property, strings_.of(name), to);
  }

  void add_holder_edge(holder_edge const& edge, std::uint64_t number) {
    if (edge.is_weak)
      add_edge(edge_type::weak, strings_.of(std::to_string(number)), edge.to);
    else if (edge.name.empty())
      add_edge(edge_type::element, number, edge.to);
    else
      add_edge(edge_type::property, strings_.of(edge.name), edge.to);
  }

  void write_edges() {
    auto& out = json_.writer();
    out.key("edges").begin_array();
    for (auto const& each : holders_.all()) {
      std::uint64_t number = 0;
      for (auto const& edge : each.edges) add_holder_edge(edge, number++);
    }
    record_cursor<model::raw_heap_edge> edges{capture_.raw.edges};
    std::uint32_t index = 0;
    for_each_block([&](shown_block const& each) {
      for (; edges && edges->from == index; ++edges) add_block_edge(*edges, each);
      ++index;
    });
    out.end_array();
  }

  void write_trace() {
    auto& out = json_.writer();
    out.key("trace_function_infos").begin_array();
    std::uint32_t id = 0;
    for (auto const& each : tree_.places()) {
      auto const url = file_url(each.file);
      add(id++, strings_.of(each.name), strings_.of(url), scripts_.of(each.file), each.line, 0);
    }
    out.end_array().key("trace_tree").begin_array();
    write_trace_node(0);
    out.end_array();
  }

  // Stacks are bounded, and so is this.
  void write_trace_node(std::uint32_t id) {  // NOLINT(misc-no-recursion)
    auto const& node = tree_.nodes()[id];
    auto const is_counted = node.totals.objects != 0;
    add(id + 1, node.place, is_counted ? node.totals.objects : node.totals.live_objects,
        is_counted ? node.totals.bytes : node.totals.live_bytes);
    auto& out = json_.writer();
    out.begin_array();
    for (auto const child : node.children) write_trace_node(child);
    out.end_array();
  }

  void write_locations() {
    auto& out = json_.writer();
    out.key("locations").begin_array();
    auto index = static_cast<std::uint64_t>(holders_.all().size());
    for_each_block([&](shown_block const& each) {
      auto const& site = capture_.names.sites[each.stack];
      if (!site.file.empty() && site.line != 0)
        add(index * node_fields, scripts_.of(site.file), site.line - 1, 0);
      ++index;
    });
    out.end_array();
  }

  void write_strings() {
    auto& out = json_.writer();
    out.key("strings").begin_array();
    for (auto const* each : strings_.all()) {
      out.value(to_utf8(*each));
      json_.pass_on();
    }
    out.end_array();
  }

  heap_capture const& capture_;
  heap_holders holders_;
  allocation_tree tree_;
  string_numbers strings_;
  script_ids scripts_;
  streamed_json json_;
  std::ostream& to_;
};

}  // namespace

void write_heapsnapshot(std::ostream& to, heap_capture const& capture, model::frame_style frames) {
  heapsnapshot_writer{to, capture, frames}.write();
}

}  // namespace loopscope::formats
