#include <loopscope/symbols/code_tables_impl.hpp>
#include <loopscope/symbols/names.hpp>
#include <loopscope/symbols/symbolize_heap.hpp>
#include <loopscope/symbols/symbolizer.hpp>
#include <loopscope/symbols/type_names.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace loopscope::symbols {

namespace {

constexpr std::string_view coroutine_mark = " [coroutine]";

// By their short names.
bool is_of_standard_library(std::string_view function) {
  return function.starts_with("std::") || function.starts_with("__gnu_cxx::") ||
         function.starts_with("operator new");
}

// They allocate elements side by side.
bool makes_an_array(std::string_view function) {
  for (auto const* const each :
       {"std::vector", "std::_Vector_base", "std::string", "std::basic_string"})
    if (function.starts_with(each)) return true;
  return false;
}

// Reads a named stack from the inside.
class site_finder {
 public:
  site_finder(model::code_tables const& code, model::name_style style)
      : code_{code}, style_{style} {}

  [[nodiscard]] model::allocation_site find(model::code_stack const& stack) const {
    model::allocation_site site;
    model::code_line const* innermost = nullptr;
    bool is_inside = true;  // of the standard library, as far as it was called last
    bool is_array = false;
    for (auto const location : stack.locations) {
      for (auto const& line : code_.locations[location].lines) {
        if (!innermost) innermost = &line;
        auto const& function = code_.functions[line.function];
        auto const name = short_name(function.system_name, function.file, function.line);
        auto const is_library =
            is_of_standard_library(name) || function.kind != model::plumbing::none;
        is_inside = is_inside && is_library;
        if (is_inside && site.type.empty())
          site.type = allocated_type(full_name(function.system_name));
        is_array = is_array || (is_inside && makes_an_array(name));
        if (!is_library) return complete(std::move(site), line, is_array);
      }
    }
    return innermost ? complete(std::move(site), *innermost, is_array) : unknown();
  }

  static model::allocation_site unknown() {
    model::allocation_site site;
    site.name = "(unknown allocation site)";
    return site;
  }

 private:
  [[nodiscard]] model::allocation_site complete(model::allocation_site site,
                                                model::code_line const& where,
                                                bool is_array) const {
    auto const& function = code_.functions[where.function];
    if (!site.type.empty() && style_ == model::name_style::shortened)
      site.type = short_type_name(site.type);
    if (!site.type.empty() && (is_array || is_fundamental(site.type))) site.type += "[]";
    site.name = function.name;
    site.file = function.file;
    site.line = where.line;
    if (!site.file.empty() && site.line != 0)
      site.name +=
          " (" + site.file.substr(site.file.rfind('/') + 1) + ':' + std::to_string(site.line) + ')';
    return site;
  }

  model::code_tables const& code_;
  model::name_style style_;
};

std::string name_of(model::raw_heap_type const& type, symbolizer& names, model::name_style style) {
  if (type.kind == model::type_kind::polymorphic) {
    auto name = demangle_type(type.name);
    return style == model::name_style::full ? name : short_type_name(name);
  }
  auto const& found = names.at(type.address);
  auto const& function = found.frames.back();
  auto const short_form = short_name(function.system_name, function.file, function.first_line);
  // Any object may begin with two pointers to functions.
  if (!found.named || !short_form.ends_with(coroutine_mark)) return {};
  if (style == model::name_style::full) return full_name(function.system_name);
  return short_form.substr(0, short_form.size() - coroutine_mark.size()) + "()" +
         std::string{coroutine_mark};
}

void add_statics(model::heap_sections const& raw, symbolizer& names, model::symbolized_heap& heap) {
  std::map<std::string, std::uint32_t> known;
  model::for_each_record<model::raw_heap_root>(raw.roots, [&](model::raw_heap_root const& root) {
    if (root.kind != model::root_kind::statics || heap.static_of.contains(root.address)) return;
    auto const found = names.data_at(root.address);
    auto const name = short_name(found.system_name, {}, 0);
    auto const [known_at, is_new] =
        known.try_emplace(name, static_cast<std::uint32_t>(heap.statics.size()));
    if (is_new) heap.statics.push_back({name, found.size});
    heap.static_of.emplace(root.address, known_at->second);
  });
}

}  // namespace

result<model::symbolized_heap> symbolize_heap(model::heap_sections const& raw,
                                              file_places const& places, model::name_style style) {
  auto const& image = raw.heap.image;
  auto maps = model::parse_maps(image.maps);
  if (!maps) return maps.error();
  symbolizer names{
      std::move(*maps),
      {image.executable, image.build_id, places.executable, image.objects, places.process}};
  code_table_builder tables{names};
  for (auto const& each : raw.heap.stacks)
    tables.add_stack(each.pcs, model::stack_end::whole, first_address::returned);
  model::symbolized_heap heap;
  for (auto const& each : raw.heap.types) heap.types.push_back(name_of(each, names, style));
  add_statics(raw, names, heap);
  if (auto const* program = names.executable())
    if (auto note = names.shortcoming_of(*program); !note.empty()) heap.notes.push_back(note);
  tables.move_into(heap, style);
  heap.sites.reserve(heap.stacks.size() + 1);
  heap.sites.push_back(site_finder::unknown());
  site_finder const finder{heap, style};
  for (auto const& each : heap.stacks) heap.sites.push_back(finder.find(each));
  return heap;
}

}  // namespace loopscope::symbols
