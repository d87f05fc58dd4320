#include <loopscope/http/target.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace loopscope::http {

namespace {

// What follows the scheme and the authority of an absolute-form target.
std::optional<std::string_view> origin_form(std::string_view text) {
  if (text.starts_with('/')) return text;
  auto const uri = boost::urls::parse_absolute_uri(text);
  if (!uri || uri->encoded_host().empty()) return std::nullopt;
  auto const scheme = uri->scheme_id();
  if (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https)
    return std::nullopt;
  // Boost.URL 1.81 takes what is no port for a path: "port" in "http://host:port".
  if (!uri->encoded_path().empty() && !uri->is_path_absolute()) return std::nullopt;
  return std::string_view{uri->encoded_target()};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string{text};
  auto const valid = boost::urls::make_pct_string_view(text);
  if (!valid) return std::nullopt;
  return valid->decode();
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
