#include <loopscope/artifacts/name.hpp>
#include <loopscope/base/capture_formats.hpp>
#include <loopscope/base/hex.hpp>
#include <loopscope/base/time.hpp>

#include <algorithm>

namespace loopscope::artifacts {

namespace {

// `0` stands for a digit and `x` for a lower-case hex digit; anything else for itself.
constexpr std::string_view rest_shape = "-0000-00-00T00-00-00.000Z-xxxxxxxx.";
constexpr std::size_t id_length = 8;

bool fits(char c, char shape) {
  auto const digit = c >= '0' && c <= '9';
  if (shape == '0') return digit;
  if (shape == 'x') return digit || (c >= 'a' && c <= 'f');
  return c == shape;
}

}  // namespace

std::optional<artifact_name> parse_name(std::string_view text) {
  auto const kind = text.substr(0, text.find('-'));
  auto const& kinds = capture_kind_names;
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return std::nullopt;
  auto const rest = text.substr(kind.size());
  if (rest.size() < rest_shape.size()) return std::nullopt;
  auto const shaped = rest.substr(0, rest_shape.size());
  if (!std::equal(shaped.begin(), shaped.end(), rest_shape.begin(), fits)) return std::nullopt;
  auto const extension = rest.substr(rest_shape.size());
  if (!find_capture_format(extension)) return std::nullopt;
  auto const id = shaped.substr(shaped.size() - 1 - id_length, id_length);
  return artifact_name{kind, id, extension};
}

std::string make_stem(std::string_view kind, std::string_view owner,
                      std::chrono::system_clock::time_point now) {
  auto stem = std::string{kind} + '-' + iso_time_for_name(now) + '-';
  return stem.append(owner).append(random_hex(id_length - owner.size()));
}

std::string_view capture_id_of(std::string_view stem) noexcept {
  stem.remove_prefix(stem.size() - std::min(stem.size(), id_length));
  return stem;
}

}  // namespace loopscope::artifacts
