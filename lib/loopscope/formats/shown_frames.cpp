#include <loopscope/formats/shown_frames_impl.hpp>

#include <algorithm>
#include <iterator>

namespace loopscope::formats {

namespace {

using model::plumbing;
using calls = std::vector<std::uint32_t>;

calls functions_of(model::symbolized_profile const& profile, model::code_stack const& stack) {
  calls functions;
  for (auto location = stack.locations.rbegin(); location != stack.locations.rend(); ++location) {
    auto const& lines = profile.locations[*location].lines;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line)
      functions.push_back(line->function);
  }
  return functions;
}

}  // namespace

std::vector<shown_frame> shown_frames(model::symbolized_profile const& profile,
                                      model::code_stack const& stack, model::frame_style style) {
  auto const all = functions_of(profile, stack);
  auto const kind_of = [&](std::uint32_t function) { return profile.functions[function].kind; };
  auto const is_other = [&](std::uint32_t each) { return kind_of(each) == plumbing::none; };
  auto const is_named = [&](std::uint32_t each) {
    return !is_other(each) && kind_of(each) != plumbing::standard;
  };
  std::vector<shown_frame> shown;
  for (auto at = all.begin(); at != all.end();) {
    auto const end = std::find_if(at, all.end(), is_other);
    auto const is_between = at != all.begin() && end != all.end();
    if (at != end && is_between && style == model::frame_style::folded) {
      auto const library = std::find_if(at, end, is_named);
      shown.push_back({0, library == end ? plumbing::standard : kind_of(*library)});
      at = end;
      continue;
    }
    auto const next = std::max(end, std::next(at));
    for (; at != next; ++at) shown.push_back({*at});
  }
  return shown;
}

}  // namespace loopscope::formats
