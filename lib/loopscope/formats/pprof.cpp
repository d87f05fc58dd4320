#include <loopscope/formats/gzip_impl.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/formats/protobuf_impl.hpp>
#include <loopscope/formats/text_impl.hpp>

#include <array>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loopscope::formats {

namespace {

// Numbers of fields, by message.
namespace profile_field {
enum : std::uint32_t {
  sample_type = 1,
  sample = 2,
  mapping = 3,
  location = 4,
  function = 5,
  string_table = 6,
  time_nanos = 9,
  duration_nanos = 10,
  period_type = 11,
  period = 12,
};
}
namespace value_type_field {
enum : std::uint32_t { type = 1, unit = 2 };
}
namespace sample_field {
enum : std::uint32_t { location_id = 1, value = 2, label = 3 };
}
namespace label_field {
enum : std::uint32_t { key = 1, str = 2 };
}
namespace mapping_field {
enum : std::uint32_t {
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
}
namespace location_field {
enum : std::uint32_t { id = 1, mapping_id = 2, address = 3, line = 4 };
}
namespace line_field {
enum : std::uint32_t { function_id = 1, line = 2 };
}
namespace function_field {
enum : std::uint32_t { id = 1, name = 2, system_name = 3, filename = 4, start_line = 5 };
}

// Strings by number; the first is empty.
class string_table {
 public:
  string_table() { id_of(""); }

  std::uint64_t id_of(std::string_view text) {
    auto const [known, is_new] = ids_.try_emplace(std::string{text}, ids_.size());
    if (is_new) all_.push_back(&known->first);
    return known->second;
  }

  [[nodiscard]] std::vector<std::string const*> const& all() const noexcept { return all_; }

 private:
  std::unordered_map<std::string, std::uint64_t> ids_;
  std::vector<std::string const*> all_;
};

struct total {
  std::uint64_t samples = 0;
  std::uint64_t wall_ns = 0;
};

class pprof_writer {
 public:
  pprof_writer(std::ostream& out, model::symbolized_profile const& profile)
      : out_{out}, profile_{profile} {}

  void write() {
    write_types();
    write_samples();
    for (std::size_t i = 0; i < profile_.modules.size(); ++i) write_mapping(i);
    for (std::size_t i = 0; i < profile_.locations.size(); ++i) write_location(i);
    for (std::size_t i = 0; i < profile_.functions.size(); ++i) write_function(i);
    for (auto const* text : strings_.all())
      write_field(profile_field::string_table, to_utf8(*text));
  }

 private:
  void write_bytes(std::string_view bytes) {
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  void write_field(std::uint32_t field, std::string_view value) {
    protobuf_message message;
    message.bytes(field, value);
    write_bytes(message.view());
  }

  void write_value_type(std::uint32_t field, std::string_view type, std::string_view unit) {
    protobuf_message message;
    message.integer(value_type_field::type, strings_.id_of(type));
    message.integer(value_type_field::unit, strings_.id_of(unit));
    write_field(field, message.view());
  }

  void write_types() {
    write_value_type(profile_field::sample_type, "samples", "count");
    write_value_type(profile_field::sample_type, "wall", "nanoseconds");
    write_value_type(profile_field::period_type, "wall", "nanoseconds");
    protobuf_message numbers;
    numbers.integer(profile_field::time_nanos, profile_.start_unix_ns);
    numbers.integer(profile_field::duration_nanos, profile_.end_ns - profile_.start_ns);
    numbers.integer(profile_field::period, period_ns());
    write_bytes(numbers.view());
  }

  void write_samples() {
    std::map<std::pair<std::uint32_t, std::uint32_t>, total> totals;  // by stack and label
    for (auto const& sample : profile_.samples) {
      auto& sum = totals[{sample.stack, sample.label}];
      ++sum.samples;
      sum.wall_ns += (std::uint64_t{1} + sample.overruns) * period_ns();
    }
    for (auto const& [where, sum] : totals) write_sample(where.first, where.second, sum);
  }

  void write_sample(std::uint32_t stack, std::uint32_t label, total const& sum) {
    auto const& locations = profile_.stacks[stack].locations;
    std::vector<std::uint64_t> ids;
    ids.reserve(locations.size());
    for (auto const location : locations) ids.push_back(std::uint64_t{location} + 1);
    protobuf_message message;
    message.packed(sample_field::location_id, ids);
    message.packed(sample_field::value, std::array{sum.samples, sum.wall_ns});
    if (label != 0) {
      protobuf_message route;
      route.integer(label_field::key, strings_.id_of("route"));
      route.integer(label_field::str, strings_.id_of(profile_.labels[label]));
      message.bytes(sample_field::label, route.view());
    }
    write_field(profile_field::sample, message.view());
  }

  void write_mapping(std::size_t index) {
    auto const& module = profile_.modules[index];
    protobuf_message message;
    message.integer(mapping_field::id, index + 1);
    message.integer(mapping_field::memory_start, module.start);
    message.integer(mapping_field::memory_limit, module.end);
    message.integer(mapping_field::file_offset, module.offset);
    message.integer(mapping_field::filename, strings_.id_of(module.path));
    message.integer(mapping_field::build_id, strings_.id_of(module.build_id));
    // All that can be known is in the profile: a viewer need not look for the file.
    message.flag(mapping_field::has_functions, true);
    message.flag(mapping_field::has_filenames, true);
    message.flag(mapping_field::has_line_numbers, true);
    message.flag(mapping_field::has_inline_frames, true);
    write_field(profile_field::mapping, message.view());
  }

  void write_location(std::size_t index) {
    auto const& location = profile_.locations[index];
    protobuf_message message;
    message.integer(location_field::id, index + 1);
    if (location.module != model::code_location::no_module)
      message.integer(location_field::mapping_id, std::uint64_t{location.module} + 1);
    message.integer(location_field::address, location.address);
    for (auto const& each : location.lines) {
      protobuf_message line;
      line.integer(line_field::function_id, std::uint64_t{each.function} + 1);
      line.integer(line_field::line, each.line);
      message.bytes(location_field::line, line.view());
    }
    write_field(profile_field::location, message.view());
  }

  void write_function(std::size_t index) {
    auto const& function = profile_.functions[index];
    protobuf_message message;
    message.integer(function_field::id, index + 1);
    message.integer(function_field::name, strings_.id_of(function.name));
    message.integer(function_field::system_name, strings_.id_of(function.system_name));
    message.integer(function_field::filename, strings_.id_of(function.file));
    message.integer(function_field::start_line, function.line);
    write_field(profile_field::function, message.view());
  }

  [[nodiscard]] std::uint64_t period_ns() const {
    return static_cast<std::uint64_t>(profile_.period.count());
  }

  std::ostream& out_;
  model::symbolized_profile const& profile_;
  string_table strings_;
};

}  // namespace

void write_pprof(std::ostream& out, model::symbolized_profile const& profile) {
  gzip_buffer compressed{out};
  std::ostream plain{&compressed};
  pprof_writer{plain, profile}.write();
  compressed.finish();
}

}  // namespace loopscope::formats
