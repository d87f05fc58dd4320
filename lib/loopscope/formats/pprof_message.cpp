#include <loopscope/formats/pprof_message_impl.hpp>

namespace loopscope::formats {

namespace {

using protozero::pbf_builder;

enum class value_type_field : pbf_tag_type { type = 1, unit = 2 };
enum class sample_field : pbf_tag_type { location_id = 1, value = 2, label = 3 };
enum class label_field : pbf_tag_type { key = 1, str = 2 };
enum class mapping_field : pbf_tag_type {
  id = 1,
  memory_start = 2,
  memory_limit = 3,
  file_offset = 4,
  filename = 5,
  build_id = 6,
  has_functions = 7,
  has_filenames = 8,
  has_line_numbers = 9,
  has_inline_frames = 10,
};
enum class location_field : pbf_tag_type { id = 1, mapping_id = 2, address = 3, line = 4 };
enum class line_field : pbf_tag_type { function_id = 1, line = 2 };
enum class function_field : pbf_tag_type {
  id = 1,
  name = 2,
  system_name = 3,
  filename = 4,
  start_line = 5,
};

}  // namespace

// Between two fields of the profile: hands on what is written, if it is much.
void pprof_message::pass_on(std::size_t much) {
  if (bytes_.size() < much) return;
  out_.write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  bytes_.clear();
}

void pprof_message::add_value_type(profile_field field, std::string_view type,
                                   std::string_view unit) {
  pbf_builder<value_type_field> message{message_, field};
  message.add_uint64(value_type_field::type, strings_.id_of(type));
  message.add_uint64(value_type_field::unit, strings_.id_of(unit));
}

void pprof_message::add_sample(model::code_stack const& stack,
                               std::vector<std::uint64_t> const& values, std::string_view route) {
  std::vector<std::uint64_t> ids;
  ids.reserve(stack.locations.size());
  for (auto const location : stack.locations) ids.push_back(std::uint64_t{location} + 1);
  {
    pbf_builder<sample_field> message{message_, profile_field::sample};
    message.add_packed_uint64(sample_field::location_id, ids.begin(), ids.end());
    message.add_packed_uint64(sample_field::value, values.begin(), values.end());
    if (!route.empty()) {
      pbf_builder<label_field> label{message, sample_field::label};
      label.add_uint64(label_field::key, strings_.id_of("route"));
      label.add_uint64(label_field::str, strings_.id_of(route));
    }
  }
  pass_on();
}

void pprof_message::finish() {
  for (std::size_t i = 0; i < code_.modules.size(); ++i) add_mapping(i);
  for (std::size_t i = 0; i < code_.locations.size(); ++i) {
    add_location(i);
    pass_on();
  }
  for (std::size_t i = 0; i < code_.functions.size(); ++i) add_function(i);
  for (auto const* text : strings_.all()) {
    message_.add_string(profile_field::string_table, to_utf8(*text));
    pass_on();
  }
  pass_on(0);
}

void pprof_message::add_mapping(std::size_t index) {
  auto const& module = code_.modules[index];
  pbf_builder<mapping_field> message{message_, profile_field::mapping};
  message.add_uint64(mapping_field::id, index + 1);
  message.add_uint64(mapping_field::memory_start, module.start);
  message.add_uint64(mapping_field::memory_limit, module.end);
  message.add_uint64(mapping_field::file_offset, module.offset);
  message.add_uint64(mapping_field::filename, strings_.id_of(module.path));
  message.add_uint64(mapping_field::build_id, strings_.id_of(module.build_id));
  // All that can be known is in the profile: a viewer need not look for the file.
  message.add_bool(mapping_field::has_functions, true);
  message.add_bool(mapping_field::has_filenames, true);
  message.add_bool(mapping_field::has_line_numbers, true);
  message.add_bool(mapping_field::has_inline_frames, true);
}

void pprof_message::add_location(std::size_t index) {
  auto const& location = code_.locations[index];
  pbf_builder<location_field> message{message_, profile_field::location};
  message.add_uint64(location_field::id, index + 1);
  if (location.module != model::code_location::no_module)
    message.add_uint64(location_field::mapping_id, std::uint64_t{location.module} + 1);
  message.add_uint64(location_field::address, location.address);
  for (auto const& each : location.lines) {
    pbf_builder<line_field> line{message, location_field::line};
    line.add_uint64(line_field::function_id, std::uint64_t{each.function} + 1);
    line.add_uint64(line_field::line, each.line);
  }
}

void pprof_message::add_function(std::size_t index) {
  auto const& function = code_.functions[index];
  pbf_builder<function_field> message{message_, profile_field::function};
  message.add_uint64(function_field::id, index + 1);
  message.add_uint64(function_field::name, strings_.id_of(function.name));
  message.add_uint64(function_field::system_name, strings_.id_of(function.system_name));
  message.add_uint64(function_field::filename, strings_.id_of(function.file));
  message.add_uint64(function_field::start_line, function.line);
}

}  // namespace loopscope::formats
