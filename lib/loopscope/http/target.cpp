#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/target.hpp>

#include <algorithm>
#include <charconv>

namespace loopscope::http {

namespace {

// What follows the scheme and the authority of an absolute-form target.
std::optional<std::string_view> origin_form(std::string_view text) {
  if (text.starts_with('/')) return text;
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (!iequals(text.substr(0, scheme.size()), scheme)) continue;
    auto const rest = text.substr(scheme.size());
    auto const authority = std::min(rest.find_first_of("/?"), rest.size());
    if (authority == 0) return std::nullopt;
    return rest.substr(authority);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string{text};
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    auto const digits = text.substr(i + 1, 2);
    auto const end = digits.data() + digits.size();
    auto const [stop, error] = std::from_chars(digits.data(), end, byte, 16);
    if (digits.size() != 2 || error != std::errc{} || stop != end) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::optional<target> parse_target(std::string_view text) {
  auto const origin = origin_form(text);
  if (!origin) return std::nullopt;
  auto const question = std::min(origin->find('?'), origin->size());
  auto const raw_path = origin->substr(0, question);
  auto path = percent_decoded(raw_path.empty() ? "/" : raw_path);
  if (!path) return std::nullopt;
  auto const query = origin->substr(std::min(question + 1, origin->size()));
  return target{std::move(*path), query};
}

bool is_under(std::string_view path, std::string_view prefix) noexcept {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace loopscope::http
