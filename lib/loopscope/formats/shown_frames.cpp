#include <loopscope/formats/shown_frames_impl.hpp>

#include <algorithm>
#include <iterator>

namespace loopscope::formats {

namespace {

using model::plumbing;
using calls = std::vector<model::code_line>;

calls calls_of(model::code_tables const& code, model::code_stack const& stack) {
  calls all;
  for (auto location = stack.locations.rbegin(); location != stack.locations.rend(); ++location) {
    auto const& lines = code.locations[*location].lines;
    all.insert(all.end(), lines.rbegin(), lines.rend());
  }
  return all;
}

}  // namespace

std::vector<shown_frame> shown_frames(model::code_tables const& code,
                                      model::code_stack const& stack, model::frame_style style) {
  auto const all = calls_of(code, stack);
  auto const kind_of = [&](model::code_line const& line) {
    return code.functions[line.function].kind;
  };
  auto const is_other = [&](model::code_line const& each) {
    return kind_of(each) == plumbing::none;
  };
  auto const is_named = [&](model::code_line const& each) {
    return !is_other(each) && kind_of(each) != plumbing::standard;
  };
  std::vector<shown_frame> shown;
  for (auto at = all.begin(); at != all.end();) {
    auto const end = std::find_if(at, all.end(), is_other);
    auto const is_between = at != all.begin() && end != all.end();
    if (at != end && is_between && style == model::frame_style::folded) {
      auto const library = std::find_if(at, end, is_named);
      shown.push_back({0, library == end ? plumbing::standard : kind_of(*library), 0});
      at = end;
      continue;
    }
    auto const next = std::max(end, std::next(at));
    for (; at != next; ++at) shown.push_back({at->function, plumbing::none, at->line});
  }
  return shown;
}

}  // namespace loopscope::formats
