#include <loopscope/base/expects.hpp>
#include <loopscope/http/router.hpp>

#include <algorithm>
#include <utility>

namespace loopscope::http {

namespace {

std::string allow_header(std::vector<route const*> const& routes) {
  std::string text;
  for (auto const* each : routes) {
    if (!text.empty()) text += ", ";
    auto const name = boost::beast::http::to_string(each->method);
    text.append(name.data(), name.size());
    if (each->method == verb::get) text += ", HEAD";
  }
  return text;
}

}  // namespace

router::router(std::vector<route> table) : table_{std::move(table)} {
  for (auto const& each : table_) labels_.emplace_back(each.path);
  for (auto const& each : table_) {
    auto const open = each.path.find('{');
    if (open == std::string::npos) {
      literals_[each.path].push_back(&each);
      continue;
    }
    auto const close = each.path.find('}', open);
    LOOPSCOPE_EXPECTS(open > 0 && close != std::string::npos);
    auto const path = std::string_view{each.path};
    auto const before = path.substr(0, open);
    auto const after = path.substr(close + 1);
    auto const same = [&](pattern const& p) { return p.before == before && p.after == after; };
    auto known = std::find_if(patterns_.begin(), patterns_.end(), same);
    if (known == patterns_.end()) known = patterns_.insert(known, pattern{before, after, {}});
    known->routes.push_back(&each);
  }
}

match router::choose(verbs_of_a_path const& routes, verb method, std::string segment) const {
  auto const wanted = method == verb::head ? verb::get : method;
  auto const same = [&](route const* each) { return each->method == wanted; };
  auto const found = std::find_if(routes.begin(), routes.end(), same);
  if (found == routes.end()) return {nullptr, nullptr, {}, allow_header(routes)};
  return {
      *found, &labels_[static_cast<std::size_t>(*found - table_.data())], std::move(segment), {}};
}

match router::find(verb method, std::string_view path) const {
  if (auto const found = literals_.find(path); found != literals_.end())
    return choose(found->second, method, {});
  for (auto const& [before, after, routes] : patterns_) {
    if (path.size() <= before.size() + after.size()) continue;
    if (!path.starts_with(before) || !path.ends_with(after)) continue;
    auto const segment = path.substr(before.size(), path.size() - before.size() - after.size());
    if (segment.find('/') == std::string_view::npos)
      return choose(routes, method, std::string{segment});
  }
  return {};
}

}  // namespace loopscope::http
