#include <loopscope/base/utf8.hpp>
#include <loopscope/formats/gzip_impl.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/formats/sample_time_impl.hpp>

#include <protozero/pbf_builder.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loopscope::formats {

namespace {

// The messages of profile.proto: the numbers of their fields. What is int64 there is never negative
// here, and has the bytes of an uint64.
using protozero::pbf_builder;
using protozero::pbf_tag_type;

enum class profile_field : pbf_tag_type {
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
    add_types();
    add_samples();
    for (std::size_t i = 0; i < profile_.modules.size(); ++i) add_mapping(i);
    for (std::size_t i = 0; i < profile_.locations.size(); ++i) {
      add_location(i);
      pass_on();
    }
    for (std::size_t i = 0; i < profile_.functions.size(); ++i) add_function(i);
    for (auto const* text : strings_.all()) {
      message_.add_string(profile_field::string_table, to_utf8(*text));
      pass_on();
    }
    pass_on(0);
  }

 private:
  // Between two fields of the profile: hands on what is written, if it is much.
  void pass_on(std::size_t much = std::size_t{64} * 1024) {
    if (bytes_.size() < much) return;
    out_.write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    bytes_.clear();
  }

  void add_value_type(profile_field field, std::string_view type, std::string_view unit) {
    pbf_builder<value_type_field> message{message_, field};
    message.add_uint64(value_type_field::type, strings_.id_of(type));
    message.add_uint64(value_type_field::unit, strings_.id_of(unit));
  }

  void add_types() {
    add_value_type(profile_field::sample_type, "samples", "count");
    add_value_type(profile_field::sample_type, "wall", "nanoseconds");
    add_value_type(profile_field::period_type, "wall", "nanoseconds");
    message_.add_uint64(profile_field::time_nanos, profile_.start_unix_ns);
    message_.add_uint64(profile_field::duration_nanos, profile_.end_ns - profile_.start_ns);
    message_.add_uint64(profile_field::period, period_ns());
  }

  void add_samples() {
    std::map<std::pair<std::uint32_t, std::uint32_t>, total> totals;  // by stack and label
    auto const periods = periods_of(profile_);
    for (std::size_t i = 0; i < periods.size(); ++i) {
      auto const& sample = profile_.samples[i];
      auto& sum = totals[{sample.stack, sample.label}];
      ++sum.samples;
      sum.wall_ns += periods[i] * period_ns();
    }
    for (auto const& [where, sum] : totals) {
      add_sample(where.first, where.second, sum);
      pass_on();
    }
  }

  void add_sample(std::uint32_t stack, std::uint32_t label, total const& sum) {
    auto const& locations = profile_.stacks[stack].locations;
    std::vector<std::uint64_t> ids;
    ids.reserve(locations.size());
    for (auto const location : locations) ids.push_back(std::uint64_t{location} + 1);
    std::array const values{sum.samples, sum.wall_ns};
    pbf_builder<sample_field> message{message_, profile_field::sample};
    message.add_packed_uint64(sample_field::location_id, ids.begin(), ids.end());
    message.add_packed_uint64(sample_field::value, values.begin(), values.end());
    if (label != 0) {
      pbf_builder<label_field> route{message, sample_field::label};
      route.add_uint64(label_field::key, strings_.id_of("route"));
      route.add_uint64(label_field::str, strings_.id_of(profile_.labels[label]));
    }
  }

  void add_mapping(std::size_t index) {
    auto const& module = profile_.modules[index];
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

  void add_location(std::size_t index) {
    auto const& location = profile_.locations[index];
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

  void add_function(std::size_t index) {
    auto const& function = profile_.functions[index];
    pbf_builder<function_field> message{message_, profile_field::function};
    message.add_uint64(function_field::id, index + 1);
    message.add_uint64(function_field::name, strings_.id_of(function.name));
    message.add_uint64(function_field::system_name, strings_.id_of(function.system_name));
    message.add_uint64(function_field::filename, strings_.id_of(function.file));
    message.add_uint64(function_field::start_line, function.line);
  }

  [[nodiscard]] std::uint64_t period_ns() const {
    return static_cast<std::uint64_t>(profile_.period.count());
  }

  std::ostream& out_;
  model::symbolized_profile const& profile_;
  string_table strings_;
  std::string bytes_;
  pbf_builder<profile_field> message_{bytes_};
};

}  // namespace

void write_pprof(std::ostream& out, model::symbolized_profile const& profile) {
  gzip_buffer compressed{out};
  std::ostream plain{&compressed};
  pprof_writer{plain, profile}.write();
  compressed.finish();
}

}  // namespace loopscope::formats
