#pragma once

#include <loopscope/base/utf8.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <protozero/pbf_builder.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loopscope::formats {

// The messages of profile.proto: the numbers of their fields. What is int64 there is never negative
// here, and has the bytes of an uint64.
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
  default_sample_type = 14,
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

/// Writes a profile.proto message, piece by piece: its types and samples first, then the tables of
/// code that these refer to. Source: https://github.com/google/pprof/blob/main/proto/profile.proto
class pprof_message {
 public:
  /// \param out, code  outlive it.
  pprof_message(std::ostream& out, model::code_tables const& code) : out_{out}, code_{code} {}

  void add_value_type(profile_field field, std::string_view type, std::string_view unit);
  void add_number(profile_field field, std::uint64_t number) { message_.add_uint64(field, number); }
  void add_text(profile_field field, std::string_view text) {
    message_.add_uint64(field, strings_.id_of(text));
  }

  /// \param route  a label; empty for none.
  void add_sample(model::code_stack const& stack, std::vector<std::uint64_t> const& values,
                  std::string_view route = {});

  /// Modules, locations, functions and strings: nothing may follow.
  void finish();

 private:
  void pass_on(std::size_t much = std::size_t{64} * 1024);
  void add_mapping(std::size_t index);
  void add_location(std::size_t index);
  void add_function(std::size_t index);

  std::ostream& out_;
  model::code_tables const& code_;
  string_table strings_;
  std::string bytes_;
  protozero::pbf_builder<profile_field> message_{bytes_};
};

}  // namespace loopscope::formats
