#include <loopscope/base/expects.hpp>
#include <loopscope/base/hex.hpp>
#include <loopscope/http/parameters.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace loopscope;
using http::choice_parameter;
using http::integer_parameter;
using http::text_parameter;

namespace {

using declaration = std::vector<http::parameter>;

declaration const none;
declaration const optional{
    integer_parameter{"seconds", 1, 120, 30}, integer_parameter{"n", INT64_MIN, INT64_MAX, 0},
    integer_parameter{"hz", -5, 5, 0}, choice_parameter{"async", {"true", "false"}, "false"}};
declaration const required{choice_parameter{"level", {"debug", "warn error"}},
                           integer_parameter{"n", 7, 7, 7}};
declaration const named{text_parameter{"name", "the name of a file"}};

std::string check(integer_parameter const& declared, http::arguments const& given) {
  auto const value = given.integer(declared.name);
  LOOPSCOPE_EXPECTS(value >= declared.min && value <= declared.max);
  return std::string{declared.name} + '=' + std::to_string(value);
}

std::string check(choice_parameter const& declared, http::arguments const& given) {
  auto value = given.choice(declared.name);
  auto const& choices = declared.choices;
  LOOPSCOPE_EXPECTS(std::find(choices.begin(), choices.end(), value) != choices.end());
  std::replace(value.begin(), value.end(), ' ', '+');
  return std::string{declared.name} + '=' + value;
}

std::string check(text_parameter const& declared, http::arguments const& given) {
  auto const& value = given.text(declared.name);
  LOOPSCOPE_EXPECTS(!value.empty());
  auto query = std::string{declared.name} + '=';
  for (auto const c : value) {
    auto const byte = static_cast<std::uint8_t>(c);
    query.append("%").append(to_hex(&byte, 1));
  }
  return query;
}

// The query that spells all of them out; each is what its declaration allows.
std::string query_of(declaration const& declared, http::arguments const& given) {
  std::string query;
  for (auto const& each : declared) {
    if (!query.empty()) query += '&';
    query += std::visit([&](auto const& p) { return check(p, given); }, each);
  }
  return query;
}

// The detail of a refusal is plain ASCII, and names a parameter unless the query cannot be read.
void check_problem(std::string_view text, std::string_view query) {
  auto const plain = [](char c) { return c >= ' ' && c < 0x7f; };
  LOOPSCOPE_EXPECTS(std::all_of(text.begin(), text.end(), plain));
  if (text == "the query has a malformed percent escape")
    LOOPSCOPE_EXPECTS(query.find('%') != std::string_view::npos);
  else
    LOOPSCOPE_EXPECTS(text.find(": ") != std::string_view::npos);
}

void check(declaration const& declared, std::string_view query) {
  auto const checked = http::check_parameters(declared, query);
  if (auto const* problem = std::get_if<std::string>(&checked))
    return check_problem(*problem, query);
  auto const spelled = query_of(declared, std::get<http::arguments>(checked));
  auto const again = http::check_parameters(declared, spelled);
  auto const* values = std::get_if<http::arguments>(&again);
  LOOPSCOPE_EXPECTS(values && query_of(declared, *values) == spelled);
}

}  // namespace

// A query, for routes that declare nothing, only what may be absent, what has to be there, a text.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const query{reinterpret_cast<char const*>(data), size};
  for (auto const* declared : {&none, &optional, &required, &named}) check(*declared, query);
  return 0;
}
