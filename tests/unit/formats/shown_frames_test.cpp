#include "support/catch.hpp"

#include <loopscope/formats/shown_frames_impl.hpp>

#include <string>
#include <string_view>

using namespace loopscope;
using model::frame_style;
using model::plumbing;

namespace {

plumbing kind_of(char letter) {
  return letter == 'a'   ? plumbing::asio
         : letter == 'b' ? plumbing::beast
         : letter == 's' ? plumbing::standard
                         : plumbing::none;
}

// Each letter is a call, outermost first: of Asio, Beast, the standard library, or of other code.
// All are in one location each, but for those behind a `+`, which are inlined into the one before.
model::symbolized_profile profile_of(std::string_view calls) {
  model::symbolized_profile profile;
  for (auto const letter : calls) {
    if (letter == '+') continue;
    std::string const name{letter};
    profile.functions.push_back({name, name, "", 0, kind_of(letter)});
  }
  std::uint32_t function = 0;
  model::code_stack stack;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i] == '+') continue;
    auto const is_inlined = i > 0 && calls[i - 1] == '+';
    if (!is_inlined) {
      stack.locations.insert(stack.locations.begin(),
                             static_cast<std::uint32_t>(profile.locations.size()));
      profile.locations.emplace_back();
    }
    auto& lines = profile.locations.back().lines;
    lines.insert(lines.begin(), {function++, 0});
  }
  profile.stacks.push_back(stack);
  return profile;
}

// The functions that are left, and `A`, `B`, `S` for what is folded.
std::string shown(std::string_view calls, frame_style style) {
  auto const profile = profile_of(calls);
  std::string text;
  for (auto const& frame : formats::shown_frames(profile, profile.stacks.front(), style)) {
    if (frame.folded == plumbing::none)
      text += profile.functions[frame.function].name;
    else
      text += " ABS"[static_cast<std::size_t>(frame.folded)];
  }
  return text;
}

}  // namespace

TEST_CASE("Plumbing between other code is one frame", "[formats]") {
  auto const [calls, folded] = GENERATE(table<std::string, std::string>({
      {"x", "x"},
      {"xyz", "xyz"},
      {"xay", "xAy"},
      {"xaaaay", "xAy"},
      {"xaysz", "xAySz"},
      {"xbby", "xBy"},
      // Named after the library that is entered first.
      {"xabasy", "xAy"},
      {"xbaay", "xBy"},
      {"xssay", "xAy"},
      {"xsby", "xBy"},
      {"xssy", "xSy"},
      // Neither the innermost frame nor the outermost.
      {"xaas", "xaas"},
      {"aasx", "aasx"},
      {"aaxbby", "aaxBy"},
      {"aas", "aas"},
      {"xaayss", "xAyss"},
      // Inlined calls are calls.
      {"x+aay", "xAy"},
      {"xa+y", "xAy"},
      {"xa+a+s+y+z", "xAyz"},
      {"xy+a", "xya"},
      {"", ""},
  }));
  CAPTURE(calls);

  CHECK(shown(calls, frame_style::folded) == folded);
}

TEST_CASE("All frames are shown if that is asked for", "[formats]") {
  CHECK(shown("xaab+s+sy", frame_style::all) == "xaabssy");
}
