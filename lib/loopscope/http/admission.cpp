#include <loopscope/http/admission_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>
#include <loopscope/http/target.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace loopscope::http {

namespace {

// Why a request is not handed to a route. The guard comes before the router's responses.
std::optional<response> refusal(service const& with, request_head const& head, bool is_well_formed,
                                match const& found, exchange& about) {
  auto const wants_token = found.route && found.route->access == access::token;
  if (with.guard.covers(about.path) || wants_token) {
    about.verdict = with.guard.judge(head);
    if (!is_admitted(about)) return problem(status::forbidden, "this is not open to you");
  }
  if (!is_well_formed) return problem(status::bad_request, "the request target is malformed");
  if (!found.allow.empty()) {
    auto refused = problem(status::method_not_allowed, "this path takes " + found.allow);
    refused.message.set(field::allow, found.allow);
    return refused;
  }
  if (!found.route) return problem(status::not_found, "nothing is at this path");
  return std::nullopt;
}

// Of a target that is malformed: it may still be guarded.
std::string_view raw_path(std::string_view target) {
  if (auto const scheme = target.find("://"); scheme < target.find('/'))
    target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
  return target.substr(0, target.find_first_of("?#"));
}

}  // namespace

admission admit(service const& with, request_head const& head, std::string& path, exchange& about) {
  about.method = head.method_text();
  auto const raw = head.target();
  auto const where = parse_target(raw);
  path = where ? where->path : std::string{raw_path(raw)};
  about.path = path;
  if (auto const* const rule = broken_rule(head)) return {problem(rule->code, rule->detail), true};

  auto const is_routed = where && !where->hides_slash;
  auto found = is_routed ? with.routes.find(head.method(), path) : match{};
  if (auto refused = refusal(with, head, where.has_value(), found, about))
    return {std::move(*refused)};
  about.route = found.route->path;
  auto checked = check_parameters(found.route->parameters, where->query);
  if (auto const* wrong = std::get_if<std::string>(&checked))
    return {problem(status::bad_request, *wrong)};
  return {matched_request{found.route, found.label, std::get<arguments>(std::move(checked)),
                          std::move(found.segment)}};
}

}  // namespace loopscope::http
