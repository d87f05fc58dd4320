#include <loopscope/base/expects.hpp>
#include <loopscope/base/hex.hpp>
#include <loopscope/base/parse_integer.hpp>
#include <loopscope/http/parameters.hpp>

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <optional>

namespace loopscope::http {

namespace {

using name_and_value = std::pair<std::string, std::string>;

std::optional<std::string> decode_query_part(std::string_view text) {
  auto const valid = boost::urls::make_pct_string_view(text);
  if (!valid) return std::nullopt;
  boost::urls::encoding_opts const plus_is_space{true};
  return valid->decode(plus_is_space);
}

// Splits `a=1&b=2`; none if a percent escape is malformed. Boost.URL's own parser refuses bytes
// that clients send raw.
std::optional<std::vector<name_and_value>> split_query(std::string_view query) {
  std::vector<name_and_value> parts;
  while (!query.empty()) {
    auto const part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    auto const equals = std::min(part.find('='), part.size());
    auto name = decode_query_part(part.substr(0, equals));
    auto value = decode_query_part(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    parts.emplace_back(std::move(*name), std::move(*value));
  }
  return parts;
}

std::string allowed(integer_parameter const& p) {
  return std::string{p.name} + ": an integer from " + std::to_string(p.min) + " to " +
         std::to_string(p.max);
}

std::string allowed(choice_parameter const& p) {
  auto text = std::string{p.name} + ": one of";
  for (auto const choice : p.choices) text.append(" ").append(choice);
  return text;
}

std::string allowed(text_parameter const& p) {
  return std::string{p.name} + ": " + std::string{p.meaning};
}

// Each returns a sentence on what is wrong, or nothing.
std::optional<std::string> take(integer_parameter const& p, std::string const* value,
                                arguments& into) {
  if (!value) {
    into.set(p.name, p.otherwise);
    return std::nullopt;
  }
  auto const number = parse_integer<std::int64_t>(*value);
  if (!number || *number < p.min || *number > p.max) return allowed(p);
  into.set(p.name, *number);
  return std::nullopt;
}

std::optional<std::string> take(choice_parameter const& p, std::string const* value,
                                arguments& into) {
  if (!value && !p.otherwise.empty()) {
    into.set(p.name, std::string{p.otherwise});
    return std::nullopt;
  }
  if (!value || std::find(p.choices.begin(), p.choices.end(), *value) == p.choices.end())
    return allowed(p);
  into.set(p.name, *value);
  return std::nullopt;
}

std::optional<std::string> take(text_parameter const& p, std::string const* value,
                                arguments& into) {
  if (!value || value->empty()) return allowed(p);
  into.set(p.name, *value);
  return std::nullopt;
}

std::string_view name_of(parameter const& declared) {
  return std::visit([](auto const& p) { return p.name; }, declared);
}

// A name that a client made up, in plain ASCII, for a response to quote.
std::string quotable(std::string_view name) {
  std::string text;
  for (char const c : name) {
    auto const byte = static_cast<std::uint8_t>(c);
    if (byte >= ' ' && byte < 0x7f)
      text += c;
    else
      text.append("%").append(to_hex(&byte, 1));
  }
  return text;
}

// The first part whose name is not declared or came before.
std::optional<std::string> misplaced(std::vector<parameter> const& declared,
                                     std::vector<name_and_value> const& parts) {
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    auto const same = [&](name_and_value const& other) { return other.first == part->first; };
    if (std::find_if(parts.begin(), part, same) != part)
      return quotable(part->first) + ": given more than once";
    auto const known = [&](parameter const& p) { return name_of(p) == part->first; };
    if (std::none_of(declared.begin(), declared.end(), known))
      return quotable(part->first) + ": unknown parameter";
  }
  return std::nullopt;
}

}  // namespace

void arguments::set(std::string_view name, std::variant<std::int64_t, std::string> value) {
  values_.emplace_back(name, std::move(value));
}

std::int64_t arguments::integer(std::string_view name) const {
  return std::get<std::int64_t>(at(name));
}

std::string const& arguments::choice(std::string_view name) const {
  return std::get<std::string>(at(name));
}

std::string const& arguments::text(std::string_view name) const {
  return std::get<std::string>(at(name));
}

std::variant<std::int64_t, std::string> const& arguments::at(std::string_view name) const {
  auto const same = [&](auto const& value) { return value.first == name; };
  auto const found = std::find_if(values_.begin(), values_.end(), same);
  LOOPSCOPE_EXPECTS(found != values_.end());
  return found->second;
}

checked_arguments check_parameters(std::vector<parameter> const& declared, std::string_view query) {
  if (declared.empty() && query.empty()) return arguments{};
  auto const parts = split_query(query);
  if (!parts) return "the query has a malformed percent escape";
  if (auto wrong = misplaced(declared, *parts)) return std::move(*wrong);

  arguments values;
  for (auto const& each : declared) {
    auto const same = [&](name_and_value const& part) { return part.first == name_of(each); };
    auto const part = std::find_if(parts->begin(), parts->end(), same);
    auto const* value = part == parts->end() ? nullptr : &part->second;
    auto wrong = std::visit([&](auto const& p) { return take(p, value, values); }, each);
    if (wrong) return std::move(*wrong);
  }
  return values;
}

}  // namespace loopscope::http
