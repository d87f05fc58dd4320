#include <loopscope/formats/call_tree_impl.hpp>
#include <loopscope/formats/cpuprofile.hpp>
#include <loopscope/formats/text_impl.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loopscope::formats {

namespace {

// Times are written in steps of 125 us. DevTools converts them to milliseconds and back as binary
// fractions, of which 1/8 is exact: with others a call ends a trifle after the next one begins, and
// its tree comes out wrong. The error is at most half a step and does not add up.
constexpr std::uint64_t step_us = 125;

std::uint64_t rounded_us(std::uint64_t ns) {
  constexpr std::uint64_t step_ns = step_us * 1000;
  return (ns + step_ns / 2) / step_ns * step_us;
}

// One number for each file; 0 is no file.
class script_ids {
 public:
  std::string of(std::string_view file) {
    if (file.empty()) return "0";
    return std::to_string(known_.try_emplace(file, known_.size() + 1).first->second);
  }

 private:
  std::unordered_map<std::string_view, std::size_t> known_;
};

// Elements of an array with commas between them.
template <class Range, class Write>
void write_array(std::ostream& out, Range const& range, Write const& write) {
  out << '[';
  auto separator = "";
  for (auto const& each : range) {
    out << separator;
    write(each);
    separator = ",";
  }
  out << ']';
}

void write_call_frame(std::ostream& out, call_node const& node, script_ids& scripts) {
  auto const* function = node.function;
  std::string_view const file = function ? std::string_view{function->file} : std::string_view{};
  auto const line = function && !file.empty() ? std::int64_t{function->line} - 1 : -1;
  out << R"({"functionName":)" << json_string(node.title())  //
      << R"(,"scriptId":")" << scripts.of(file)              //
      << R"(","url":)" << json_string(file_url(file))        //
      << R"(,"lineNumber":)" << std::to_string(line)         //
      << R"(,"columnNumber":)" << std::to_string(line < 0 ? -1 : 0) << '}';
}

void write_node(std::ostream& out, call_node const& node, std::uint32_t id, script_ids& scripts) {
  out << R"({"id":)" << std::to_string(id) << R"(,"callFrame":)";
  write_call_frame(out, node, scripts);
  out << R"(,"hitCount":)" << std::to_string(node.hits) << R"(,"children":)";
  write_array(out, node.children, [&](std::uint32_t child) { out << std::to_string(child + 1); });
  if (!node.ticks.empty()) {
    out << R"(,"positionTicks":)";
    write_array(out, node.ticks, [&](auto const& tick) {
      out << R"({"line":)" << std::to_string(tick.first) << R"(,"ticks":)"
          << std::to_string(tick.second) << '}';
    });
  }
  out << '}';
}

}  // namespace

void write_cpuprofile(std::ostream& out, model::symbolized_profile const& profile) {
  call_tree const tree{profile};
  script_ids scripts;
  std::uint32_t id = 0;
  out << R"({"nodes":)";
  write_array(out, tree.nodes(),
              [&](call_node const& node) { write_node(out, node, ++id, scripts); });
  out << R"(,"startTime":)" << std::to_string(rounded_us(profile.start_ns))  //
      << R"(,"endTime":)" << std::to_string(rounded_us(profile.end_ns))      //
      << R"(,"samples":)";
  write_array(out, profile.samples, [&](model::cpu_sample const& sample) {
    out << std::to_string(tree.node_of(sample) + 1);
  });
  out << R"(,"timeDeltas":)";
  auto before = rounded_us(profile.start_ns);
  write_array(out, profile.samples, [&](model::cpu_sample const& sample) {
    auto const now = rounded_us(sample.time_ns);
    out << std::to_string(now - before);
    before = now;
  });
  out << "}\n";
}

}  // namespace loopscope::formats
