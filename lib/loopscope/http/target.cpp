#include <loopscope/base/parse_integer.hpp>
#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/target.hpp>

#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstdint>

namespace loopscope::http {

namespace {

// What follows the scheme and the authority of an absolute-form target.
std::optional<std::string_view> origin_form(std::string_view text) {
  if (text.starts_with('/')) return text;
  auto const uri = boost::urls::parse_absolute_uri(text);
  if (!uri || uri->encoded_host().empty() || uri->has_userinfo()) return std::nullopt;
  if (!is_host(uri->encoded_host_and_port())) return std::nullopt;
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

bool is_host(std::string_view text) {
  // What nearly all clients send, first: letters, digits, dots and hyphens, and perhaps a port.
  auto const is_plain = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-'; };
  auto const* const name_end = std::find_if_not(text.begin(), text.end(), is_plain);
  if (name_end == text.end()) return true;
  auto const* const port_begin = name_end + 1;
  if (*name_end == ':' && text.end() - port_begin < 5 &&
      std::all_of(port_begin, text.end(), is_digit))
    return true;
  auto const authority = boost::urls::parse_authority(text);
  if (!authority || authority->has_userinfo()) return false;
  auto const port = authority->port();
  return port.empty() || parse_integer<std::uint16_t>({port.data(), port.size()}).has_value();
}

std::optional<target> parse_target(std::string_view text) {
  if (text.find('#') != std::string_view::npos) return std::nullopt;
  auto const origin = origin_form(text);
  if (!origin) return std::nullopt;
  auto const question = std::min(origin->find('?'), origin->size());
  auto const raw_path = origin->substr(0, question);
  auto path = percent_decoded(raw_path.empty() ? "/" : raw_path);
  if (!path) return std::nullopt;
  auto const query = origin->substr(std::min(question + 1, origin->size()));
  auto const hides_slash = raw_path.find("%2f") != std::string_view::npos ||
                           raw_path.find("%2F") != std::string_view::npos;
  return target{std::move(*path), query, hides_slash};
}

bool is_under(std::string_view path, std::string_view prefix) noexcept {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace loopscope::http
