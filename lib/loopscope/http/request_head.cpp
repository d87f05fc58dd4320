#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/request_head.hpp>

namespace loopscope::http {

request_head::found request_head::find(http::field name) const noexcept {
  found all;
  for (auto const& each : lines_)
    if (each.known == name && all.count++ == 0) all.first = view(each.value);
  return all;
}

request_head::found request_head::find(std::string_view name) const noexcept {
  found all;
  for (auto const& each : lines_)
    if (iequals(view(each.name), name) && all.count++ == 0) all.first = view(each.value);
  return all;
}

std::string request_head::joined(http::field name) const {
  std::string list;
  for (auto const& each : lines_) {
    if (each.known != name) continue;
    if (!list.empty()) list += ", ";
    list += view(each.value);
  }
  return list;
}

void request_head::clear() noexcept {
  method_ = verb::unknown;
  version_ = 11;
  method_text_ = {};
  target_ = {};
  text_.clear();
  lines_.clear();
}

void request_head::set_line(verb method, std::string_view method_text, std::string_view target,
                            unsigned version) {
  method_ = method;
  method_text_ = keep(method_text);
  target_ = keep(target);
  version_ = version;
}

void request_head::add(http::field known, std::string_view name, std::string_view value) {
  lines_.push_back({known, keep(name), keep(value)});
}

request_head::part request_head::keep(std::string_view text) {
  part const kept{static_cast<std::uint32_t>(text_.size()),
                  static_cast<std::uint32_t>(text.size())};
  text_ += text;
  return kept;
}

}  // namespace loopscope::http
