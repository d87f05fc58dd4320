#include <loopscope/formats/heap_holders_impl.hpp>

#include <utility>

namespace loopscope::formats {

namespace {

// The nodes that every snapshot has, by index.
enum group : std::uint32_t { root, gc_roots, registered, statics, stacks, unreached };

// Ids are odd. Those of blocks lie between those of groups and those of names.
constexpr std::uint32_t first_block = 101;
constexpr std::uint32_t first_name = 0x80000001;

// FNV-1a: one name has one id in every snapshot.
std::uint32_t hash_of(std::string_view name) {
  std::uint32_t hash = 0x811c9dc5;
  for (auto const c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash & heap_holders::most_blocks;
}

}  // namespace

std::uint32_t heap_holders::id_of_block(std::uint32_t block) noexcept {
  return first_block + 2 * block;
}

heap_holders::heap_holders(heap_capture const& capture) {
  auto const sampled = capture.raw.heap.sampled;
  add("", 1, true);
  add("(GC roots)", 3, true);
  add("(Registered roots)", 5, true);
  add("(Static storage)", 7, true);
  add("(Stacks)", 9, true);
  add(sampled ? "(Sampled: no retainers known)" : "(Unreached: leaked or hidden)", 11, true);
  all_[root].edges.push_back({gc_roots, {}, false});
  for (auto const each : {registered, statics, stacks, unreached})
    all_[gc_roots].edges.push_back({each, {}, false});
  add_members(capture);
  add_roots(capture);
}

std::uint32_t heap_holders::add(std::string name, std::uint32_t id, bool is_synthetic) {
  auto const index = static_cast<std::uint32_t>(all_.size());
  all_.push_back({std::move(name), id, is_synthetic, {}});
  return index;
}

std::uint32_t heap_holders::add_named(std::string const& name) {
  auto number = hash_of(name);
  while (!taken_.insert(number).second) number = (number + 1) & most_blocks;
  return add(name, first_name + 2 * number, false);
}

// They are the root's own children too: viewers count distances from those.
void heap_holders::add_members(heap_capture const& capture) {
  auto const add_all = [this](group to, auto const& members, auto name) {
    auto const first = static_cast<std::uint32_t>(all_.size());
    for (auto const& each : members) {
      auto const index = add_named(name(each));
      all_[to].edges.push_back({index, all_[index].name, false});
      all_[root].edges.push_back({index, all_[index].name, false});
    }
    return first;
  };
  auto const itself = [](std::string const& name) { return name; };
  first_registered_ = add_all(registered, capture.raw.heap.registered_roots, itself);
  first_static_ = add_all(statics, capture.names.statics,
                          [](model::static_object const& each) { return each.name; });
  first_thread_ = add_all(stacks, capture.raw.heap.threads, itself);
}

void heap_holders::add_roots(heap_capture const& capture) {
  auto const blocks = static_cast<std::uint32_t>(all_.size());
  model::for_each_record<model::raw_heap_root>(
      capture.raw.roots, [&](model::raw_heap_root const& each) {
        auto index = each.holder;
        if (each.kind == model::root_kind::registered) index += first_registered_;
        if (each.kind == model::root_kind::stack) index += first_thread_;
        if (each.kind == model::root_kind::statics)
          index = first_static_ + capture.names.static_of.at(each.address);
        auto const is_stale =
            each.kind == model::root_kind::stack && capture.reach.is_registered[each.to];
        all_[index].edges.push_back({blocks + each.to, {}, is_stale});
      });
  for (auto const head : capture.reach.heads)
    all_[unreached].edges.push_back({blocks + head, {}, false});
  for (std::uint32_t i = 0; i < capture.raw.heap.samples.size(); ++i)
    all_[unreached].edges.push_back({blocks + i, {}, false});
}

}  // namespace loopscope::formats
