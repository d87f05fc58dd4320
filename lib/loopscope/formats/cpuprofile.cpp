#include <loopscope/formats/call_tree_impl.hpp>
#include <loopscope/formats/cpuprofile.hpp>
#include <loopscope/formats/file_url_impl.hpp>
#include <loopscope/formats/sample_time_impl.hpp>
#include <loopscope/formats/script_ids_impl.hpp>
#include <loopscope/formats/streamed_json_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace loopscope::formats {

namespace {

// Times are written in steps of 125 us. DevTools converts them to milliseconds and back as binary
// fractions, of which 1/8 is exact: with others a call ends slightly after the next one begins, and
// its tree comes out wrong. The error is at most half a step and does not add up.
constexpr std::uint64_t step_us = 125;

std::uint64_t rounded_us(std::uint64_t ns) {
  constexpr std::uint64_t step_ns = step_us * 1000;
  return (ns + step_ns / 2) / step_ns * step_us;
}

// Numbers functions that a viewer could not tell apart, from 0.
class column_numbers {
 public:
  explicit column_numbers(std::vector<model::code_function> const& functions) {
    std::map<std::tuple<std::string_view, std::string_view, std::uint32_t>, std::int64_t> next;
    for (auto const& each : functions) columns_[&each] = next[{each.name, each.file, each.line}]++;
  }

  [[nodiscard]] std::int64_t of(model::code_function const* function) const {
    return function ? columns_.at(function) : 0;
  }

 private:
  std::unordered_map<model::code_function const*, std::int64_t> columns_;
};

// Who is called, in the terms of viewers.
class call_frames {
 public:
  explicit call_frames(model::symbolized_profile const& profile) : columns_{profile.functions} {}

  void write(json_writer& out, call_node const& node) {
    auto const* function = node.function;
    std::string_view const file = function ? std::string_view{function->file} : std::string_view{};
    auto const url = file_url(file);
    auto const line = url.empty() ? -1 : std::int64_t{function->line} - 1;
    auto const first_column = line < 0 ? -1 : 0;
    out.begin_object()
        .member("functionName", node.title())
        .member("scriptId", std::to_string(scripts_.of(file)))
        .member("url", url)
        .member("lineNumber", line)
        .member("columnNumber", first_column + columns_.of(function))
        .end_object();
  }

 private:
  script_ids scripts_;
  column_numbers columns_;
};

void write_node(json_writer& out, call_node const& node, std::uint32_t id, call_frames& frames) {
  out.begin_object().member("id", id).key("callFrame");
  frames.write(out, node);
  out.member("hitCount", node.hits).key("children").begin_array();
  for (auto const child : node.children) out.value(child + 1);
  out.end_array();
  if (!node.ticks.empty()) {
    out.key("positionTicks").begin_array();
    for (auto const& [line, ticks] : node.ticks)
      out.begin_object().member("line", line).member("ticks", ticks).end_object();
    out.end_array();
  }
  out.end_object();
}

}  // namespace

void write_cpuprofile(std::ostream& to, model::symbolized_profile const& profile,
                      model::frame_style frames) {
  call_tree const tree{profile, frames};
  call_frames calls{profile};
  streamed_json json{to};
  auto& out = json.writer();
  out.begin_object().key("nodes").begin_array();
  std::uint32_t id = 0;
  for (auto const& node : tree.nodes()) {
    write_node(out, node, ++id, calls);
    json.pass_on();
  }
  out.end_array()
      .member("startTime", rounded_us(profile.start_ns))
      .member("endTime", rounded_us(profile.end_ns));
  out.key("samples").begin_array();
  for (auto const& sample : profile.samples) {
    out.value(tree.node_of(sample) + 1);
    json.pass_on();
  }
  out.end_array().key("timeDeltas").begin_array();
  auto before = rounded_us(profile.start_ns);
  for (auto const begin : begins_of(profile)) {
    auto const now = rounded_us(begin);
    out.value(now - before);
    before = now;
    json.pass_on();
  }
  out.end_array().end_object();
  json.pass_on(0);
  to << '\n';
}

}  // namespace loopscope::formats
